// Variables of single values and of whole trees; declared in table_reader.hpp.
#include <algorithm>
#include <utility>

#include "config/table_reader.hpp"
#include "config/text_values.hpp"

namespace prx::config {

Result<Interpolation> expand(const LoadContext& context, const Node& node,
                             const std::string& path) {
  auto result = interpolate(*node.as<std::string>(), context.source().environment);
  if (!result) return context.error(node.place, path + ": " + result.error().message);
  return result;
}

Result<std::string> expand_fully(const LoadContext& context, const Node& node,
                                 const std::string& path) {
  PRX_TRY_SET(auto result, expand(context, node, path));
  if (!result.missing.empty())
    return context.error(node.place, path + ": " + result.missing + " is not set; export it or " +
                                         "write ${" + result.missing + ":-default}");
  return std::move(result.text);
}

Result<Node> expand_all(const LoadContext& context, Node node, const std::string& path) {
  if (node.as<std::string>()) {
    PRX_TRY_SET(node.value, expand_fully(context, node, path));
  } else if (auto* array = node.as<Array>()) {
    for (auto& element : *array) {
      PRX_TRY_SET(element, expand_all(context, std::move(element), path));
    }
  } else if (auto* table = node.as<Table>()) {
    for (auto& member : *table) {
      PRX_TRY_SET(member.node,
                  expand_all(context, std::move(member.node), path + '.' + member.key));
    }
  }
  return node;
}

Result<std::string> to_json(const LoadContext& context, const Node& node, const std::string& path) {
  auto json = json_text(node);
  if (!json)
    return context.error(json.error().place, path + ": " + std::string(json.error().what) +
                                                 " cannot be sent as JSON; use a string");
  return std::move(json).value();
}

bool is_table_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-';
  });
}

}  // namespace prx::config
