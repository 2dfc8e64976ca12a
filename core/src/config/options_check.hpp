/// \file options_check.hpp
/// Checks a plugin's own keys against the schema in its note.
#pragma once

#include "config/preset.hpp"
#include "plugin/note.hpp"
#include "prx/config.hpp"

namespace prx::config {

/// Where a provider's options come from; borrowed for the call.
struct OptionsOf {
  const PluginNote& note;
  const Preset* preset = nullptr;
  /// The server is not the plugin's or the preset's: messages call it as the table is called.
  bool is_elsewhere = false;
};

/// Fills defaults into `provider.options` and records them as settings of `config`: those of the
/// preset, where the plugin knows the key and its type, then those of the note.
/// Errors: kInvalidRequest with the key's place: unknown, or of a wrong type.
[[nodiscard]] Result<void> check_options(Config& config, ProviderConfig& provider,
                                         const OptionsOf& of);

}  // namespace prx::config
