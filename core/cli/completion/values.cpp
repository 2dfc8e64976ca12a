#include "cli/completion/values.hpp"

#include <algorithm>

#include "catalog/cache.hpp"
#include "cli/configuration.hpp"
#include "client/found_plugins.hpp"
#include "config/preset.hpp"
#include "config/resolve.hpp"
#include "plugin/registry.hpp"
#include "prx/model.hpp"

namespace prx::cli {
namespace {

std::optional<std::string> value_given(const GivenOptions& given, std::string_view name) {
  const auto found = given.find(name);
  return found == given.end() ? std::nullopt : std::optional(found->second);
}

/// With what the plugins' notes add, where they can be had. nullopt: it is wrong.
std::optional<Config> configuration_given(const GivenOptions& given) {
  GlobalOptions globals;
  globals.config = value_given(given, "--config");
  globals.no_config = given.contains("--no-config");
  Overrides overrides;
  overrides.provider = value_given(given, "--provider");
  overrides.chain = value_given(given, "--chain");
  if (!check_overrides(overrides)) return std::nullopt;
  auto config = load_config(globals, overrides, Keys::kLeave);
  if (!config) return std::nullopt;
  auto completed = with_notes(*config);
  return completed ? std::move(*completed) : std::move(*config);
}

/// Those of the file first, then the plugins and presets that need no table.
std::vector<Candidate> providers(const Config& config) {
  std::vector<Candidate> out;
  for (const ProviderConfig& provider : config.providers) {
    const bool plain = provider.plugin_id.empty() || provider.plugin_id == provider.name;
    const std::string plugin = plain ? "" : "plugin " + provider.plugin_id;
    out.push_back({provider.name, provider.title.empty() ? plugin : provider.title});
  }
  const auto add = [&](const std::string& name, const std::string& title) {
    if (std::none_of(out.begin(), out.end(), [&](const auto& each) { return each.word == name; }))
      out.push_back({name, title});
  };
  const auto found =
      driver::found_plugins(find_plugins(search_options(config.plugins, process_environment())));
  for (const PluginNote& note : found.notes)
    if (note.id.find('.') == std::string::npos) add(note.id, note.title);  // else it needs a table
  for (const config::Preset& preset : config::presets()) add(preset.name, preset.title);
  return out;
}

/// Ids, also of files that cannot be used: their verbs say why.
std::vector<Candidate> plugins(const Config& config) {
  std::vector<Candidate> out;
  for (const auto& file : find_plugins(search_options(config.plugins, process_environment()))) {
    const PluginInfo& info = file.info;
    const Candidate candidate{info.id, info.title};
    if (!info.id.empty() && std::find(out.begin(), out.end(), candidate) == out.end())
      out.push_back(candidate);
  }
  return out;
}

/// Of the chain in force, each provider once.
std::vector<Candidate> targets(const Config& config) {
  std::vector<Candidate> out;
  for (const TargetConfig& target : config.find_chain(config.chain)->targets) {
    const Candidate candidate{target.provider, ""};
    if (std::find(out.begin(), out.end(), candidate) == out.end()) out.push_back(candidate);
  }
  return out;
}

std::string targets_text(const ChainConfig& chain) {
  std::string text;
  for (const TargetConfig& target : chain.targets)
    text += (text.empty() ? "" : ", ") + target.provider;
  return text;
}

std::vector<Candidate> chains(const Config& config, const std::string& before) {
  std::vector<Candidate> out;
  for (const ChainConfig& chain : config.chains)
    out.push_back({before + chain.name, targets_text(chain)});
  return out;
}

/// As the provider that would be asked first lists them; and the chains, which a model may name.
std::vector<Candidate> models(const Config& config, const GivenOptions& given) {
  std::vector<Candidate> out;
  const catalog::Cache cache(catalog::cache_folder(process_environment()));
  if (const ProviderConfig* const provider = config.find_provider(config.first_provider())) {
    const auto list = cache.read({provider->plugin_id, provider->base_url});
    if (list)
      for (const catalog::Listed& model : list->models)
        out.push_back({model.id, read_model(model.json).name});
  }
  if (given.contains("--provider") || given.contains("--chain")) return out;
  for (Candidate& chain : chains(config, "chain:")) out.push_back(std::move(chain));
  return out;
}

}  // namespace

std::vector<Candidate> configured_values(Values::Kind kind, const GivenOptions& given) {
  const auto config = configuration_given(given);
  if (!config) return {};
  switch (kind) {
    case Values::Kind::kProvider:
      return providers(*config);
    case Values::Kind::kChain:
      return chains(*config, "");
    case Values::Kind::kModel:
      return models(*config, given);
    case Values::Kind::kPlugin:
      return plugins(*config);
    case Values::Kind::kFault:
      return targets(*config);
    default:
      return {};
  }
}

}  // namespace prx::cli
