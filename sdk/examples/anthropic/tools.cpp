#include "tools.hpp"

#include <prx/sdk/json_edit.hpp>
#include <prx/sdk/text.hpp>

#include "json_writer.hpp"

namespace anthropic {
namespace {

using prx::ErrorClass;
using prx::Result;
using prx::json::ObjectIndex;

constexpr std::string_view kForeignTools = "openrouter:";  ///< types begin so

Result<std::string> write_function(const ObjectIndex& tool) {
  const ObjectIndex function = object(tool, "function");
  const std::string_view name = member(function, "name");
  if (name.empty()) return prx::fail(ErrorClass::kInvalidRequest, "a tool's function has no name");
  ObjectWriter out;
  out.raw("name", name);
  if (const auto words = member(function, "description"); !words.empty())
    out.raw("description", words);
  const std::string_view schema = member(function, "parameters");
  out.raw("input_schema", schema.empty() ? R"({"type":"object","properties":{}})" : schema);
  if (const auto strict = member(function, "strict"); !strict.empty()) out.raw("strict", strict);
  if (const auto caching = member(tool, "cache_control"); !caching.empty())
    out.raw("cache_control", caching);
  return out.str();
}

Result<std::string> write_tool(std::string_view json) {
  const auto tool = ObjectIndex::parse(json);
  if (!tool) return prx::fail(ErrorClass::kInvalidRequest, "a tool is no object");
  const std::string type = text(*tool, "type");
  if (type == "function") return write_function(*tool);
  if (type.starts_with(kForeignTools))
    return prx::fail(ErrorClass::kUnsupported, "Anthropic has no tool " + prx::sdk::one_line(type));
  return std::string(json);
}

struct Choice {
  std::string_view token;  ///< of Chat Completions
  std::string_view type;
};
constexpr Choice kChoices[] = {
    {"", "auto"}, {"\"auto\"", "auto"}, {"\"required\"", "any"}, {"\"none\"", "none"}};

/// {"type":"function","function":{"name"}}; or a choice of this API, which stays.
Result<std::string> write_named_choice(std::string_view json, bool one_at_a_time) {
  const auto choice = ObjectIndex::parse(json);
  const std::string type = choice ? text(*choice, "type") : std::string();
  if (type == "auto" || type == "any" || type == "tool" || type == "none") return std::string(json);
  const std::string_view name =
      choice ? member(object(*choice, "function"), "name") : std::string_view();
  if (type != "function" || name.empty())
    return prx::fail(ErrorClass::kUnsupported,
                     "Anthropic has no such tool_choice; it knows auto, required, none, and a "
                     "function by its name");
  ObjectWriter out;
  out.text("type", "tool").raw("name", name);
  if (one_at_a_time) out.raw("disable_parallel_tool_use", "true");
  return out.str();
}

}  // namespace

Result<std::string> write_tools(std::string_view tools) {
  if (is_absent(tools)) return std::string();
  const auto list = prx::json::elements(tools);
  if (!list) return prx::fail(ErrorClass::kInvalidRequest, "tools is no list");
  ListWriter out;
  for (const std::string_view tool : *list) {
    PRX_TRY_SET(const std::string written, write_tool(tool));
    out.add(written);
  }
  return out.empty() ? std::string() : out.take();
}

Result<std::string> write_tool_choice(std::string_view choice, std::string_view parallel) {
  const bool one_at_a_time = parallel == "false";
  if (choice.empty() && !one_at_a_time) return std::string();
  for (const Choice& known : kChoices) {
    if (known.token != choice) continue;
    ObjectWriter out;
    out.text("type", known.type);
    if (one_at_a_time && known.type != "none") out.raw("disable_parallel_tool_use", "true");
    return out.str();
  }
  return write_named_choice(choice, one_at_a_time);
}

}  // namespace anthropic
