#include "cli/onboard/setup.hpp"

#include <algorithm>

#include "config/mask.hpp"
#include "config/preset.hpp"
#include "config/resolve.hpp"

namespace prx::cli {
namespace {

using config::Edit;

constexpr std::string_view kUsual = "openrouter";
constexpr std::size_t kHiddenMin = 4;  // shorter texts are part of ordinary words

/// One source of the key; the others would stand against it.
void add_key(std::vector<Edit>& edits, const std::string& provider, const std::string& source,
             const std::string& value) {
  edits.push_back(config::set_text({"providers", provider, source}, value));
  for (const char* other : {"api_key", "api_keys", "api_key_file", "api_key_command"})
    if (source != other) edits.push_back(config::remove_value({"providers", provider, other}));
}

void add_server(std::vector<Edit>& edits, const ProviderSetup& provider) {
  const std::string& name = provider.service.name;
  if (provider.is_server)
    edits.push_back(config::set_text({"providers", name, "plugin"}, "openai"));
  if (!provider.base_url.empty())
    edits.push_back(config::set_text({"providers", name, "base_url"}, provider.base_url));
}

std::string reference(const std::string& variable) { return "${" + variable + "}"; }

void add_provider(std::vector<Edit>& edits, const ProviderSetup& provider) {
  const std::string& name = provider.service.name;
  add_server(edits, provider);
  switch (provider.source) {
    case KeySource::kKept:
      edits.push_back(config::need_table({"providers", name}));
      break;
    case KeySource::kVariable:
      add_key(edits, name, "api_key", reference(provider.variable));
      break;
    case KeySource::kFile:
      add_key(edits, name, "api_key_file", provider.key_file);
      break;
    case KeySource::kNothing:
      add_key(edits, name, "api_key", std::string(kNoKey));
      break;
  }
}

/// Those that were chosen, then those that were there.
std::vector<std::string> fallbacks_of(const Setup& setup, const Config& present) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    const bool is_first = name == setup.providers.front().service.name;
    if (!is_first && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  };
  for (const ProviderSetup& provider : setup.providers)
    if (provider.is_fallback) add(provider.service.name);
  for (const std::string& name : present.fallback_providers) add(name);
  return names;
}

void hide(std::string& text, const std::string& key) {
  if (key.size() < kHiddenMin) return;
  for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at))
    text.replace(at, key.size(), config::kMask);
}

}  // namespace

std::vector<Service> services_of(std::span<const PluginNote> notes) {
  std::vector<Service> services;
  const auto is_known = [&](const std::string& name) {
    return std::any_of(services.begin(), services.end(),
                       [&](const Service& one) { return one.name == name; });
  };
  for (const PluginNote& note : notes)
    if (const std::string name = note.kinds.empty() ? note.id : note.kinds.front(); !is_known(name))
      services.push_back({name, note.title, note.key_env, note.key_url, note.default_model, false});
  std::stable_partition(services.begin(), services.end(),
                        [](const Service& one) { return one.name == kUsual; });
  for (const config::Preset& preset : config::presets())
    if (!is_known(preset.name) && note_for(notes, preset.plugin) != nullptr)
      services.push_back({preset.name, preset.title, preset.key_env, preset.key_url,
                          preset.default_model, preset.keyless});
  return services;
}

std::string key_variable(const Service& service) {
  if (!service.key_env.empty()) return service.key_env;
  std::string name;
  for (const char c : service.name)
    name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name + "_API_KEY";
}

std::vector<Edit> edits_of(const Setup& setup, const Config& present) {
  std::vector<Edit> edits;
  const ProviderSetup& first = setup.providers.front();
  edits.push_back(config::set_text({"default", "provider"}, first.service.name));
  if (!first.model.empty())
    edits.push_back(config::set_text({"default", "model"}, first.model));
  else if (setup.set_model)
    edits.push_back(config::remove_value({"default", "model"}));  // it is another provider's
  edits.push_back(config::remove_value({"default", "chain"}));    // it would win
  for (std::size_t i = 0; i < setup.providers.size(); ++i) {
    const ProviderSetup& provider = setup.providers[i];
    add_provider(edits, provider);
    if (i > 0 && !provider.model.empty())
      edits.push_back(
          config::set_text({"providers", provider.service.name, "model"}, provider.model));
  }
  if (const auto names = fallbacks_of(setup, present); names != present.fallback_providers)
    edits.push_back(config::set_texts({"reliability", "fallback_providers"}, names));
  return edits;
}

std::string probe_variable() { return "PRX_ONBOARD_KEY"; }

std::vector<Edit> probe_edits(const ProviderSetup& provider) {
  std::vector<Edit> edits;
  if (provider.key.empty()) {
    add_provider(edits, provider);
    return edits;
  }
  add_server(edits, provider);
  add_key(edits, provider.service.name, "api_key", reference(probe_variable()));
  return edits;
}

std::string without_secrets(std::string text, const Setup& setup, const Config& present) {
  for (const ProviderSetup& provider : setup.providers) hide(text, provider.key.reveal());
  for (const ProviderConfig& provider : present.providers)
    for (const ApiKey& key : provider.keys)
      if (key.secret.reveal() != kNoKey) hide(text, key.secret.reveal());
  return config::without_keys(std::move(text));
}

}  // namespace prx::cli
