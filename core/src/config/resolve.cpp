#include "config/resolve.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "config/did_you_mean.hpp"
#include "config/http_values.hpp"
#include "config/mask.hpp"
#include "config/preset.hpp"
#include "config/resolve_provider.hpp"
#include "config/sections.hpp"
#include "config/text_values.hpp"
#include "plugin/plugins_off.hpp"

namespace prx {
namespace {

using config::Preset;

constexpr std::string_view kLeftOut = " is left out: ";
constexpr std::string_view kShortChain = "default";  // of `provider` and `fallback_providers`

// What a configuration is completed with.
struct Found {
  std::span<const PluginNote> notes;
  std::span<const std::string> rejected;
  const Environment& environment;
};

bool is_rejected(const Found& found, const std::string& plugin) {
  return std::find(found.rejected.begin(), found.rejected.end(), plugin) != found.rejected.end();
}

// What stands in for the plugin that the provider names, or nullptr: an installed one is stronger,
// also when it cannot be used, since nothing else must answer for it in silence.
const Preset* preset_of(const ProviderConfig& provider, const Found& found) {
  if (!provider.preset.empty()) return config::find_preset(provider.preset);
  if (note_for(found.notes, provider.plugin) || is_rejected(found, provider.plugin)) return nullptr;
  return config::find_preset(provider.plugin);
}

// Of those whose plugin is there.
std::vector<std::string_view> preset_names(std::span<const PluginNote> notes) {
  std::vector<std::string_view> names;
  for (const auto& preset : config::presets())
    if (note_for(notes, preset.plugin)) names.push_back(preset.name);
  return names;
}

std::string no_plugin(const ProviderConfig& provider, const Found& found) {
  const auto& [notes, rejected, environment] = found;
  std::vector<std::string_view> kinds;
  for (const auto& note : notes) kinds.insert(kinds.end(), note.kinds.begin(), note.kinds.end());
  const auto place = provider.where.empty() ? "" : provider.where + ": ";
  if (is_rejected(found, provider.plugin))
    return place + "the plugin " + config::shown(provider.plugin) + " of the provider " +
           config::shown(provider.name) + std::string(kCannotBeUsed);
  auto text = place + "no plugin offers " + config::shown(provider.plugin) + " for the provider " +
              config::shown(provider.name);
  if (!provider.preset.empty()) text += ", which the preset '" + provider.preset + "' needs";
  if (const auto off = why_plugins_are_off(environment); !off.empty()) return text + ": " + off;
  if (kinds.empty())
    return text +
           ": no plugin was found that can be used; name a folder in PRX_PLUGIN_PATH or "
           "[plugins] dirs (prx plugin list shows what was found)";
  auto names = preset_names(notes);
  names.insert(names.begin(), kinds.begin(), kinds.end());
  const auto near = config::nearest(provider.plugin, names);
  if (!near.empty())
    text += "; did you mean '" + std::string(near) + "'?";
  else
    text += "; install it, or set [providers." + provider.name + "] plugin";
  std::string list;
  for (const auto kind : kinds) list += (list.empty() ? "" : ", ") + std::string(kind);
  return text + " (installed: " + list + ")";
}

bool has_table(const Config& config, const ProviderConfig& provider) {
  return config.places.find("providers." + provider.name) != config.places.end();
}

// Whether the kind is the name with dots for some of its dashes: no provider can be named so.
bool is_dotted(std::string_view kind, std::string_view name) {
  return kind != name &&
         std::equal(kind.begin(), kind.end(), name.begin(), name.end(),
                    [](char a, char b) { return a == b || (a == '.' && b == '-'); });
}

// Somebody wrote a name that means nothing: another one must not be asked instead in silence.
Unexpected<Error> unknown_provider(const Config& config, const ProviderConfig& provider,
                                   std::span<const PluginNote> notes) {
  std::vector<std::string_view> names;
  const auto add = [&](std::string_view name) {
    const bool known = std::find(names.begin(), names.end(), name) != names.end();
    if (!known && config::is_table_name(name)) names.push_back(name);
  };
  for (const auto& other : config.providers)
    if (has_table(config, other)) add(other.name);
  for (const auto& note : notes)
    for (const auto& kind : note.kinds) add(kind);
  for (const auto& preset : preset_names(notes)) add(preset);
  for (const auto& note : notes)
    for (const auto& kind : note.kinds)
      if (is_dotted(kind, provider.name))
        return fail(ErrorClass::kInvalidRequest,
                    provider.where + ": unknown provider " + config::shown(provider.name) +
                        "; to ask the plugin " + config::shown(kind) + ", whose name has a dot, " +
                        "set [providers." + provider.name + "] plugin = \"" + kind + "\"");
  return fail(ErrorClass::kInvalidRequest,
              provider.where + ": unknown provider " + config::shown(provider.name) +
                  config::suggestion(provider.name, names) + " (there is neither a [providers." +
                  provider.name + "] table nor a plugin or preset of that name)");
}

void choose_provider_models(Config& config) {
  const auto* asked_of = config.find_provider(config.model_provider);
  for (auto& provider : config.providers) {
    const auto choice = choose_model(provider, {{}, config.model, asked_of});
    provider.model_in_use = choice.model;
    if (provider.model.empty() && !choice.model.empty())
      config.settings.push_back({"providers." + provider.name + ".model",
                                 config::toml_text(std::string_view(choice.model)), choice.origin});
  }
}

Result<void> choose_target_models(const Config& config, ChainConfig& chain) {
  const auto* asked_of = config.find_provider(config.model_provider);
  for (auto target = chain.targets.begin(); target != chain.targets.end(); ++target) {
    const auto* provider = config.find_provider(target->provider);
    if (!provider) continue;
    target->model_in_use = choose_model(*provider, {target->model, config.model, asked_of}).model;
    const bool known = std::any_of(chain.targets.begin(), target, [&](const TargetConfig& other) {
      return other.provider == target->provider && other.model_in_use == target->model_in_use &&
             other.extra_body == target->extra_body;
    });
    if (known)
      return fail(ErrorClass::kInvalidRequest,
                  target->where + ": duplicate target " + config::shown(target->provider) +
                      " with the model " + config::shown(target->model_in_use) + " in the chain '" +
                      chain.name + "'; remove it, or give it another model");
  }
  return {};
}

// Adds a warning, or the beginning of it to the one that tells the same with its place.
void warn_once(Config& config, const std::string& beginning, const std::string& why) {
  const auto known = std::find_if(
      config.warnings.begin(), config.warnings.end(),
      [&](const std::string& warning) { return warning.find(why) != std::string::npos; });
  if (known == config.warnings.end())
    config.warnings.push_back(beginning + why);
  else if (known->find(kLeftOut) == std::string::npos)
    known->insert(0, beginning);
}

// When no target of the chain in force is usable, the first one's problem is the error of each
// call.
void warn_of_left_out(Config& config) {
  const auto* chain = config.find_chain(config.chain);
  if (!chain) return;
  std::vector<std::string> reasons;
  for (const auto& target : chain->targets) {
    const auto* provider = config.find_provider(target.provider);
    reasons.push_back(provider ? why_left_out(*provider, target.model_in_use) : "");
  }
  const bool all = std::find(reasons.begin(), reasons.end(), "") == reasons.end();
  for (std::size_t i = all ? 1 : 0; i < reasons.size(); ++i)
    if (!reasons[i].empty())
      warn_once(config,
                (i == 0 ? "the first target " : "the fallback ") +
                    config::shown(chain->targets[i].provider) + std::string(kLeftOut),
                reasons[i]);
}

// Of the environment, for a provider that has no table.
bool has_key(const Environment& environment, const std::string& variable) {
  if (variable.empty() || !environment) return false;
  const auto value = environment(variable);
  return value && config::is_key_value(*value);
}

// A provider that has a key, or "".
std::string keyed_provider(const Config& config, const Found& found) {
  for (const auto& provider : config.providers)
    if (!provider.keys.empty() && provider.problem.empty()) return provider.name;
  const auto is_free = [&](const std::string& name, const std::string& variable) {
    return config.find_provider(name) == nullptr && has_key(found.environment, variable);
  };
  for (const auto& note : found.notes) {
    const auto& name = note.kinds.empty() ? note.id : note.kinds.front();
    if (is_free(name, note.key_env)) return name;
  }
  for (const auto& preset : config::presets())
    if (note_for(found.notes, preset.plugin) && is_free(preset.name, preset.key_env))
      return preset.name;
  return {};
}

// Nobody chose the provider; a chain that somebody wrote would win.
bool is_provider_by_default(const Config& config) {
  return config.chain == kShortChain &&
         std::any_of(config.settings.begin(), config.settings.end(), [](const Setting& setting) {
           return setting.path == "default.provider" && setting.origin == "default";
         });
}

// Who has set one key is not sent for another vendor's.
void name_who_has_a_key(Config& config, const Found& found) {
  const auto* chain = config.find_chain(config.chain);
  if (!chain || !is_provider_by_default(config)) return;
  for (const auto& target : chain->targets) {
    const auto* provider = config.find_provider(target.provider);
    if (!provider || provider->key_missing.empty() || !provider->keys.empty()) return;
  }
  const auto first = std::find_if(
      config.providers.begin(), config.providers.end(),
      [&](const ProviderConfig& provider) { return provider.name == config.first_provider(); });
  const bool is_told =
      std::any_of(config.warnings.begin(), config.warnings.end(), [&](const std::string& warning) {
        return warning.find(first->key_missing) != std::string::npos;
      });
  const std::string name = keyed_provider(config, found);
  if (is_told || name.empty()) return;
  first->key_missing +=
      "; " + name + " has a key: set [default] provider = \"" + name + "\" to ask it";
}

// Whose default a provider's default_model is.
std::string default_by(const ProviderConfig& provider) {
  return provider.preset.empty() ? "plugin " + provider.plugin_id : "preset " + provider.preset;
}

// By a call that names nobody; nobody chose that model for that server.
bool is_asked_for_the_default(const Config& config, const ProviderConfig& provider) {
  const auto* asked_of = config.find_provider(config.model_provider);
  const auto is_default = [&](std::string_view target_model) {
    return choose_model(provider, {target_model, config.model, asked_of}).is_default;
  };
  const auto* chain = config.find_chain(config.chain);
  if (!chain) return provider.name == config.provider && is_default({});
  return std::any_of(chain->targets.begin(), chain->targets.end(), [&](const TargetConfig& target) {
    return target.provider == provider.name && is_default(target.model);
  });
}

void warn_of_default_models(Config& config, std::span<const std::string> elsewhere) {
  for (const auto& name : elsewhere) {
    const auto& provider = *config.find_provider(name);
    if (!is_asked_for_the_default(config, provider)) continue;
    const auto text = provider.where + ": no model is named for the provider " +
                      config::shown(name) + ": " + provider.base_url + " is asked for '" +
                      provider.default_model + "', the default of the " + default_by(provider) +
                      "; set [providers." + name + "] model";
    if (std::find(config.warnings.begin(), config.warnings.end(), text) == config.warnings.end())
      config.warnings.push_back(text);
  }
}

// Who wrote the name of a provider, of a kind, or a slip of an id meant that plugin; or "".
std::string meant_plugin(const Config& config, const Found& found, const std::string& id) {
  if (const auto* provider = config.find_provider(id); provider && !provider->plugin_id.empty())
    return provider->plugin_id;
  std::vector<std::string_view> ids(found.rejected.begin(), found.rejected.end());
  for (const auto& note : found.notes) {
    if (std::find(note.kinds.begin(), note.kinds.end(), id) != note.kinds.end()) return note.id;
    ids.insert(ids.begin(), note.id);
  }
  return std::string(config::nearest(id, ids));
}

// The part of [plugins] that names a plugin which is not there does nothing.
void warn_of_unknown_plugin(Config& config, const Found& found, const std::string& id,
                            const std::string& path, const std::string& hint) {
  const bool is_found = std::any_of(found.notes.begin(), found.notes.end(),
                                    [&](const PluginNote& note) { return note.id == id; });
  if (is_found || is_rejected(found, id)) return;
  const auto place = config.places.find(path);
  std::string text = place == config.places.end() ? "" : place->second + ": ";
  text += (path == "plugins.allow" ? "[plugins] allow" : '[' + path + ']') + ": no plugin " +
          config::shown(id) + " was found; ";
  const auto meant = meant_plugin(config, found, id);
  text += meant.empty() ? "install it, or correct the name" : "did you mean '" + meant + "'?";
  config.warnings.push_back(text + " (" + hint + ')');
}

// No error: a configuration may be shared with machines that have other plugins.
void warn_of_unknown_plugins(Config& config, const Found& found) {
  if (!why_plugins_are_off(found.environment).empty()) return;
  for (const auto& entry : config.plugins.entries)
    warn_of_unknown_plugin(config, found, entry.id, "plugins." + entry.id,
                           "the table is named after the plugin, not the provider");
  for (const auto& id : config.plugins.allow.value_or(std::vector<std::string>()))
    warn_of_unknown_plugin(config, found, id, "plugins.allow", "it lists plugins, not providers");
}

// A provider that nothing serves; an error when somebody wrote a name that means nothing.
Result<void> leave_unserved(Config& config, ProviderConfig& provider, const Found& found) {
  const bool known = !provider.preset.empty() || provider.where.empty() ||
                     has_table(config, provider) || found.notes.empty() ||
                     is_rejected(found, provider.plugin);
  if (!known) return unknown_provider(config, provider, found.notes);
  provider.problem = no_plugin(provider, found);
  return {};
}

// \param elsewhere  gathers who is asked at a URL that is not known to be the plugin's own.
Result<void> complete_provider(Config& config, ProviderConfig& provider, const Found& found,
                               std::vector<std::string>& elsewhere) {
  const auto* preset = preset_of(provider, found);
  const auto* note = note_for(found.notes, preset ? preset->plugin : provider.plugin);
  if (!note) {
    if (preset) provider.preset = preset->name;
    if (preset) provider.plugin = preset->plugin;
    return leave_unserved(config, provider, found);
  }
  const auto overlay = preset ? config::with_preset(*note, *preset) : *note;
  PRX_TRY_SET(const auto whose,
              config::resolve_provider(config, provider, {overlay, preset}, found.environment));
  if (whose == config::Server::kElsewhere) elsewhere.push_back(provider.name);
  return {};
}

Result<void> complete(Config& config, const Found& found) {
  std::vector<std::string> elsewhere;
  for (auto& provider : config.providers)
    PRX_TRY(complete_provider(config, provider, found, elsewhere));
  choose_provider_models(config);
  for (auto& chain : config.chains) PRX_TRY(choose_target_models(config, chain));
  warn_of_left_out(config);
  name_who_has_a_key(config, found);
  warn_of_default_models(config, elsewhere);
  warn_of_unknown_plugins(config, found);
  return {};
}

}  // namespace

std::string why_left_out(const ProviderConfig& provider, std::string_view model) {
  if (!provider.problem.empty()) return provider.problem;
  if (provider.keys.empty() && !provider.key_missing.empty()) return provider.key_missing;
  if (model.empty())
    return "it has no model; set [providers." + provider.name + "] model (prx models --provider " +
           provider.name + " shows what it has, or its plugin's documentation)";
  return {};
}

const PluginNote* note_for(std::span<const PluginNote> notes, std::string_view plugin) {
  for (const auto& note : notes)
    if (std::find(note.kinds.begin(), note.kinds.end(), plugin) != note.kinds.end()) return &note;
  for (const auto& note : notes)
    if (note.id == plugin) return &note;
  return nullptr;
}

ModelChoice choose_model(const ProviderConfig& provider, const ModelQuestion& question) {
  const auto& [target_model, asked, asked_of] = question;
  if (!target_model.empty()) return {std::string(target_model), "the target", false};
  const bool own = asked_of && asked_of->name == provider.name;
  if (own && !asked.empty()) return {std::string(asked), "asked for", false};
  if (!provider.model.empty())
    return {provider.model, "[providers." + provider.name + "] model", false};
  const bool same_place = asked_of && !provider.plugin_id.empty() &&
                          asked_of->plugin_id == provider.plugin_id &&
                          asked_of->base_url == provider.base_url;
  if (same_place && !asked.empty()) return {std::string(asked), "asked for", false};
  const auto& prefix = provider.model_prefix;
  if (!own && !prefix.empty() && asked.size() > prefix.size() &&
      asked.substr(0, prefix.size()) == prefix)
    return {std::string(asked.substr(prefix.size())), "asked for as " + std::string(asked), false};
  if (!provider.default_model.empty())
    return {provider.default_model, "default of the " + default_by(provider), true};
  return {};
}

Result<Config> resolve_config(Config config, std::span<const PluginNote> notes,
                              const Environment& environment,
                              std::span<const std::string> rejected) {
  auto completed = complete(config, {notes, rejected, environment});
  if (!completed) {
    completed.error().message = config::without_keys(std::move(completed.error().message));
    return Unexpected(std::move(completed).error());
  }
  config::hide_keys(config);
  return config;
}

}  // namespace prx
