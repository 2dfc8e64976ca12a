/// \file regular_file.hpp
/// Opens what a plugin may be. Internal to the plugin room.
#pragma once

#include <filesystem>

#include "os/descriptor.hpp"
#include "prx/sdk/error.hpp"

namespace prx {

/// Opens a file for reading; never waits (a FIFO), never hands it to a child.
/// Errors: kNotFound, kPermission or kBadResponse (not a regular file), one line with the path.
[[nodiscard]] Result<os::Descriptor> open_regular_file(const std::filesystem::path& file);

}  // namespace prx
