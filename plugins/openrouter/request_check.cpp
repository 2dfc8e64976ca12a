#include "request_check.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "prx/sdk/json_edit.hpp"

namespace prx::openrouter {
namespace {

using json::ObjectIndex;

/// Kinds of values, to be joined.
constexpr unsigned kBoolean = 1;
constexpr unsigned kText = 2;
constexpr unsigned kNumber = 4;
constexpr unsigned kTexts = 8;

/// Objects whose keys are known.
enum class Group : unsigned char { kNone, kProvider, kSort, kMaxPrice, kPercentiles };

struct Key {
  Group group;
  char name[26];  // NOLINT: filled by a literal; no pointer, which costs a plugin twice its size
  unsigned char kinds;
  Group members = Group::kNone;  ///< an object of these is allowed
};

constexpr auto kKeys = std::to_array<Key>({
    {Group::kProvider, "allow_fallbacks", kBoolean},
    {Group::kProvider, "data_collection", kText},
    {Group::kProvider, "enforce_distillable_text", kBoolean},
    {Group::kProvider, "ignore", kTexts},
    {Group::kProvider, "max_price", 0, Group::kMaxPrice},
    {Group::kProvider, "only", kTexts},
    {Group::kProvider, "order", kTexts},
    {Group::kProvider, "preferred_max_latency", kNumber, Group::kPercentiles},
    {Group::kProvider, "preferred_min_throughput", kNumber, Group::kPercentiles},
    {Group::kProvider, "quantizations", kTexts},
    {Group::kProvider, "require_parameters", kBoolean},
    {Group::kProvider, "sort", kText, Group::kSort},
    {Group::kProvider, "zdr", kBoolean},
    {Group::kSort, "by", kText},
    {Group::kSort, "partition", kText},
    {Group::kMaxPrice, "prompt", kText | kNumber},
    {Group::kMaxPrice, "completion", kText | kNumber},
    {Group::kMaxPrice, "request", kText | kNumber},
    {Group::kMaxPrice, "image", kText | kNumber},
    {Group::kMaxPrice, "audio", kText | kNumber},
    {Group::kPercentiles, "p50", kNumber},
    {Group::kPercentiles, "p75", kNumber},
    {Group::kPercentiles, "p90", kNumber},
    {Group::kPercentiles, "p99", kNumber},
});

/// What is wrong, in words; nullopt: nothing.
using Complaint = std::optional<std::string>;

bool is_number(std::string_view value) {
  return value.starts_with('-') || (value.front() >= '0' && value.front() <= '9');
}

bool has_kind(std::string_view value, unsigned kinds) {
  if ((kinds & kBoolean) != 0 && (value == "true" || value == "false")) return true;
  if ((kinds & kText) != 0 && value.starts_with('"')) return true;
  if ((kinds & kNumber) != 0 && is_number(value)) return true;
  return (kinds & kTexts) != 0 && json::is_array_of_texts(value);
}

/// "a number or an object".
std::string kind_words(const Key& key) {
  std::string words;
  const auto add = [&words](bool allowed, std::string_view word) {
    if (allowed) words.append(words.empty() ? "" : " or ").append(word);
  };
  add((key.kinds & kBoolean) != 0, "true or false");
  add((key.kinds & kText) != 0, "a string");
  add((key.kinds & kNumber) != 0, "a number");
  add((key.kinds & kTexts) != 0, "an array of strings");
  add(key.members != Group::kNone, "an object");
  return words;
}

/// Changes of one byte that make one name of the other.
std::size_t distance(std::string_view a, std::string_view b) {
  constexpr std::size_t kNameMax = 32;
  if (a.size() > kNameMax || b.size() > kNameMax) return kNameMax;
  std::array<std::size_t, kNameMax + 1> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row[b.size()];
}

std::string unknown_key(std::string_view name, Group group) {
  constexpr std::size_t kNear = 3;
  constexpr std::size_t kShownMax = 60;
  std::string_view nearest;
  std::size_t least = kNear + 1;
  std::string known;
  for (const Key& key : kKeys) {
    if (key.group != group) continue;
    known.append(known.empty() ? "" : ", ").append(key.name);
    const std::size_t changes = distance(name, key.name);
    if (changes >= least) continue;
    least = changes;
    nearest = key.name;
  }
  std::string words = ": unknown key \"" + std::string(name.substr(0, kShownMax)) + '"';
  if (!nearest.empty()) words.append("; did you mean \"").append(nearest).append("\"?");
  return words.append(" (known are ").append(known).append(")");
}

const Key* find_key(const ObjectIndex::Member& member, Group group) {
  for (const Key& key : kKeys)
    if (key.group == group && member.has_key(key.name)) return &key;
  return nullptr;
}

Complaint check_object(const std::string& where, std::string_view object, Group group) {
  const auto index = ObjectIndex::parse(object);
  if (!index) return where + " is broken JSON";
  for (const ObjectIndex::Member& member : index->members()) {
    const Key* const key = find_key(member, group);
    if (key == nullptr) return where + unknown_key(member.key, group);
    if (member.value == "null" || has_kind(member.value, key->kinds)) continue;
    const std::string path = where + '.' + key->name;
    if (key->members == Group::kNone || !member.value.starts_with('{'))
      return path + " must be " + kind_words(*key);
    if (Complaint inner = check_object(path, member.value, key->members)) return inner;
  }
  return std::nullopt;
}

bool is_given(const ObjectIndex& object, std::string_view key) {
  return object.find(key).value_or("null") != "null";
}

Complaint check_provider(std::string_view provider) {
  if (!provider.starts_with('{')) return "provider must be an object such as {\"sort\":\"price\"}";
  return check_object("provider", provider, Group::kProvider);
}

Complaint check_reasoning(std::string_view reasoning) {
  const auto object = ObjectIndex::parse(reasoning);
  if (object && is_given(*object, "effort") && is_given(*object, "max_tokens"))
    return "reasoning takes effort or max_tokens, not both; remove one";
  return std::nullopt;
}

Complaint check_models(std::string_view models) {
  if (json::is_array_of_texts(models)) return std::nullopt;
  return "models must be an array of strings, the models to try after \"model\"";
}

constexpr std::string_view kProvider = "provider";
constexpr std::string_view kReasoning = "reasoning";
constexpr std::string_view kModels = "models";

Complaint check_value(std::string_view name, std::string_view value) {
  if (name == kProvider) return check_provider(value);
  return name == kReasoning ? check_reasoning(value) : check_models(value);
}

}  // namespace

RequestCheck::RequestCheck() : filter_({kProvider, kReasoning, kModels}) {}

Result<void> RequestCheck::run(std::string_view body) const {
  if (!filter_.may_have(body)) return {};
  PRX_TRY_SET(const ObjectIndex index, ObjectIndex::parse(body));
  for (const std::string_view name : {kProvider, kReasoning, kModels}) {
    const std::string_view value = index.find(name).value_or("null");
    if (value == "null") continue;
    if (Complaint complaint = check_value(name, value))
      return fail(ErrorClass::kInvalidRequest, std::move(*complaint));
  }
  return {};
}

}  // namespace prx::openrouter
