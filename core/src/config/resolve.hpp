/// \file resolve.hpp
/// Completes a configuration with what the plugins' notes say: keys and URLs from their variables,
/// their own options checked, the model that each provider and target is asked for.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "plugin/note.hpp"
#include "prx/config.hpp"

namespace prx {

/// The end of a `problem` about a plugin that is there and rejected, until the reason is put there.
inline constexpr std::string_view kCannotBeUsed =
    " was found and cannot be used (prx plugin list says why)";

/// Returns the completed configuration; pure but for reading variables.
///
/// A provider that no note serves gets a `problem` and is otherwise left as it is: it fails what
/// calls for it. Errors: kInvalidRequest, "file:line:column: what; remedy" or "flag --provider:
/// ...": a provider that is named and has neither a table nor a plugin of that name, while there
/// are plugins; an option that the plugin does not know or of a wrong type; two targets of a chain
/// that turn out to be the same.
/// \param rejected  names of plugins that are there and cannot be used: theirs is a problem.
[[nodiscard]] Result<Config> resolve_config(Config config, std::span<const PluginNote> notes,
                                            const Environment& environment,
                                            std::span<const std::string> rejected = {});

/// The note that serves a `plugin` value, by kind, else by id; nullptr when none does.
[[nodiscard]] const PluginNote* note_for(std::span<const PluginNote> notes,
                                         std::string_view plugin);

/// Why a target of that provider and model cannot be asked (no plugin, no key, no model), or "".
[[nodiscard]] std::string why_left_out(const ProviderConfig& provider, std::string_view model);

/// A model and why it is that one.
struct ModelChoice {
  std::string model;   ///< "" when nothing says
  std::string origin;  ///< "asked for", "[providers.openai] model", "default of the plugin openai"
  bool is_default = false;  ///< the plugin's: nobody named one
};

/// What a target's model depends on; all borrowed for the call.
struct ModelQuestion {
  std::string_view target_model;             ///< of the target, or ""
  std::string_view asked;                    ///< what the call asks for, or ""
  const ProviderConfig* asked_of = nullptr;  ///< whose model `asked` is; nullptr: nobody's
};

/// The target's model, else the asked-for one when it was asked of this provider, else the
/// provider's own, else the asked-for one when it was asked of an instance of the same plugin at
/// the same URL, or when its vendor prefix names this plugin (the prefix is dropped), else the
/// plugin's default. `provider` is resolved.
[[nodiscard]] ModelChoice choose_model(const ProviderConfig& provider,
                                       const ModelQuestion& question);

}  // namespace prx
