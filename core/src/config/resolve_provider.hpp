/// \file resolve_provider.hpp
/// Completes one provider from the note that serves it: its options, URL, key and names.
#pragma once

#include "config/preset.hpp"
#include "plugin/note.hpp"
#include "prx/config.hpp"

namespace prx::config {

/// Who serves a provider; borrowed for the call.
struct ServedBy {
  const PluginNote& note;  ///< as the preset has it: with_preset()
  const Preset* preset;    ///< or nullptr
};

/// Whether a provider's server is known to be its plugin's own.
enum class Server { kVendors, kElsewhere };

/// Fills `provider`, which is one of `config`, and records what it adds as settings. Errors:
/// kInvalidRequest with the place of an option that the plugin does not know or of a wrong type.
[[nodiscard]] Result<Server> resolve_provider(Config& config, ProviderConfig& provider,
                                              const ServedBy& by, const Environment& environment);

}  // namespace prx::config
