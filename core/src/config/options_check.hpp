/// \file options_check.hpp
/// Checks a plugin's own keys against the schema in its note.
#pragma once

#include "plugin/note.hpp"
#include "prx/config.hpp"

namespace prx::config {

/// Fills defaults into `provider.options` and records them as settings of `config`.
/// Errors: kInvalidRequest with the key's place: unknown, or of a wrong type.
[[nodiscard]] Result<void> check_options(Config& config, ProviderConfig& provider,
                                         const PluginNote& note);

}  // namespace prx::config
