/// \file file_place.hpp
/// Which file a configuration is read from, and written to by who makes one.
#pragma once

#include <filesystem>
#include <optional>

#include "prx/config.hpp"

namespace prx::config {

struct FilePlace {
  std::filesystem::path path;
  bool is_named = true;  ///< false: the user's own, which need not be there
};

/// `named` (--config), else the file that PRX_CONFIG names, else the user's own:
/// `$XDG_CONFIG_HOME/prx/config.toml`, or below `$HOME/.config` where that is no absolute path.
/// Reads no file. Errors: kInvalidRequest: none of these is set.
[[nodiscard]] Result<FilePlace> file_place(const std::optional<std::filesystem::path>& named,
                                           const Environment& environment);

}  // namespace prx::config
