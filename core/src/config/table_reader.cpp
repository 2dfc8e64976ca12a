#include "config/table_reader.hpp"

#include <algorithm>
#include <utility>

#include "config/did_you_mean.hpp"
#include "config/duration.hpp"
#include "config/mask.hpp"
#include "config/text_values.hpp"

namespace prx::config {

TableReader::TableReader(LoadContext& context, const Table& table, std::string path,
                         Defaults defaults)
    : context_(context), table_(table), path_(std::move(path)), defaults_(defaults) {}

const Member* TableReader::find(std::string_view key) const {
  const auto found = std::find_if(table_.begin(), table_.end(),
                                  [&](const Member& member) { return member.key == key; });
  return found == table_.end() ? nullptr : &*found;
}

std::string TableReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + '.' + std::string(key);
}

std::string TableReader::name_of(std::string_view key) const {
  return shown(key) + (path_.empty() ? "" : " in [" + path_ + "]");
}

Unexpected<Error> TableReader::wrong_type(const Member& member, std::string_view expected,
                                          std::string_view remedy) const {
  return context_.error(member.node.place,
                        name_of(member.key) + " must be " + std::string(expected) + ", not " +
                            std::string(type_name(member.node)) + "; " + std::string(remedy));
}

Result<void> TableReader::only(Words keys) const {
  for (const auto& member : table_)
    if (std::find(keys.begin(), keys.end(), member.key) == keys.end())
      return context_.error(member.place,
                            "unknown key " + name_of(member.key) + suggestion(member.key, keys));
  return {};
}

void TableReader::record(std::string_view key, const Member* member, std::string value) {
  if (member)
    context_.set(path_of(key), std::move(value), member->node.place);
  else if (defaults_ == Defaults::kRecord)
    context_.set(path_of(key), std::move(value), {});
}

Result<std::string> TableReader::text(std::string_view key, std::string fallback) {
  const auto* member = find(key);
  if (member) {
    if (!member->node.as<std::string>()) return wrong_type(*member, "a string", "put it in quotes");
    PRX_TRY_SET(fallback, expand_fully(context_, member->node, path_of(key)));
  }
  record(key, member, toml_text(std::string_view(fallback)));
  return fallback;
}

Result<std::string> TableReader::filled_text(std::string_view key, std::string fallback) {
  PRX_TRY_SET(auto value, text(key, std::move(fallback)));
  const auto* member = find(key);
  if (member && value.empty())
    return context_.error(member->node.place,
                          name_of(key) + " is empty; give it a value or remove it");
  return value;
}

Result<std::string> TableReader::path_text(std::string_view key) {
  PRX_TRY_SET(auto value, filled_text(key, ""));
  if (const auto* member = find(key)) PRX_TRY(check_path(context_, *member, name_of(key), value));
  return value;
}

Result<std::string> TableReader::model(std::string_view key) {
  PRX_TRY_SET(auto value, filled_text(key, ""));
  if (const auto* member = find(key); member && !is_model_name(value))
    return context_.error(member->node.place, name_of(key) + std::string(kNoModelName));
  return value;
}

Result<std::vector<std::string>> TableReader::texts(std::string_view key) {
  std::vector<std::string> values;
  const auto* member = find(key);
  if (member) {
    const auto* array = member->node.as<Array>();
    if (!array) return wrong_type(*member, "an array of strings", "write [\"...\"]");
    for (const auto& node : *array) {
      if (!node.as<std::string>())
        return wrong_type({std::string(key), member->place, node}, "an array of strings",
                          "put each of its values in quotes");
      PRX_TRY_SET(values.emplace_back(), expand_fully(context_, node, path_of(key)));
    }
  }
  record(key, member, toml_text(std::span<const std::string>(values)));
  return values;
}

Result<std::string_view> TableReader::word(std::string_view key, Words words,
                                           std::string_view fallback) {
  const auto* member = find(key);
  if (member) {
    PRX_TRY_SET(const auto value, text(key, {}));
    const auto found = std::find(words.begin(), words.end(), value);
    if (found == words.end())
      return context_.error(member->node.place, name_of(key) + " cannot be " +
                                                    shown(*member->node.as<std::string>()) +
                                                    suggestion(value, words));
    return *found;
  }
  record(key, member, toml_text(fallback));
  return fallback;
}

Result<int> TableReader::integer(std::string_view key, Range<int> range, int fallback) {
  const auto* member = find(key);
  if (member) {
    const auto* value = member->node.as<std::int64_t>();
    if (!value) return wrong_type(*member, "an integer", "write a whole number without quotes");
    if (*value < range.lowest || *value > range.highest)
      return context_.error(member->node.place, name_of(key) + " is " + std::to_string(*value) +
                                                    "; use " + std::to_string(range.lowest) +
                                                    " to " + std::to_string(range.highest));
    fallback = static_cast<int>(*value);
  }
  record(key, member, std::to_string(fallback));
  return fallback;
}

Result<double> TableReader::number(std::string_view key, Range<double> range, double fallback) {
  const auto* member = find(key);
  if (member) {
    const auto* integer = member->node.as<std::int64_t>();
    const auto* value = member->node.as<double>();
    if (!value && !integer) return wrong_type(*member, "a number", "write a number without quotes");
    fallback = value ? *value : static_cast<double>(*integer);
    if (!(fallback >= range.lowest && fallback <= range.highest))
      return context_.error(member->node.place, name_of(key) + " is " + toml_text(fallback) +
                                                    "; use " + toml_text(range.lowest) + " to " +
                                                    toml_text(range.highest));
  }
  record(key, member, toml_text(fallback));
  return fallback;
}

Result<bool> TableReader::flag(std::string_view key, bool fallback) {
  const auto* member = find(key);
  if (member) {
    const auto* value = member->node.as<bool>();
    if (!value) return wrong_type(*member, "a boolean", "write true or false without quotes");
    fallback = *value;
  }
  record(key, member, fallback ? "true" : "false");
  return fallback;
}

Result<Milliseconds> TableReader::read_duration(const Member& member, Milliseconds lowest,
                                                std::string_view or_off) const {
  const auto expected = "a duration such as \"500ms\", \"8s\" or \"1h30m\"" + std::string(or_off);
  if (const auto* count = member.node.as<std::int64_t>()) {
    const auto digits = std::to_string(*count);
    return wrong_type(member, expected,
                      "write \"" + digits + "s\" or \"" + digits + "ms\", in quotes");
  }
  const auto* raw = member.node.as<std::string>();
  if (!raw) return wrong_type(member, expected, "put it in quotes, with its unit");
  PRX_TRY_SET(const auto value, expand_fully(context_, member.node, path_of(member.key)));
  const auto duration = parse_duration(value);
  if (!duration)
    return context_.error(member.node.place, name_of(member.key) + " cannot be " + shown(*raw) +
                                                 "; write " + expected +
                                                 ", whole numbers, at most \"" +
                                                 to_text(kDurationMax) + "\"");
  if (*duration < lowest)
    return context_.error(member.node.place, name_of(member.key) + " is too short; use \"" +
                                                 to_text(lowest) + "\" or more" +
                                                 std::string(or_off));
  return *duration;
}

Result<Milliseconds> TableReader::duration(std::string_view key, Milliseconds lowest,
                                           Milliseconds fallback) {
  const auto* member = find(key);
  if (member) {
    PRX_TRY_SET(fallback, read_duration(*member, lowest, ""));
  }
  record(key, member, toml_text(to_text(fallback)));
  return fallback;
}

Result<std::optional<Milliseconds>> TableReader::duration_or_off(
    std::string_view key, std::optional<Milliseconds> fallback, Milliseconds lowest) {
  const auto* member = find(key);
  if (member) {
    const auto* raw = member->node.as<std::string>();
    fallback.reset();
    if (!raw || *raw != "off") {
      PRX_TRY_SET(fallback, read_duration(*member, lowest, ", or \"off\""));
    }
  }
  record(key, member, toml_text(fallback ? to_text(*fallback) : "off"));
  return fallback;
}

Result<std::string> TableReader::json_object(std::string_view key,
                                             std::vector<std::string>& secrets) {
  const auto* member = find(key);
  if (!member) return std::string();
  if (!member->node.as<Table>()) return wrong_type(*member, "a table", "write { name = value }");
  PRX_TRY_SET(const auto node, expand_all(context_, member->node, {path_of(key), false, secrets}));
  PRX_TRY_SET(auto json, to_json(context_, node, path_of(key)));
  record(key, member, toml_text(member->node));  // as written: no variable's value is shown
  return json;
}

void TableReader::skip(std::string_view key, std::string_view shown_default) {
  record(key, nullptr, std::string(shown_default));
}

Result<const Table*> TableReader::table(std::string_view key) const {
  const auto* member = find(key);
  if (!member) return static_cast<const Table*>(nullptr);
  if (const auto* table = member->node.as<Table>()) return table;
  return wrong_type(*member, "a table", "write [" + path_of(key) + "]");
}

}  // namespace prx::config
