// Variables of single values and of whole trees; declared in table_reader.hpp.
#include <algorithm>
#include <utility>

#include "config/mask.hpp"
#include "config/table_reader.hpp"
#include "config/text_values.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::config {
namespace {

Unexpected<Error> unset(const LoadContext& context, const Node& node, const std::string& path,
                        const std::string& variable) {
  return context.error(node.place, path + ": " + variable + " is not set; export it or " +
                                       "write ${" + variable + ":-default}");
}

}  // namespace

Result<Interpolation> expand(const LoadContext& context, const Node& node,
                             const std::string& path) {
  auto result = interpolate(*node.as<std::string>(), context.source().environment);
  if (!result) return context.error(node.place, path + ": " + result.error().message);
  return result;
}

Result<std::string> expand_fully(const LoadContext& context, const Node& node,
                                 const std::string& path) {
  PRX_TRY_SET(auto result, expand(context, node, path));
  if (!result.missing.empty()) return unset(context, node, path, result.missing);
  return std::move(result.text);
}

namespace {

Result<std::string> expand_text(const LoadContext& context, const Node& node,
                                const SecretScope& scope) {
  PRX_TRY_SET(auto result, expand(context, node, scope.path));
  if (!result.missing.empty()) return unset(context, node, scope.path, result.missing);
  if ((scope.secret_name || !result.values.empty()) && !result.text.empty())
    scope.secrets.push_back(result.text);
  for (auto& value : result.values)
    if (value != result.text) scope.secrets.push_back(std::move(value));
  return std::move(result.text);
}

}  // namespace

Result<Node> expand_all(const LoadContext& context, Node node, const SecretScope& scope) {
  if (node.as<std::string>()) {
    PRX_TRY_SET(node.value, expand_text(context, node, scope));
  } else if (auto* array = node.as<Array>()) {
    for (auto& element : *array) {
      PRX_TRY_SET(element, expand_all(context, std::move(element), scope));
    }
  } else if (auto* table = node.as<Table>()) {
    for (auto& member : *table) {
      const bool secret_name = scope.secret_name || is_secret_name(member.key);
      PRX_TRY_SET(member.node,
                  expand_all(context, std::move(member.node),
                             {scope.path + '.' + member.key, secret_name, scope.secrets}));
    }
  }
  return node;
}

Result<std::string> to_json(const LoadContext& context, const Node& node, const std::string& path) {
  auto text = json_text(node);
  if (!text)
    return context.error(text.error().place, path + ": " + std::string(text.error().what) +
                                                 " cannot be sent as JSON; use a string");
  if (!json::is_utf8(*text))  // the file is; what a variable put into it need not be
    return context.error(node.place, path + ": a variable's value is not UTF-8; correct it");
  return std::move(text).value();
}

bool is_model_name(std::string_view name) {
  return name.size() <= kModelNameMax && json::is_utf8(name) &&
         std::none_of(name.begin(), name.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; });
}

Result<void> check_name(const LoadContext& context, const Member& member, std::string_view of) {
  if (!looks_like_key(member.key)) return {};
  return context.error(member.place, "the name of " + std::string(of) +
                                         " looks like a key; put a key into api_key, and choose "
                                         "another name");
}

Result<void> check_path(const LoadContext& context, const Member& member, const std::string& name,
                        std::string_view path) {
  if (!looks_like_key(path)) return {};
  return context.error(member.node.place, name +
                                              " looks like a key, not like a path; put a key into "
                                              "api_key, or write ./ before the name of a file");
}

bool is_table_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-';
  });
}

}  // namespace prx::config
