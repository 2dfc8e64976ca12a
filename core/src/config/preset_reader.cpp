// A file of presets: strict, as a configuration is.
#include <algorithm>
#include <array>
#include <utility>

#include "config/http_values.hpp"
#include "config/mask.hpp"
#include "config/preset.hpp"
#include "config/table_reader.hpp"
#include "config/text_values.hpp"

namespace prx::config {
namespace {

constexpr std::array<std::string_view, 13> kPresetKeys = {
    "plugin",     "title",   "base_url",      "hosts",        "base_url_env", "key_env", "key_url",
    "credit_url", "keyless", "default_model", "model_prefix", "options",      "messages"};
constexpr std::array<std::string_view, 3> kPatternKeys = {"status", "text", "class"};
constexpr std::size_t kVariableMax = 64;  // of a variable's name

bool is_variable(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && name.size() <= kVariableMax && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), good);
}

bool is_safe(const Origin& origin) { return origin.scheme == "https" || is_loopback(origin.host); }

// Reads one table.
class PresetReader {
 public:
  PresetReader(LoadContext& context, const Member& member, const Table& table)
      : context_(context), member_(member), reader_(context, table, member.key) {
    preset_.name = member.key;
  }

  Result<Preset> run() {
    PRX_TRY(reader_.only(kPresetKeys));
    PRX_TRY_SET(preset_.plugin, needed("plugin"));
    PRX_TRY_SET(preset_.title, needed("title"));
    PRX_TRY(read_urls());
    PRX_TRY(read_key());
    PRX_TRY_SET(preset_.default_model, reader_.model("default_model"));
    PRX_TRY_SET(preset_.model_prefix, reader_.filled_text("model_prefix", ""));
    PRX_TRY(read_options());
    PRX_TRY(read_messages());
    return std::move(preset_);
  }

 private:
  Unexpected<Error> error(std::string_view key, const std::string& text) const {
    const auto* member = reader_.find(key);
    return context_.error(member ? member->place : member_.place,
                          reader_.name_of(key) + ' ' + text);
  }

  Result<std::string> needed(std::string_view key) {
    if (!reader_.find(key)) return error(key, "is missing; add it");
    return reader_.filled_text(key, "");
  }

  Result<std::string> variable(std::string_view key) {
    PRX_TRY_SET(auto name, reader_.filled_text(key, ""));
    if (!name.empty() && !is_variable(name))
      return error(key, "is no variable's name; use A-Z 0-9 _");
    return name;
  }

  Result<std::string> link(std::string_view key) {
    auto url = reader_.filled_text(key, "");
    if (url && !url->empty() && !url->starts_with("https://"))
      return error(key, "is not https; correct it");
    return url;
  }

  Result<std::string> origin_of(std::string_view key, const std::string& url) const {
    const auto origin = parse_base_url(url);
    if (!origin) return error(key, origin.error().message);
    if (!is_safe(*origin)) return error(key, "is neither https nor of this machine; correct it");
    return origin->str();
  }

  Result<void> read_urls() {
    PRX_TRY_SET(const auto url, needed("base_url"));
    PRX_TRY_SET(auto own, origin_of("base_url", url));
    PRX_TRY_SET(preset_.base_url, normal_base_url(url));
    preset_.hosts.push_back(std::move(own));
    PRX_TRY_SET(const auto more, reader_.texts("hosts"));
    for (const auto& host : more) {
      PRX_TRY_SET(auto origin, origin_of("hosts", host));
      preset_.hosts.push_back(std::move(origin));
    }
    PRX_TRY_SET(preset_.base_url_env, variable("base_url_env"));
    PRX_TRY_SET(preset_.key_url, link("key_url"));
    PRX_TRY_SET(preset_.credit_url, link("credit_url"));
    return {};
  }

  Result<void> read_key() {
    PRX_TRY_SET(preset_.keyless, reader_.flag("keyless", false));
    PRX_TRY_SET(preset_.key_env, variable("key_env"));
    if (preset_.key_env.empty() && !preset_.keyless)
      return error("key_env", "is missing; add it, or keyless = true");
    return {};
  }

  Result<void> read_options() {
    PRX_TRY_SET(const auto* table, reader_.table("options"));
    if (!table) return {};
    for (const auto& member : *table) {
      const auto path = reader_.path_of("options") + '.' + member.key;
      PRX_TRY_SET(auto json, to_json(context_, member.node, path));
      preset_.options.emplace_back(member.key, std::move(json));
    }
    return {};
  }

  Result<void> read_messages() {
    const auto* member = reader_.find("messages");
    if (!member) return {};
    const auto* list = member->node.as<Array>();
    if (!list) return reader_.wrong_type(*member, "an array", "write [[name.messages]]");
    for (const auto& node : *list) {
      const auto* table = node.as<Table>();
      if (!table) return context_.error(node.place, "'messages' must hold tables; correct it");
      PRX_TRY(read_pattern(node.place, *table));
    }
    return {};
  }

  Result<void> read_pattern(Place place, const Table& table) {
    TableReader reader(context_, table, reader_.path_of("messages"));
    PRX_TRY(reader.only(kPatternKeys));
    MessagePattern pattern;
    PRX_TRY_SET(pattern.status, reader.integer("status", {200, 599}, 0));
    PRX_TRY_SET(pattern.text, reader.filled_text("text", ""));
    PRX_TRY_SET(const auto word, reader.filled_text("class", ""));
    const auto error_class = error_class_from(word);
    if (pattern.text.empty()) return context_.error(place, "a message has no 'text'; add it");
    if (!error_class || *error_class == ErrorClass::kCancelled)
      return context_.error(place, shown(word) + " is no class of errors; correct it");
    pattern.error_class = *error_class;
    preset_.messages.push_back(std::move(pattern));
    return {};
  }

  LoadContext& context_;
  const Member& member_;
  TableReader reader_;
  Preset preset_;
};

}  // namespace

Result<std::vector<Preset>> read_presets(std::string_view toml, const std::string& name) {
  PRX_TRY_SET(const auto document, parse_document(toml, name));
  ConfigSource source;
  source.environment = [](const std::string&) { return std::nullopt; };
  LoadContext context({name, {}, false}, source);
  const TableReader top(context, *document.as<Table>(), "");
  if (top.members().size() > kPresetsMax)
    return context.error({}, "more than " + std::to_string(kPresetsMax) + " presets; remove some");
  std::vector<Preset> presets;
  for (const auto& member : top.members()) {
    if (!is_table_name(member.key))
      return context.error(member.place, shown(member.key) + " is not a name; use A-Z a-z 0-9 _ -");
    PRX_TRY_SET(const auto* table, top.table(member.key));
    PRX_TRY_SET(auto preset, PresetReader(context, member, *table).run());
    presets.push_back(std::move(preset));
  }
  return presets;
}

}  // namespace prx::config
