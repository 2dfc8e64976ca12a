#include "config/options_check.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/did_you_mean.hpp"
#include "config/mask.hpp"
#include "config/sections.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::config {
namespace {

using rapidjson::Value;

std::string text_of(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

bool has_type(const Value& value, std::string_view type) {
  if (type == "string") return value.IsString();
  if (type == "integer") return value.IsInt64();
  if (type == "number") return value.IsNumber();
  if (type == "boolean") return value.IsBool();
  if (type == "array") return value.IsArray();
  return type == "table" && value.IsObject();
}

bool has_type(const std::string& json, std::string_view type) {
  rapidjson::Document value;
  value.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  return !value.HasParseError() && has_type(value, type);
}

std::string place_of(const Config& config, const std::string& path) {
  const auto found = config.places.find(path);
  return found == config.places.end() ? "" : found->second + ": ";
}

// Core keys come first: a slip of both is taken for theirs.
std::string suggestion_for(std::string_view key, const PluginNote& note) {
  std::vector<std::string_view> names(kProviderKeys.begin(), kProviderKeys.end());
  for (const auto& option : note.options) names.push_back(option.key);
  return suggestion(key, names);
}

Result<void> check_option(const Config& config, const ProviderConfig& provider,
                          const PluginNote& note, const Value::Member& member) {
  const std::string key(member.name.GetString(), member.name.GetStringLength());
  const auto table = "providers." + provider.name;
  const auto place = place_of(config, table + '.' + key);
  const auto option = std::find_if(note.options.begin(), note.options.end(),
                                   [&](const OptionSchema& schema) { return schema.key == key; });
  if (option == note.options.end())
    return fail(ErrorClass::kInvalidRequest, place + "unknown key " + shown(key) + " in [" + table +
                                                 "]" + suggestion_for(key, note));
  if (!has_type(member.value, option->type))
    return fail(
        ErrorClass::kInvalidRequest,
        place + shown(key) + " in [" + table + "] must be of type " + option->type +
            "; it is: " + (option->help.empty() ? "a key of the plugin " + note.id : option->help));
  return {};
}

// The value of a key that the plugin knows is shown as it was written.
void reveal(Config& config, const ProviderConfig& provider, const std::string& key) {
  const auto written = provider.options_written.find(key);
  if (written == provider.options_written.end()) return;
  const auto path = "providers." + provider.name + '.' + key;
  for (auto& setting : config.settings)
    if (setting.path == path) setting.value = written->second;
}

// What is taken where the configuration says nothing: JSON text and where it comes from.
struct Default {
  std::string value, origin;
};

Default default_of(const OptionSchema& option, const ProviderConfig& provider,
                   const OptionsOf& of) {
  constexpr std::string_view kService = "service";  // what a plugin of many servers calls this one
  const auto& [note, preset, is_elsewhere] = of;
  if (is_elsewhere && option.key == kService)
    return {json::quoted(provider.name), "name of the provider"};
  if (preset && option.key == kService && !preset->title.empty())
    return {json::quoted(preset->title), "preset " + preset->name};
  if (preset)
    for (const auto& [key, value] : preset->options)
      if (key == option.key && has_type(value, option.type))
        return {value, "preset " + preset->name};
  return {option.default_value, "default of the plugin " + note.id};
}

void fill_default(Config& config, const ProviderConfig& provider, const std::string& key,
                  const Default& filled, rapidjson::Document& options) {
  if (filled.value.empty() || options.HasMember(key.c_str())) return;
  rapidjson::Document value(&options.GetAllocator());
  value.Parse<rapidjson::kParseIterativeFlag>(filled.value.data(), filled.value.size());
  if (value.HasParseError()) return;
  options.AddMember(Value(key.c_str(), options.GetAllocator()), value, options.GetAllocator());
  config.settings.push_back(
      {"providers." + provider.name + '.' + key, filled.value, filled.origin});
}

}  // namespace

Result<void> check_options(Config& config, ProviderConfig& provider, const OptionsOf& of) {
  rapidjson::Document options;
  const std::string text = provider.options.empty() ? "{}" : provider.options;
  options.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (options.HasParseError() || !options.IsObject())
    return fail(ErrorClass::kInternal, "the options of the provider " + shown(provider.name) +
                                           " are not a JSON object; give it one");
  const auto members = options.MemberBegin();
  for (rapidjson::SizeType i = 0; i < options.MemberCount(); ++i) {
    const auto& member = *(members + static_cast<std::ptrdiff_t>(i));
    PRX_TRY(check_option(config, provider, of.note, member));
    reveal(config, provider, {member.name.GetString(), member.name.GetStringLength()});
  }
  for (const auto& option : of.note.options)
    fill_default(config, provider, option.key, default_of(option, provider, of), options);
  provider.options = text_of(options);
  return {};
}

}  // namespace prx::config
