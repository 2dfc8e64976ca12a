#include "check/check_provider.hpp"

#include "config/resolve.hpp"
#include "config/text_values.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::check {
namespace {

using config::Member;
using config::Table;

constexpr std::string_view kTable = "[provider]";

/// A table's name cannot have the dots of an id.
std::string table_name(std::string id) {
  for (char& c : id)
    if (c == '.') c = '-';
  return id;
}

/// The table as a configuration has it, each value where it stands in the text, so that messages
/// name the right place.
std::string provider_toml(const Table& table, const std::string& name, const std::string& kind) {
  std::string toml = "[providers." + name + "]";
  std::uint32_t line = 1;
  for (const Member& member : table) {
    do {
      toml += '\n';
      ++line;
    } while (line < member.place.line);
    if (member.place.column > 1) toml.append(member.place.column - 1, ' ');
    toml += config::toml_text(member.key) + " = " + config::toml_text(member.node);
  }
  return toml + "\nplugin = " + config::toml_text(kind) + "\n";
}

/// The words of a configuration as the text has them.
std::string in_words_of(const CheckText& text, std::string message, const std::string& name) {
  const auto replace_all = [&](const std::string& what, std::string_view by) {
    for (auto at = message.find(what); at != message.npos; at = message.find(what, at + by.size()))
      message.replace(at, what.size(), by);
  };
  replace_all("[providers." + name + "]", kTable);
  replace_all("providers." + name + ".", "provider.");
  if (!text.is_inline) return message;
  // Its one line was rearranged: the place is not the writer's.
  const std::size_t places = message.find(": ");
  if (message.starts_with(text.name + ":") && places != message.npos)
    message = text.name + message.substr(places);
  return message;
}

Result<Config> resolved(const std::string& toml, const ProviderScope& scope,
                        const std::string& name) {
  ConfigSource source;
  source.provider = name;
  source.read_secrets = false;
  // The variables of prx itself must not change what is checked.
  source.environment = [&](const std::string& variable) {
    const auto& environment = scope.context.source().environment;
    return variable.starts_with("PRX_") || !environment ? std::nullopt : environment(variable);
  };
  PRX_TRY_SET(auto config, Config::parse(toml, scope.text.name, scope.text.folder, source));
  const auto nothing = [](const std::string&) { return std::optional<std::string>(); };
  return resolve_config(std::move(config), {&scope.note, 1}, nothing);
}

Result<void> refuse_keys(const Table& table, const ProviderScope& scope) {
  for (const Member& member : table) {
    if (member.key.starts_with("api_key"))
      return scope.context.error(
          member.place, "a check needs no key, and [provider] has none; remove '" + member.key +
                            "'. --live takes the key from " +
                            (scope.note.key_env.empty() ? "its variable" : scope.note.key_env));
    if (member.key == "plugin")
      return scope.context.error(member.place,
                                 "[provider] is of the plugin that is checked; remove 'plugin'");
  }
  return {};
}

}  // namespace

Result<void> read_provider(const Table& table, const ProviderScope& scope, CheckFile& out) {
  if (scope.note.kinds.empty()) return {};  // no note that can be read: nothing is known of keys
  PRX_TRY(refuse_keys(table, scope));
  out.provider_name = table_name(scope.note.id);
  out.provider_toml = provider_toml(table, out.provider_name, scope.note.kinds.front());
  auto config = resolved(out.provider_toml, scope, out.provider_name);
  if (!config) {
    config.error().message =
        in_words_of(scope.text, std::move(config.error().message), out.provider_name);
    return Unexpected(std::move(config).error());
  }
  const ProviderConfig* const provider = config->find_provider(out.provider_name);
  if (provider == nullptr || !provider->problem.empty())
    return fail(ErrorClass::kInternal,
                provider == nullptr ? "the provider was lost" : provider->problem);
  out.base_url = provider->base_url;
  out.config_json = provider->options.empty() ? "{}" : provider->options;
  if (out.base_url.empty()) return {};
  PRX_TRY_SET(const auto index, json::ObjectIndex::parse(out.config_json));
  out.config_json = json::ObjectEdit(index).set("base_url", json::quoted(out.base_url)).str();
  return {};
}

}  // namespace prx::check
