/// \file file.hpp
/// The files that `prx onboard` reads and writes.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "os/file.hpp"
#include "prx/sdk/error.hpp"

namespace prx::cli {

/// nullopt: it is not there. Errors: kInvalidRequest with the path: it cannot be read, or is larger
/// than a configuration may be.
[[nodiscard]] Result<std::optional<std::string>> read_present(const std::filesystem::path& file);

/// Writes all of a file or nothing of it: beside it, to the disk, and renamed. A link is followed.
/// Nobody but its owner can read it afterwards; what its mode forbids the owner, and who that is,
/// stays. Folders that are missing are made with mode 0700.
/// What a killed process left beside it is removed. Two writers at once wait for one another.
/// \param expected  what read_present() said; another content now is an error.
/// \param patience  with another writer.
/// Errors: kInvalidRequest with the path; nothing is left behind but folders.
[[nodiscard]] Result<void> write_privately(
    const std::filesystem::path& file, std::string_view text,
    const std::optional<std::string>& expected,
    std::chrono::milliseconds patience = os::FolderLock::kPatience);

}  // namespace prx::cli
