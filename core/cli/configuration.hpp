/// \file configuration.hpp
/// The configuration as the global options ask for it, and what is known about its providers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/remedy.hpp"
#include "prx/config.hpp"

namespace prx::cli {

/// What a verb's own options say about the configuration.
struct Overrides {
  std::optional<std::string> provider;  ///< --provider
  std::optional<std::string> model;     ///< --model
  std::optional<std::string> chain;     ///< --chain
  bool no_fallback = false;             ///< --no-fallback
};

/// --provider, --chain and --model; `overrides` is borrowed until the arguments were parsed.
void declare_overrides(Arguments& arguments, Overrides& overrides);
/// --no-fallback, for the verbs that know it; as declare_overrides().
void declare_no_fallback(Arguments& arguments, Overrides& overrides);
/// Errors: kInvalidRequest naming the option (as `words` do): a provider or another chain beside a
/// chain, no model's name.
[[nodiscard]] Result<void> check_overrides(const Overrides& overrides,
                                           const Wording& words = kShellWording);

/// The model that --model names; not a chain, which it may name as "chain:NAME".
[[nodiscard]] std::optional<std::string> model_of(const Overrides& overrides);

/// Whether keys are read, or the configuration is looked at without them.
enum class Keys { kRead, kLeave };

/// With --no-fallback the chain in force has its first target alone. Errors: as Config::load.
[[nodiscard]] Result<Config> load_config(const GlobalOptions& globals, const Overrides& overrides,
                                         Keys keys = Keys::kRead);

/// The same with what the notes of the usable plugins add. Runs no plugin's code.
[[nodiscard]] Result<Config> with_notes(Config config);

/// What remedies need to know about the provider `name`. `config` is a client's: resolved.
/// \param key_label  of the attempt's key, or "".
[[nodiscard]] ProviderFacts provider_facts(const Config& config, const std::string& name,
                                           const std::string& key_label);

/// What Interrupt says when nothing ends: which plugins of the chain in force run in this process,
/// and the remedy; "": none does.
[[nodiscard]] std::string held_text(const Config& config);

/// Takes the warnings of missing keys out of a resolved configuration that was loaded without them.
void forget_keys(Config& config);

/// Says an error of the configuration or of a plugin on stderr; kExitConfiguration.
[[nodiscard]] int configuration_failure(const Error& error);

/// "warning: <text>" as message() does.
void warning(std::string_view text, const Patience& patience = {});
/// Says each warning on stderr.
void print_warnings(const Config& config);

}  // namespace prx::cli
