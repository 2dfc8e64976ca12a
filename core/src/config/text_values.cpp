#include "config/text_values.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "config/mask.hpp"

namespace prx::config {
namespace {

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

bool is_bare_key(std::string_view key) {
  return !key.empty() && key.find_first_not_of(
                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
                             std::string_view::npos;
}

std::string key_text(std::string_view key) {
  return is_bare_key(key) ? std::string(key) : toml_text(key);
}

std::string table_text(const Table& table, bool masked) {
  std::string text;
  for (const auto& member : table)
    text += (text.empty() ? "" : ", ") + key_text(member.key) + " = " +
            toml_text(member.node, masked || is_secret_name(member.key));
  return text.empty() ? "{}" : "{ " + text + " }";
}

std::string array_text(const Array& array, bool masked) {
  std::string text;
  for (const auto& node : array) text += (text.empty() ? "" : ", ") + toml_text(node, masked);
  return "[" + text + "]";
}

using Problem = std::optional<Unrepresentable>;
Problem write(JsonWriter& writer, const Node& node);

void write_string(JsonWriter& writer, std::string_view text) {
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

Problem write_table(JsonWriter& writer, const Table& table) {
  writer.StartObject();
  for (const auto& member : table) {
    write_string(writer, member.key);
    if (auto problem = write(writer, member.node)) return problem;
  }
  writer.EndObject();
  return {};
}

Problem write_array(JsonWriter& writer, const Array& array) {
  writer.StartArray();
  for (const auto& node : array)
    if (auto problem = write(writer, node)) return problem;
  writer.EndArray();
  return {};
}

Problem write(JsonWriter& writer, const Node& node) {
  if (const auto* table = node.as<Table>()) return write_table(writer, *table);
  if (const auto* array = node.as<Array>()) return write_array(writer, *array);
  if (const auto* number = node.as<double>()) {
    if (!std::isfinite(*number)) return Unrepresentable{node.place, "inf or nan"};
    writer.Double(*number);
  } else if (const auto* text = node.as<std::string>()) {
    write_string(writer, *text);
  } else if (const auto* integer = node.as<std::int64_t>()) {
    writer.Int64(*integer);
  } else if (const auto* flag = node.as<bool>()) {
    writer.Bool(*flag);
  } else {
    return Unrepresentable{node.place, "a date or time"};
  }
  return {};
}

}  // namespace

std::string toml_text(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      result += "\\u00";
      result += kDigits[byte >> 4];
      result += kDigits[byte & 15];
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string toml_text(const Node& node, bool masked) {
  if (const auto* table = node.as<Table>()) return table_text(*table, masked);
  if (const auto* array = node.as<Array>()) return array_text(*array, masked);
  if (const auto* text = node.as<std::string>()) return toml_text(masked ? kMask : *text);
  if (const auto* integer = node.as<std::int64_t>()) return std::to_string(*integer);
  if (const auto* number = node.as<double>()) return toml_text(*number);
  if (const auto* flag = node.as<bool>()) return *flag ? "true" : "false";
  return "(a date or time)";
}

std::string toml_text(std::span<const std::string> texts) {
  std::string result;
  for (const auto& text : texts)
    result += (result.empty() ? "" : ", ") + toml_text(std::string_view(text));
  return "[" + result + "]";
}

std::string toml_text(double number) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  std::string text(buffer, end);
  const bool whole = text.find_first_not_of("0123456789-") == std::string::npos;
  return whole ? text + ".0" : text;
}

Result<std::string, Unrepresentable> json_text(const Node& node) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  if (auto problem = write(writer, node)) return Unexpected(*problem);
  return std::string(buffer.GetString(), buffer.GetSize());
}

}  // namespace prx::config
