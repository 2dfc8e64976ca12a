/// \file options_check.hpp
/// Checks a plugin's own keys against the schema in its note.
#pragma once

#include "config/preset.hpp"
#include "plugin/note.hpp"
#include "prx/config.hpp"

namespace prx::config {

/// Fills defaults into `provider.options` and records them as settings of `config`: those of the
/// preset, where the plugin knows the key and its type, then those of the note.
/// \param preset  of the provider, or nullptr.
/// Errors: kInvalidRequest with the key's place: unknown, or of a wrong type.
[[nodiscard]] Result<void> check_options(Config& config, ProviderConfig& provider,
                                         const PluginNote& note, const Preset* preset);

}  // namespace prx::config
