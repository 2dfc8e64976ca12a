#include "sim/sample_json.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <utility>

namespace prx::sim {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void write_sample(Writer& writer, const JsonValue* schema, std::string_view name, int depth);

std::string_view sample_word(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kWords{{
      {"city", "Paris"},
      {"location", "Paris, France"},
      {"country", "France"},
      {"date", "2025-01-31"},
      {"email", "someone@example.com"},
      {"url", "https://example.com/"},
      {"query", "weather in Paris"},
      {"language", "en"},
      {"unit", "celsius"},
  }};
  const auto* found = std::find_if(kWords.begin(), kWords.end(),
                                   [&](const auto& word) { return word.first == name; });
  return found == kWords.end() ? std::string_view("sample") : found->second;
}

std::string_view type_of(const JsonValue* schema) {
  const JsonValue* type = member(schema, "type");
  if (type != nullptr && type->IsArray() && !type->Empty()) return text_of(&(*type)[0]);
  if (type != nullptr) return text_of(type);
  return member(schema, "properties") != nullptr ? "object" : "string";
}

bool is_required(const JsonValue* required, std::string_view name) {
  if (required == nullptr || !required->IsArray() || required->Empty()) return true;
  return std::any_of(required->Begin(), required->End(),
                     [&](const JsonValue& each) { return text_of(&each) == name; });
}

void write_object(Writer& writer, const JsonValue* schema, int depth) {
  writer.StartObject();
  const JsonValue* properties = member(schema, "properties");
  const JsonValue* required = member(schema, "required");
  if (properties != nullptr && properties->IsObject()) {
    for (const auto& property : properties->GetObject()) {
      const auto name = text_of(&property.name);
      if (!is_required(required, name)) continue;
      writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
      write_sample(writer, &property.value, name, depth + 1);
    }
  }
  writer.EndObject();
}

/// A fixed value that the schema itself names, or nullptr. Scalars only: they need no depth.
const JsonValue* named_value(const JsonValue* schema) {
  const JsonValue* choices = member(schema, "enum");
  const JsonValue* named = member(schema, "const");
  if (named == nullptr && choices != nullptr && choices->IsArray() && !choices->Empty())
    named = &(*choices)[0];
  if (named == nullptr) named = member(schema, "default");
  return named == nullptr || named->IsObject() || named->IsArray() ? nullptr : named;
}

void write_sample(Writer& writer, const JsonValue* schema, std::string_view name, int depth) {
  if (depth > kSampleDepthMax) {
    writer.Null();
    return;
  }
  if (const JsonValue* named = named_value(schema)) {
    named->Accept(writer);
    return;
  }
  const auto type = type_of(schema);
  const JsonValue* minimum = member(schema, "minimum");
  if (type == "object") {
    write_object(writer, schema, depth);
  } else if (type == "array") {
    writer.StartArray();
    write_sample(writer, member(schema, "items"), name, depth + 1);
    writer.EndArray();
  } else if (type == "integer") {
    writer.Int64(minimum != nullptr && minimum->IsInt64() ? minimum->GetInt64() : 1);
  } else if (type == "number") {
    writer.Double(minimum != nullptr && minimum->IsNumber() ? minimum->GetDouble() : 1.5);
  } else if (type == "boolean") {
    writer.Bool(true);
  } else if (type == "null") {
    writer.Null();
  } else {
    const auto word = sample_word(name);
    writer.String(word.data(), static_cast<rapidjson::SizeType>(word.size()));
  }
}

}  // namespace

std::string sample_json(const JsonValue* schema) {
  if (schema == nullptr || !schema->IsObject()) return "{}";
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  if (type_of(schema) == "object" || member(schema, "type") == nullptr)
    write_object(writer, schema, 0);
  else
    write_sample(writer, schema, "", 0);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace prx::sim
