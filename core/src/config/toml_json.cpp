#include "config/toml_json.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>

#include "config/document.hpp"

namespace prx {
namespace {

using config::Node;
using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

/// Depth is bounded by config::kNestingMax. Returns the place of a value that JSON lacks, or
/// nullptr.
const Node* write(Writer& writer, const Node& node);

const Node* write_table(Writer& writer, const config::Table& table) {
  writer.StartObject();
  for (const auto& member : table) {
    writer.Key(member.key.data(), static_cast<rapidjson::SizeType>(member.key.size()));
    if (const Node* bad = write(writer, member.node)) return bad;
  }
  writer.EndObject();
  return nullptr;
}

const Node* write_array(Writer& writer, const config::Array& array) {
  writer.StartArray();
  for (const auto& node : array)
    if (const Node* bad = write(writer, node)) return bad;
  writer.EndArray();
  return nullptr;
}

const Node* write(Writer& writer, const Node& node) {
  if (const auto* table = node.as<config::Table>()) return write_table(writer, *table);
  if (const auto* array = node.as<config::Array>()) return write_array(writer, *array);
  if (const auto* text = node.as<std::string>()) {
    writer.String(text->data(), static_cast<rapidjson::SizeType>(text->size()));
  } else if (const auto* integer = node.as<std::int64_t>()) {
    writer.Int64(*integer);
  } else if (const auto* flag = node.as<bool>()) {
    writer.Bool(*flag);
  } else if (const auto* number = node.as<double>(); number != nullptr && std::isfinite(*number)) {
    writer.Double(*number);
  } else {
    return &node;
  }
  return nullptr;
}

}  // namespace

Result<std::string> toml_to_json(std::string_view toml, const std::string& name) {
  PRX_TRY_SET(const auto document, config::parse_document(toml, name));
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  if (const Node* bad = write(writer, document))
    return fail(ErrorClass::kInvalidRequest,
                config::at(name, bad->place) + ": " + config::type_name(*bad).data() +
                    " cannot stand here; give a string or a finite number");
  return std::string(buffer.GetString(), buffer.GetSize());
}

}  // namespace prx
