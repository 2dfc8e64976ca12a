/// \file search.hpp
/// What the search order depends on beside the configuration. Internal to the plugin room.
#pragma once

#include <filesystem>
#include <vector>

#include "plugin/registry.hpp"

namespace prx {

inline constexpr std::size_t kSearchDirsMax = 64;    ///< folders of PRX_PLUGIN_PATH
inline constexpr std::size_t kFilesPerDirMax = 256;  ///< `*.so` of one folder

/// Facts about this process; arguments, so that tests can state others.
struct ProcessFacts {
  bool secure = false;  ///< set-uid and the like: the environment says nothing (AT_SECURE)
  std::filesystem::path self_dir;  ///< real folder of libprx, or of the program it is linked into
};
[[nodiscard]] ProcessFacts process_facts();

/// The install's plugin folders as seen from a library or program in `self_dir`. No absolute path
/// is compiled in, so a moved install keeps working. Folders that do not exist are part of the
/// answer.
[[nodiscard]] std::vector<std::filesystem::path> install_dirs(
    const std::filesystem::path& self_dir);

[[nodiscard]] SearchOptions search_options(const PluginsConfig& config,
                                           const Environment& environment,
                                           const ProcessFacts& facts);

}  // namespace prx
