/// \file registry.hpp
/// Finds, checks and loads plugins. The only user of Boost.DLL is behind it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/descriptor.hpp"
#include "plugin/note.hpp"
#include "prx/config.hpp"
#include "prx/plugin.h"
#include "prx/plugin_info.hpp"

namespace prx {

/// Where to look, in order of precedence. Built from a PluginsConfig by search_options().
struct SearchOptions {
  std::vector<PluginsConfig::Entry> entries;        ///< `path` in TOML
  std::vector<std::filesystem::path> env_dirs;      ///< PRX_PLUGIN_PATH (secure_getenv)
  std::vector<std::filesystem::path> config_dirs;   ///< `dirs` in TOML
  std::vector<std::filesystem::path> user_dirs;     ///< $XDG_DATA_HOME/prx/plugins
  std::vector<std::filesystem::path> install_dirs;  ///< lib/prx/plugins of the install
  std::optional<std::vector<std::string>> allow;    ///< ids; nullopt: all
  Isolation isolation = Isolation::kNone;           ///< of plugins without an entry
  bool disabled = false;  ///< PRX_NO_PLUGINS: nothing is searched or loaded
};

/// The options of a configuration and this process: environment and install location included. In a
/// secure execution (set-uid, AT_SECURE) PRX_PLUGIN_PATH, XDG_DATA_HOME and HOME count as unset.
[[nodiscard]] SearchOptions search_options(const PluginsConfig& config,
                                           const Environment& environment);

struct SealedCopy;  // sealed_copy.hpp

/// What a rejected file is rejected for.
enum class Fault {
  kNone,     ///< it is not
  kDiffers,  ///< from its pin
  kOther,
};

/// A file that was looked at, whether it serves or not.
struct Candidate {
  PluginInfo info;     ///< what `prx plugin list` shows
  PluginNote note;     ///< empty when the probe failed
  std::string sha256;  ///< pin, or ""
  Fault fault = Fault::kNone;
  std::string digest;  ///< of the content, as sha256_of() has it; "" where nobody had to look
  /// What the digest was made of, of a pinned one that serves: what is loaded as long as the file
  /// is as it was. Shared by the copies of a candidate.
  std::shared_ptr<const SealedCopy> copy;
};

/// Looks at every `*.so` of the search order and every `path` entry without running code. First
/// usable match by id wins (of a pinned id: the first file that matches its pin); the others are
/// kept with their reason. An entry with a `path` claims
/// its id even when its file is rejected: what was named is never replaced in silence. A folder
/// that cannot be searched or holds too many files is a rejected candidate too. Never fails: what
/// is wrong is in the candidates. Any thread.
[[nodiscard]] std::vector<Candidate> find_plugins(const SearchOptions& options);

/// A plugin mapped into the process for good (RTLD_NODELETE): one per inode and id, whoever asks.
struct LoadedPlugin {
  PluginNote note;
  std::filesystem::path path;
  const prx_plugin* plugin = nullptr;      ///< valid for the process
  const prx_provider* provider = nullptr;  ///< valid for the process
};

/// Loads a usable candidate: trust is checked again on the file that is mapped, a sha256 pin is
/// loaded from a sealed copy, the search's own if the file has not changed since. A file that
/// replaced another at the same path is a new plugin beside the old one. Any thread. Errors:
/// kInternal, kPermission (trust, pin, not usable), kNotFound or kBadResponse (the file changed
/// since it was found), one line with file and reason.
[[nodiscard]] Result<LoadedPlugin> load_plugin(const Candidate& candidate);

/// A plugin's file, for a process of its own.
struct OpenedPlugin {
  PluginNote note;
  std::filesystem::path path;
  os::Descriptor file;  ///< what was looked at; of a pinned one a sealed copy
};

/// Looks at a usable candidate as load_plugin() does, and maps nothing. Errors: the same.
[[nodiscard]] Result<OpenedPlugin> open_plugin(const Candidate& candidate);

/// Of a plugin's file, as a `sha256` pin of it is written: 64 lower-case hex digits.
/// Errors: kNotFound, kPermission, kInternal or kBadResponse (no regular file, larger than a pinned
/// one may be), one line with the path.
[[nodiscard]] Result<std::string> sha256_of(const std::filesystem::path& file);

/// What a configuration says of a plugin's file.
struct Pin {
  std::string_view id;      ///< of the plugin: [plugins.ID] sha256
  std::string_view sha256;  ///< 64 hex digits in any case
};

/// Whether a file of that digest is the pinned one. Errors: kPermission, one line with `file`.
[[nodiscard]] Result<void> check_pin(const std::filesystem::path& file, const std::string& sha256,
                                     const Pin& pin);

/// Whether a file may be loaded into this process: owned by root or the effective user, not
/// writable by group or others, and so for each directory above it (a sticky root-owned directory
/// is allowed). Errors: kPermission, one line with path and remedy.
[[nodiscard]] Result<void> check_trust(const std::filesystem::path& file);

}  // namespace prx
