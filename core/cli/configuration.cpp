#include "configuration.hpp"

#include <algorithm>

#include "config/resolve.hpp"
#include "config/table_reader.hpp"
#include "exit_codes.hpp"
#include "output.hpp"
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

}  // namespace

void declare_overrides(Arguments& arguments, Overrides& overrides) {
  arguments.text("--provider", overrides.provider, "NAME",
                 "Provider to ask: a table of [providers], or a plugin");
  arguments.text("--chain", overrides.chain, "NAME",
                 "Chain to use: a table of [chains]; not with --provider");
  arguments.text("--model", overrides.model, "NAME", "Model to ask for");
}

Result<void> check_overrides(const Overrides& overrides) {
  if (overrides.provider && overrides.chain)
    return fail(ErrorClass::kInvalidRequest,
                "--provider and --chain exclude each other; a chain names its providers");
  for (const auto& [name, value] :
       {std::pair("--provider", &overrides.provider), std::pair("--chain", &overrides.chain),
        std::pair("--model", &overrides.model)})
    if (*value && (*value)->empty())
      return fail(ErrorClass::kInvalidRequest, std::string(name) + " is empty; give it a name");
  if (overrides.model && !config::is_model_name(*overrides.model))
    return fail(ErrorClass::kInvalidRequest, "--model" + std::string(config::kNoModelName));
  return {};
}

Result<Config> with_notes(Config config) {
  const Environment environment = process_environment();
  std::vector<PluginNote> notes;
  for (Candidate& candidate : find_plugins(search_options(config.plugins, environment))) {
    if (candidate.info.state == PluginState::kUsable) notes.push_back(std::move(candidate.note));
  }
  return resolve_config(std::move(config), notes, environment);
}

Result<Config> load_config(const GlobalOptions& globals, const Overrides& overrides) {
  ConfigSource source;
  if (globals.config) source.file = *globals.config;
  source.no_file = globals.no_config;
  source.provider = overrides.provider;
  source.model = overrides.model;
  source.chain = overrides.chain;
  PRX_TRY_SET(Config config, Config::load(source));
  if (globals.log_level) apply_log_level(config, *globals.log_level);
  return config;
}

ProviderFacts provider_facts(const Config& config, const std::vector<PluginInfo>& plugins,
                             const std::string& name, const std::string& key_label) {
  ProviderFacts facts;
  facts.name = name;
  facts.key_label = key_label;
  const ProviderConfig* const provider = config.find_provider(name);
  if (provider == nullptr) return facts;
  facts.has_key = !provider->keys.empty();
  const auto plugin = std::find_if(plugins.begin(), plugins.end(), [&](const PluginInfo& info) {
    return info.state == PluginState::kUsable && info.id == provider->plugin_id;
  });
  if (plugin == plugins.end()) return facts;
  // An instance of another name at a URL of its own is somebody else's server.
  const bool vendors = provider->name == provider->plugin_id || provider->base_url.empty();
  if (!vendors) return facts;
  facts.title = plugin->title;
  facts.key_env = plugin->key_env;
  facts.key_url = plugin->key_url;
  facts.credit_url = plugin->credit_url;
  return facts;
}

int configuration_failure(const Error& error) {
  message(error.message);
  return kExitConfiguration;
}

void print_warnings(const Config& config) {
  for (const std::string& warning : config.warnings) message("warning: " + warning);
}

}  // namespace prx::cli
