/// \file file.hpp
/// Files read and replaced as a whole.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "os/descriptor.hpp"
#include "prx/sdk/error.hpp"

namespace prx::os {

/// What the system says of an errno.
[[nodiscard]] std::string reason(int error);

struct FileText {
  std::string text;
  bool readable_by_others = false;  ///< its group or others can read it
};

enum class FileKind {
  kAny,      ///< a named pipe too, which is waited for
  kRegular,  ///< never waits
};

/// The whole of a file. Errors: kInvalidRequest, what and remedy without the path: missing, a
/// folder, not readable, not regular when asked for, more than `size_max` bytes.
[[nodiscard]] Result<FileText> read_file(const std::filesystem::path& path, std::size_t size_max,
                                         FileKind kind);

/// Writes all of it to a descriptor that blocks. 0 or errno.
[[nodiscard]] int write_whole(int descriptor, std::string_view bytes);

/// Makes a folder and those above it that are missing, for the user alone (0700). 0 or errno.
[[nodiscard]] int make_private_folders(const std::filesystem::path& folder);

/// A file that is to take the place of another, or of nothing: written beside it (mode 0600), put
/// in its place in one step, removed if that does not happen. A reader sees the old text or the
/// new one. A process that is killed leaves the file beside: `TARGET.making-` and six letters.
class Replacement {
 public:
  static constexpr std::string_view kMark = ".making-";

  Replacement() = default;
  Replacement(Replacement&&) = delete;
  Replacement& operator=(Replacement&&) = delete;
  ~Replacement();

  /// Makes the file beside `target`, once. 0 or errno.
  [[nodiscard]] int make(const std::filesystem::path& target);
  /// For what write() does not do: its owner, its mode.
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  /// 0 or errno, EFBIG above the process's limit of a file's size.
  [[nodiscard]] int write(std::string_view bytes);
  /// 0 or errno; both names are in one folder. `lasting`: the text and then the name are on the
  /// disk before this returns.
  [[nodiscard]] int put_in_place(bool lasting);

 private:
  std::filesystem::path target_;
  std::string path_;  // beside it; empty when nothing is there
  Descriptor descriptor_;
};

}  // namespace prx::os
