#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "catalog/rapid_value.hpp"
#include "prx/model.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx {

namespace {

using catalog::JsonValue;
using catalog::member;
using catalog::text_of;

constexpr double kTokenPriceMax = 1.0;  // US dollars; more is another unit, or nonsense
constexpr double kRequestPriceMax = 1'000.0;
constexpr double kPerMillion = 1e-6;
constexpr std::size_t kWordsMax = 256;  // of a list of parameters
constexpr std::size_t kDateSize = std::string_view("YYYY-MM-DD").size();

std::optional<bool> boolean(const JsonValue* value) {
  return value != nullptr && value->IsBool() ? std::optional(value->GetBool()) : std::nullopt;
}

/// More than 0, since that is how some lists write "unknown".
std::optional<std::int64_t> count(const JsonValue* value) {
  if (value == nullptr || !value->IsInt64() || value->GetInt64() <= 0) return std::nullopt;
  return value->GetInt64();
}

std::optional<double> price(double dollars, double max) {
  return dollars >= 0.0 && dollars <= max ? std::optional(dollars) : std::nullopt;
}

/// A decimal string in US dollars.
std::optional<double> written_price(const JsonValue* value, double max = kTokenPriceMax) {
  const std::string_view text = text_of(value);
  double dollars = -1.0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), dollars);
  const bool whole = read.ec == std::errc{} && read.ptr == text.data() + text.size();
  return whole ? price(dollars, max) : std::nullopt;
}

/// A number in US dollars per million tokens (Together); as a string it is per token (others).
std::optional<double> listed_price(const JsonValue* value) {
  if (value == nullptr || !value->IsNumber()) return written_price(value);
  return price(value->GetDouble() * kPerMillion, kTokenPriceMax);
}

std::vector<std::string> words(const JsonValue* list) {
  std::vector<std::string> out;
  if (list == nullptr || !list->IsArray()) return out;
  for (const JsonValue& word : list->GetArray())
    if (word.IsString() && out.size() < kWordsMax) out.emplace_back(text_of(&word));
  return out;
}

/// Whether a list has that word; nullopt when there is no list.
std::optional<bool> has(const std::vector<std::string>& list, std::string_view word) {
  if (list.empty()) return std::nullopt;
  return std::find(list.begin(), list.end(), word) != list.end();
}

template <class Value>
void take(std::optional<Value>& fact, const std::optional<Value>& said) {
  if (!fact) fact = said;
}

/// The first of several members that is there.
const JsonValue* one_of(const JsonValue& model, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const JsonValue* value = member(&model, name); value != nullptr && !value->IsNull())
      return value;
  return nullptr;
}

/// The day of "2026-02-01" and "2026-02-01T00:00:00Z".
std::string date(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd";
  if (text.size() < kDateSize) return {};
  for (std::size_t i = 0; i < kDateSize; ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == 'd' ? !digit : text[i] != '-') return {};
  }
  if (text.size() > kDateSize && text[kDateSize] != 'T' && text[kDateSize] != ' ') return {};
  return std::string(text.substr(0, kDateSize));
}

/// "anthropic" of "anthropic/claude" and "~anthropic/claude-latest".
std::string vendor_of_id(std::string_view id) {
  const std::size_t slash = id.find('/');
  if (slash == std::string_view::npos) return {};
  if (id.starts_with('~')) return std::string(id.substr(1, slash - 1));
  return std::string(id.substr(0, slash));
}

void read_names(const JsonValue& model, ModelFacts& out) {
  out.id = text_of(member(&model, "id"));
  out.name = text_of(one_of(model, {"display_name", "name"}));
  out.vendor = text_of(one_of(model, {"organization", "owned_by"}));
  if (out.vendor.empty()) out.vendor = vendor_of_id(out.id);
  out.created = count(member(&model, "created"));
  for (const char* name : {"expiration_date", "shutdown_date", "deprecation", "deprecation_date"})
    if (out.expires.empty()) out.expires = date(text_of(member(&model, name)));
}

void read_sizes(const JsonValue& model, ModelFacts& out) {
  const JsonValue* const top = member(&model, "top_provider");
  for (const char* name :
       {"context_length", "context_window", "max_context_length", "max_model_len"})
    take(out.context_length, count(member(&model, name)));
  take(out.context_length, count(member(top, "context_length")));
  for (const char* name : {"max_completion_tokens", "max_output_tokens"})
    take(out.completion_max, count(member(&model, name)));
  take(out.completion_max, count(member(top, "max_completion_tokens")));
}

void read_abilities(const JsonValue& model, ModelFacts& out) {
  out.supported_parameters = words(member(&model, "supported_parameters"));
  out.input_modalities = words(member(member(&model, "architecture"), "input_modalities"));
  if (out.input_modalities.empty())
    out.input_modalities = words(member(&model, "input_modalities"));
  const auto& parameters = out.supported_parameters;
  out.tools = has(parameters, "tools");
  out.structured_output = has(parameters, "structured_outputs");
  out.reasoning = has(parameters, "reasoning");
  out.vision = has(out.input_modalities, "image");
  const JsonValue* const able = member(&model, "capabilities");  // Mistral's
  take(out.tools, boolean(member(able, "function_calling")));
  take(out.vision, boolean(member(able, "vision")));
  take(out.reasoning, boolean(member(able, "reasoning")));
  take(out.tools, boolean(member(&model, "supports_tools")));  // Fireworks'
  take(out.vision, boolean(member(&model, "supports_image_input")));
}

void read_prices(const JsonValue& model, ModelFacts& out) {
  const JsonValue* const pricing = member(&model, "pricing");
  out.prompt_price = written_price(member(pricing, "prompt"));
  out.completion_price = written_price(member(pricing, "completion"));
  out.request_price = written_price(member(pricing, "request"), kRequestPriceMax);
  out.cache_read_price = written_price(member(pricing, "input_cache_read"));
  out.cache_write_price = written_price(member(pricing, "input_cache_write"));
  take(out.prompt_price, listed_price(member(pricing, "input")));
  take(out.completion_price, listed_price(member(pricing, "output")));
}

}  // namespace

ModelFacts read_model(std::string_view json) {
  ModelFacts out;
  if (json.size() > kModelBytesMax || !json::validate(json, kModelDepthMax)) return out;
  const catalog::JsonText model(json);
  if (!model.root().IsObject()) return out;
  read_names(model.root(), out);
  read_sizes(model.root(), out);
  read_abilities(model.root(), out);
  read_prices(model.root(), out);
  return out;
}

}  // namespace prx
