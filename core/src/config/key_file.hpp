/// \file key_file.hpp
/// Reads files: an `api_key_file`, and the configuration itself.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "prx/sdk/error.hpp"

namespace prx::config {

struct FileText {
  std::string text;
  bool readable_by_others = false;  ///< its group or others can read it
};

enum class FileKind { kAny, kRegular };

/// The whole of a file. Errors: kInvalidRequest, what and remedy without the path: missing, a
/// folder, not readable, not regular when asked for, more than `size_max` bytes.
[[nodiscard]] Result<FileText> read_file(const std::filesystem::path& path, std::size_t size_max,
                                         FileKind kind);

/// Without white space at both ends.
[[nodiscard]] std::string trimmed(std::string_view text);

}  // namespace prx::config
