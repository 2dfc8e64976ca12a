/// \file setup.hpp
/// What somebody chose in `prx onboard`, and what the configuration has to say for it. Pure but for
/// folders and variables that are read.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/edit.hpp"
#include "plugin/note.hpp"
#include "prx/config.hpp"

namespace prx::cli {

/// A provider that can be picked: a plugin, or a preset that a plugin serves.
struct Service {
  std::string name;  ///< of its table in [providers]
  std::string title, key_env, key_url, default_model;
  bool keyless = false;
};

/// Plugins first, OpenRouter before all, then presets.
[[nodiscard]] std::vector<Service> services_of(std::span<const PluginNote> notes);

/// The variable of its key: the vendor's, or one named after it: "MY_SERVER_API_KEY".
[[nodiscard]] std::string key_variable(const Service& service);

enum class KeySource {
  kKept,      ///< as the configuration has it, or none is needed
  kVariable,  ///< api_key = "${VARIABLE}"
  kFile,      ///< api_key_file = "..."
  kNothing,   ///< a server that takes any: api_key = kNoKey
};
inline constexpr std::string_view kNoKey = "none";

struct ProviderSetup {
  Service service;
  bool is_server = false;  ///< of one's own address: the plugin openai at `base_url`
  std::string base_url;    ///< or ""
  KeySource source = KeySource::kKept;
  std::string variable;            ///< of kVariable
  std::string key_file;            ///< of kFile, as it is written: beside the configuration
  std::filesystem::path key_path;  ///< where that is
  Secret key;               ///< of kFile what to write there, and what is verified; may be empty
  std::string model;        ///< or "": the plugin's default
  bool is_fallback = true;  ///< of all but the first
};

/// In the order in which they are asked.
struct Setup {
  std::vector<ProviderSetup> providers;
  bool set_model = true;  ///< false: the first one's model stays as it is
};

/// \param present  the configuration as it is.
[[nodiscard]] std::vector<config::Edit> edits_of(const Setup& setup, const Config& present);
/// The same for one provider alone, with its key from the variable probe_variable(): for a client
/// that asks before anything is written.
[[nodiscard]] std::vector<config::Edit> probe_edits(const ProviderSetup& provider);
[[nodiscard]] std::string probe_variable();

/// Whether any of the keys that the configuration or the person gave is in the text; then it is
/// masked.
[[nodiscard]] std::string without_secrets(std::string text, const Setup& setup,
                                          const Config& present);

}  // namespace prx::cli
