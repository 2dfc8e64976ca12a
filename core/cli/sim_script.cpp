#include "sim_script.hpp"

#include "config/document.hpp"
#include "json_writer.hpp"

namespace prx::cli {
namespace {

void write(JsonWriter& json, const config::Node& node);

void write_table(JsonWriter& json, const config::Table& table) {
  json.begin_object();
  for (const config::Member& member : table) {
    json.key(member.key);
    write(json, member.node);
  }
  json.end_object();
}

void write_array(JsonWriter& json, const config::Array& array) {
  json.begin_array();
  for (const config::Node& node : array) write(json, node);
  json.end_array();
}

/// The nesting is bounded by config::kNestingMax. Dates become null, which no member of a script
/// takes.
void write(JsonWriter& json, const config::Node& node) {
  if (const auto* table = node.as<config::Table>()) return write_table(json, *table);
  if (const auto* array = node.as<config::Array>()) return write_array(json, *array);
  if (const auto* text = node.as<std::string>()) {
    json.string(*text);
  } else if (const auto* integer = node.as<std::int64_t>()) {
    json.integer(*integer);
  } else if (const auto* number = node.as<double>()) {
    json.number(*number);
  } else if (const auto* boolean = node.as<bool>()) {
    json.boolean(*boolean);
  } else {
    json.null();
  }
}

}  // namespace

Result<sim::FaultScript> parse_script(std::string_view toml, const std::string& name) {
  PRX_TRY_SET(const config::Node document, config::parse_document(toml, name));
  JsonWriter json;
  write(json, document);
  auto script = sim::script_from_json(json.text());
  if (!script) return fail(ErrorClass::kInvalidRequest, name + ": " + script.error().message);
  return script;
}

}  // namespace prx::cli
