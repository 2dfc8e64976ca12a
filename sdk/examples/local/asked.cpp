#include "asked.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

#include <prx/sdk/json_edit.hpp>

namespace local {
namespace {

using prx::ErrorClass;
using prx::Result;
using prx::json::ObjectIndex;

prx::Unexpected<prx::Error> invalid(std::string_view what) {
  return prx::fail(ErrorClass::kInvalidRequest, std::string(what));
}
prx::Unexpected<prx::Error> unsupported(std::string_view what) {
  return prx::fail(ErrorClass::kUnsupported,
                   "the local model has no " + std::string(what) + "; leave it out");
}

/// The JSON text of a member, or "" when it is absent, null or asks for nothing.
std::string_view member(const ObjectIndex& object, std::string_view name) {
  const std::string_view value = object.find(name).value_or(std::string_view());
  return value == "null" || value == "[]" ? std::string_view() : value;
}

template <class Number>
std::optional<Number> number(std::string_view token) {
  Number value{};
  const auto read = std::from_chars(token.data(), token.data() + token.size(), value);
  const bool is_whole = read.ec == std::errc() && read.ptr == token.data() + token.size();
  return is_whole ? std::optional(value) : std::nullopt;
}

Result<void> add_text(std::string_view token, std::string& prompt) {
  const auto words = prx::json::unquoted(token);
  if (!words) return invalid("a message has no text");
  prompt.append(prompt.empty() ? "" : " ").append(*words);
  return {};
}

Result<void> add_content(std::string_view content, std::string& prompt) {
  if (content.empty()) return {};
  if (content.front() == '"') return add_text(content, prompt);
  const auto parts = prx::json::elements(content);
  if (!parts) return invalid("the content of a message is neither text nor a list");
  for (const std::string_view each : *parts) {
    const auto part = ObjectIndex::parse(each);
    if (!part || member(*part, "type") != "\"text\"") return unsupported("content beside text");
    PRX_TRY(add_text(member(*part, "text"), prompt));
  }
  return {};
}

Result<std::string> read_prompt(std::string_view messages) {
  const auto list = prx::json::elements(messages);
  if (!list || list->empty()) return invalid("the request has no messages");
  std::string prompt;
  for (const std::string_view each : *list) {
    const auto message = ObjectIndex::parse(each);
    if (!message) return invalid("a message is no object");
    PRX_TRY(add_content(member(*message, "content"), prompt));
  }
  return prompt;
}

Result<std::vector<std::string>> read_stops(std::string_view value) {
  std::vector<std::string> stops;
  if (value.empty()) return stops;
  const auto list = value.front() == '[' ? prx::json::elements(value)
                                         : Result<std::vector<std::string_view>>({value});
  if (!list || list->size() > Asked::kStopsMax) return invalid("stop is no list of up to 16 texts");
  for (const std::string_view each : *list) {
    auto text = prx::json::unquoted(each);
    if (!text) return invalid("an element of stop is no text");
    if (!text->empty()) stops.push_back(std::move(*text));
  }
  return stops;
}

/// What would change the answer, and is not there.
Result<void> check_wishes(const ObjectIndex& request) {
  for (const std::string_view name : {"tools", "functions", "audio", "logprobs"})
    if (const auto value = member(request, name); !value.empty() && value != "false")
      return unsupported(name);
  if (const auto n = member(request, "n"); !n.empty() && n != "1")
    return unsupported("choices (n)");
  const auto format = ObjectIndex::parse(member(request, "response_format"));
  if (format && member(*format, "type") != "\"text\"") return unsupported("response_format");
  return {};
}

Result<void> read_numbers(const ObjectIndex& request, Asked& asked) {
  std::string_view limit = member(request, "max_tokens");
  if (limit.empty()) limit = member(request, "max_completion_tokens");
  if (!limit.empty()) asked.tokens_max = number<std::size_t>(limit).value_or(0);
  if (asked.tokens_max == 0) return invalid("max_tokens must be a whole number, 1 or more");
  if (const auto heat = member(request, "temperature"); !heat.empty())
    asked.temperature = number<double>(heat).value_or(-1);
  if (!(asked.temperature >= 0 && asked.temperature <= 2))
    return invalid("temperature must be 0 to 2");
  if (const auto seed = member(request, "seed"); !seed.empty()) {
    const auto value = number<std::int64_t>(seed);
    if (!value) return invalid("seed must be a whole number");
    asked.seed = static_cast<std::uint64_t>(*value);
  }
  return {};
}

}  // namespace

Result<Asked> read_asked(std::string_view body, const AskedDefaults& defaults) {
  PRX_TRY_SET(const ObjectIndex request, ObjectIndex::parse(body));
  PRX_TRY(check_wishes(request));
  Asked asked;
  asked.tokens_max = defaults.tokens_max;
  asked.seed = defaults.seed;
  PRX_TRY(read_numbers(request, asked));
  PRX_TRY_SET(asked.prompt, read_prompt(member(request, "messages")));
  PRX_TRY_SET(asked.stops, read_stops(member(request, "stop")));
  return asked;
}

}  // namespace local
