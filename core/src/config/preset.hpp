/// \file preset.hpp
/// Presets: what is known of services that speak a plugin's protocol, as data
/// (core/data/presets.toml).
///
/// A preset stands in for a plugin of its name: `[providers.groq]` without a plugin "groq" is an
/// instance of the plugin that the preset names, with the preset's addresses, key variable, model
/// and options where the table says nothing else. An installed plugin of that name is stronger.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin/note.hpp"
#include "prx/sdk/error.hpp"

namespace prx::config {

/// Words by which a server says what its status does not, when it sends no typed code.
struct MessagePattern {
  int status = 0;    ///< of the answer; 0: any
  std::string text;  ///< a part of the message, as it is written
  ErrorClass error_class = ErrorClass::kInvalidRequest;
};

/// One table of the file. A value.
struct Preset {
  std::string name;      ///< of the table; also what `plugin` says
  std::string plugin;    ///< kind or id of the plugin that serves it
  std::string title;     ///< for messages: "Groq"
  std::string base_url;  ///< https, or of this machine
  std::vector<std::string>
      hosts;                 ///< origins that may have the vendor's key: base_url's, then more
  std::string base_url_env;  ///< variable with another base URL, or ""
  std::string key_env;       ///< variable with the key; "" only when `keyless`
  std::string key_url, credit_url;  ///< where a person gets a key, and credit; or ""
  bool keyless = false;             ///< no key is wanted; one that is there is sent
  std::string default_model;        ///< or "": a person has to name one
  std::string model_prefix;  ///< what other vendors put before its models: "mistralai/", or ""
  /// Values of the plugin's own keys where the configuration gives none: key -> JSON text
  std::vector<std::pair<std::string, std::string>> options;
  std::vector<MessagePattern> messages;  ///< the first that fits counts
};

inline constexpr std::size_t kPresetsMax = 256;  ///< of one file

/// Reads a file of presets, strictly. `name` stands for the file in messages.
///
/// Errors: kInvalidRequest, "name:line:column: what; remedy": no TOML, an unknown key, a URL with a
/// key's variable that is neither https nor of this machine, no name of a variable or class, none
/// of `key_env` and `keyless`, a name that repeats.
[[nodiscard]] Result<std::vector<Preset>> read_presets(std::string_view toml,
                                                       const std::string& name);

/// The presets that this library was built with, read at the first call. Any thread.
[[nodiscard]] const std::vector<Preset>& presets();
/// The preset of that name, as long as the process lives, or nullptr. Any thread.
[[nodiscard]] const Preset* find_preset(std::string_view name);

/// The note of the plugin that serves `preset`, as a plugin of the preset's name would have it:
/// nothing of the plugin's vendor stays. Options keep their schema.
[[nodiscard]] PluginNote with_preset(PluginNote note, const Preset& preset);

/// Gives an error the class that the preset's words say. One with a typed code keeps its class.
void classify_by_words(Error& error, const Preset& preset);

}  // namespace prx::config
