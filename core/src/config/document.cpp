#include "config/document.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "config/nesting.hpp"
#include "config/unicode_shift.hpp"

// Some malformed texts ("[$") trip an assertion of toml++ 3.3. In every build it throws instead: a
// compiler that believes it (clang's __builtin_assume, with NDEBUG) would go on in undefined
// behaviour. Within its parser current_position() is the parser's own, elsewhere the one below.
namespace prx::config {
namespace {
struct BrokenAssertion {
  Place place;
};
template <class Position>
[[noreturn]] void throw_at(const Position& position) {
  throw BrokenAssertion{{position.line, position.column}};
}
}  // namespace
}  // namespace prx::config
namespace toml {
[[maybe_unused]] static prx::config::Place current_position() { return {}; }
}  // namespace toml

#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(condition) \
  (static_cast<bool>(condition) ? void() : ::prx::config::throw_at(current_position()))
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 64  // nesting.cpp refuses earlier
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

namespace prx::config {
namespace {

constexpr std::string_view kNotToml = "this is not TOML; see https://toml.io";

Place place_of(const toml::source_region& source) {
  return {source.begin.line, source.begin.column};
}

// toml++ does not see it: an escape is not moved as the character itself is.
struct RepeatedKey {
  Place first, second;
};

class Converter {
 public:
  Table table(const toml::table& table) {
    Table members;
    members.reserve(table.size());
    for (const auto& [key, value] : table)
      members.push_back({unshift_unicode(key.str()), place_of(key.source()), node(value)});
    std::stable_sort(members.begin(), members.end(),
                     [](const Member& a, const Member& b) { return a.place < b.place; });
    if (!repeated_) check(members);
    return members;
  }
  [[nodiscard]] const std::optional<RepeatedKey>& repeated() const { return repeated_; }

 private:
  Node node(const toml::node& node);

  Array array(const toml::array& array) {
    Array values;
    values.reserve(array.size());
    for (const auto& value : array) values.push_back(node(value));
    return values;
  }

  // Of keys beyond ASCII, which alone can be written in two ways and be two keys to toml++.
  void check(const Table& members) {
    std::unordered_map<std::string_view, Place> seen;
    for (const auto& member : members) {
      if (!has_wide_character(member.key)) continue;
      const auto [known, is_new] = seen.emplace(member.key, member.place);
      if (is_new) continue;
      repeated_ = {known->second, member.place};
      return;
    }
  }

  static bool has_wide_character(std::string_view key) {
    return std::any_of(key.begin(), key.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  }

  std::optional<RepeatedKey> repeated_;
};

// Recursion is bounded by kNestingMax and the levels that dotted table headers add.
Node Converter::node(const toml::node& node) {
  Node result;
  result.place = place_of(node.source());
  if (const auto* members = node.as_table())
    result.value = table(*members);
  else if (const auto* values = node.as_array())
    result.value = array(*values);
  else if (const auto* text = node.as_string())
    result.value = unshift_unicode(text->get());
  else if (const auto* integer = node.as_integer())
    result.value = integer->get();
  else if (const auto* number = node.as_floating_point())
    result.value = number->get();
  else if (const auto* flag = node.as_boolean())
    result.value = flag->get();
  else
    result.value = DateTime{};
  return result;
}

// toml++ quotes what it read; a key without its quotes would end up in the message.
bool quotes_a_value(std::string_view description) {
  if (description.find("redefine") != std::string_view::npos) return false;
  const auto begin = description.find('\'');
  const auto end = description.rfind('\'');
  return begin != std::string_view::npos && end > begin + 5;
}

std::string explain(std::string_view description) {
  constexpr std::string_view kPrefix = "Error while parsing ";
  if (description.substr(0, kPrefix.size()) == kPrefix) description.remove_prefix(kPrefix.size());
  if (description.find("could not determine value type") != std::string_view::npos)
    return "this is not a TOML value; put text in quotes";
  if (description.find("not representable") != std::string_view::npos)
    return "the number is out of range; use a smaller one, or put text in quotes";
  if (quotes_a_value(description)) return std::string(kNotToml);
  return std::string(description) + "; correct the TOML syntax";
}

Result<void> check_limits(std::string_view text, std::string_view name) {
  if (text.size() > kDocumentMax)
    return fail(ErrorClass::kInvalidRequest,
                std::string(name) + ": the file is larger than 1 MiB; make it smaller");
  if (const auto place = too_deep(text, kNestingMax))
    return fail(ErrorClass::kInvalidRequest, at(name, *place) + ": nested deeper than " +
                                                 std::to_string(kNestingMax) +
                                                 " levels; flatten it");
  return {};
}

Result<Node> parse_shifted(std::string_view shifted, std::string_view name) {
  const toml::parse_result result = toml::parse(shifted);
  if (!result) {
    const auto& error = result.error();
    return fail(ErrorClass::kInvalidRequest, at(name, place_of(error.source())) + ": " +
                                                 explain(unshift_unicode(error.description())));
  }
  Node document;
  Converter converter;
  document.value = converter.table(result.table());
  if (const auto& repeated = converter.repeated())
    return fail(ErrorClass::kInvalidRequest,
                at(name, repeated->second) + ": this key is there already, in line " +
                    std::to_string(repeated->first.line) +
                    ", with an escape or without; keep one, or write both alike");
  return document;
}

}  // namespace

Result<Node> parse_document(std::string_view text, std::string_view name) {
  PRX_TRY(check_limits(text, name));
  const auto shifted = shift_unicode(text);
  if (!shifted)
    return fail(ErrorClass::kInvalidRequest,
                at(name, shifted.error().place) + ": " + std::string(shifted.error().what));
  try {
    return parse_shifted(*shifted, name);
  } catch (const BrokenAssertion& broken) {
    return fail(ErrorClass::kInvalidRequest, at(name, broken.place) + ": " + std::string(kNotToml));
  }
}

std::string_view type_name(const Node& node) {
  constexpr std::string_view kNames[] = {"a table",  "an array",  "a string",      "an integer",
                                         "a number", "a boolean", "a date or time"};
  return kNames[node.value.index()];
}

std::string at(std::string_view name, Place place) {
  std::string text(name);
  if (place.line != 0)
    text += ':' + std::to_string(place.line) + ':' + std::to_string(place.column);
  return text;
}

}  // namespace prx::config
