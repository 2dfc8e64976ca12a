/// \file trust.hpp
/// Who can change a file. Internal to the plugin room; the public face is check_trust() in
/// registry.hpp.
#pragma once

#include <sys/stat.h>

#include <filesystem>

#include "prx/sdk/error.hpp"

namespace prx {

inline constexpr int kLinksMax = 40;  ///< symbolic links on the way to a file, as the kernel has it

/// The real path of a trusted file: every directory on the way, those that hold links included, the
/// links and the file itself. Errors: kPermission or kNotFound, one line with path and remedy; it
/// names every path that is not trusted.
[[nodiscard]] Result<std::filesystem::path> trusted_path(const std::filesystem::path& file);

/// The rule for one file or directory, without what lies above it.
[[nodiscard]] Result<void> check_owner_and_mode(const std::filesystem::path& path,
                                                const struct stat& status);

}  // namespace prx
