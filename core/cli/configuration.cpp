#include "cli/configuration.hpp"

#include <algorithm>

#include "cli/exit_codes.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "client/found_plugins.hpp"
#include "config/preset.hpp"
#include "config/resolve.hpp"
#include "config/table_reader.hpp"
#include "plugin/registry.hpp"

namespace prx::cli {
namespace {

void apply_log_level(Config& config, const std::string& level) {
  config.log.level = level;
  const Setting setting{"log.level", '"' + level + '"', "flag --log-level"};
  const auto same = std::find_if(config.settings.begin(), config.settings.end(),
                                 [&](const Setting& other) { return other.path == setting.path; });
  if (same == config.settings.end()) {
    config.settings.push_back(setting);
  } else {
    *same = setting;
  }
}

/// Of the chain in force.
void leave_first_target(Config& config) {
  for (ChainConfig& chain : config.chains)
    if (chain.name == config.chain && chain.targets.size() > 1) chain.targets.resize(1);
}

constexpr std::string_view kChainPrefix = "chain:";

/// The chain that --model names as a request's model may, or "".
std::string chain_of_model(const Overrides& overrides) {
  if (!overrides.model || !overrides.model->starts_with(kChainPrefix)) return {};
  return overrides.model->substr(kChainPrefix.size());
}

Unexpected<Error> bad_override(std::string text) {
  return fail(ErrorClass::kInvalidRequest, std::move(text));
}

/// What to correct when the base URL is wrong; "" when nobody set one.
std::string base_url_place(const Config& config, const ProviderConfig& provider) {
  if (provider.base_url.empty()) return {};
  const std::string path = "providers." + provider.name + ".base_url";
  for (const Setting& setting : config.settings) {
    if (setting.path != path) continue;
    if (setting.origin.starts_with("env ")) return setting.origin.substr(4);
    if (setting.origin.starts_with("preset ")) return {};
  }
  return "[providers." + provider.name + "] base_url";
}

}  // namespace

void declare_overrides(Arguments& arguments, Overrides& overrides) {
  arguments.text("--provider", overrides.provider, "NAME",
                 "Ask it first, its fallbacks then: a table of [providers], a plugin or preset",
                 {Values::Kind::kProvider, {}});
  arguments.text("--chain", overrides.chain, "NAME",
                 "Chain to use: a table of [chains]; not with --provider",
                 {Values::Kind::kChain, {}});
  arguments.text("--model", overrides.model, "NAME", "Model to ask for",
                 {Values::Kind::kModel, {}});
}

void declare_no_fallback(Arguments& arguments, Overrides& overrides) {
  arguments.flag("--no-fallback", overrides.no_fallback,
                 "Ask the chain's first target alone; it is still retried");
}

Result<void> check_overrides(const Overrides& overrides, const Wording& words) {
  const std::string provider(words.provider), chain(words.chain), model(words.model);
  if (overrides.provider && overrides.chain)
    return bad_override(provider + " and " + chain +
                        " exclude each other; a chain names its providers");
  for (const auto& [name, value] :
       {std::pair(&provider, &overrides.provider), std::pair(&chain, &overrides.chain),
        std::pair(&model, &overrides.model)})
    if (*value && (*value)->empty()) return bad_override(*name + " is empty; give it a name");
  if (!chain_of_model(overrides).empty()) {
    if (overrides.provider || overrides.chain)
      return bad_override((overrides.provider ? provider : chain) + " and " + model + ' ' +
                          *overrides.model + " exclude each other; leave one out");
  } else if (overrides.model == kChainPrefix) {
    return bad_override(model + " chain: names no chain; write chain:NAME");
  }
  if (overrides.model && !config::is_model_name(*overrides.model))
    return bad_override(model + std::string(config::kNoModelName));
  return {};
}

std::optional<std::string> model_of(const Overrides& overrides) {
  return chain_of_model(overrides).empty() ? overrides.model : std::nullopt;
}

Result<Config> with_notes(Config config) {
  const Environment environment = process_environment();
  auto candidates = find_plugins(search_options(config.plugins, environment));
  driver::reject_what_will_not_load(config.plugins, candidates);
  const auto found = driver::found_plugins(candidates);
  PRX_TRY_SET(Config resolved,
              resolve_config(std::move(config), found.notes, environment, found.rejected));
  driver::add_rejections(resolved, candidates);
  return resolved;
}

Result<Config> load_config(const GlobalOptions& globals, const Overrides& overrides, Keys keys) {
  ConfigSource source;
  source.has_flags = true;
  source.read_secrets = keys == Keys::kRead;
  if (globals.config) source.file = *globals.config;
  source.no_file = globals.no_config;
  source.provider = overrides.provider;
  source.model = model_of(overrides);
  source.chain = overrides.chain;
  if (const std::string chain = chain_of_model(overrides); !chain.empty()) source.chain = chain;
  PRX_TRY_SET(Config config, Config::load(source));
  if (globals.log_level) apply_log_level(config, *globals.log_level);
  if (overrides.no_fallback) leave_first_target(config);
  return config;
}

ProviderFacts provider_facts(const Config& config, const std::string& name,
                             const std::string& key_label) {
  ProviderFacts facts;
  facts.name = name;
  facts.key_label = key_label;
  const ProviderConfig* const provider = config.find_provider(name);
  if (provider == nullptr) return facts;
  facts.has_key = !provider->keys.empty();
  facts.base_url_place = base_url_place(config, *provider);
  facts.title = provider->title;
  facts.key_env = provider->key_env;
  facts.key_url = provider->key_url;
  facts.credit_url = provider->credit_url;
  const auto* const preset =
      provider->preset.empty() ? nullptr : config::find_preset(provider->preset);
  facts.is_own = preset != nullptr && preset->keyless;
  return facts;
}

std::string held_text(const Config& config) {
  std::vector<std::string> ids;
  const ChainConfig* const chain = config.find_chain(config.chain);
  if (chain == nullptr) return {};
  for (const TargetConfig& target : chain->targets) {
    const ProviderConfig* const provider = config.find_provider(target.provider);
    if (provider == nullptr) continue;
    const std::string& id = provider->plugin_id.empty() ? provider->plugin : provider->plugin_id;
    if (config.plugins.isolation_of(id).isolation == Isolation::kNone &&
        std::find(ids.begin(), ids.end(), id) == ids.end())
      ids.push_back(id);
  }
  if (ids.empty()) return {};
  const bool one = ids.size() == 1;
  std::string text = one ? "plugin '" + ids[0] + "'" : "one of the plugins '" + ids[0] + "'";
  for (std::size_t i = 1; i < ids.size(); ++i) text += ", '" + ids[i] + "'";
  const auto seconds = [](std::chrono::seconds time) {
    return std::to_string(time.count()) + " s";
  };
  return text + " has not returned for " + seconds(Interrupt::kSaidAfter) +
         ", and holds prx; Ctrl-C ends prx now, in " + seconds(Interrupt::kEndedAfter) +
         " it ends by itself; " + (one ? "[plugins." + ids[0] + "]" : std::string("[plugins]")) +
         " isolation = \"process\" keeps what a plugin does out of prx";
}

void forget_keys(Config& config) {
  std::erase_if(config.warnings, [&](const std::string& warning) {
    return std::any_of(config.providers.begin(), config.providers.end(),
                       [&](const ProviderConfig& provider) {
                         return !provider.key_missing.empty() &&
                                warning.find(provider.key_missing) != std::string::npos;
                       });
  });
}

int configuration_failure(const Error& error) {
  message(error.message);
  return kExitConfiguration;
}

void warning(std::string_view text, const Patience& patience) {
  message("warning: " + std::string(text), patience);
}

void print_warnings(const Config& config) {
  for (const std::string& text : config.warnings) warning(text);
}

}  // namespace prx::cli
