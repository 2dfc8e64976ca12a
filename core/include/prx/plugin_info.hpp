/// \file plugin_info.hpp
/// What is known about a plugin file, for listings.
#pragma once

#include <string>
#include <vector>

namespace prx {

enum class PluginState {
  kUsable,    ///< found, trusted, compatible
  kShadowed,  ///< another file with the same id comes first
  kRejected,  ///< see `reason`
};

/// A value. Fields are empty where the file did not say.
struct PluginInfo {
  std::string id, version, abi;    ///< abi: "1.0"
  std::vector<std::string> kinds;  ///< names for `plugin = "..."`
  std::string path;                ///< absolute
  std::string found_by;            ///< "path", "PRX_PLUGIN_PATH", "dirs", "user", "install"
  PluginState state = PluginState::kRejected;
  std::string reason;         ///< one line when not usable
  std::string title;          ///< the provider's name for messages, "OpenRouter"
  std::string key_env;        ///< variable with the key; empty: it needs none
  std::string key_url;        ///< where a person gets a key
  std::string credit_url;     ///< where a person buys credit
  std::string isolation;      ///< "process" or "none": where the configuration has it run
  std::string default_model;  ///< asked for when nothing else names a model
  friend bool operator==(const PluginInfo&, const PluginInfo&) = default;
};

}  // namespace prx
