#include "gateway/access/asked_names.hpp"

#include <string_view>
#include <utility>

#include "prx/sdk/json_edit.hpp"

namespace prx::gateway {

namespace {

using Names = std::vector<std::string>;

void add(Names& names, std::string_view before, std::string_view name) {
  if (!name.empty()) names.push_back(std::string(before) + std::string(name));
}

/// A string, or null, which names nothing.
Result<void> add_text(Names& names, std::string_view before, std::string_view token,
                      std::string_view where) {
  if (token == "null") return {};
  const auto text = json::unquoted(token);
  if (!text) return fail(ErrorClass::kInvalidRequest, std::string(where) + " is a string");
  add(names, before, *text);
  return {};
}

Result<void> add_all(Names& names, std::string_view token) {
  if (token == "null") return {};
  PRX_TRY_SET(const auto elements, json::elements(token));
  for (const std::string_view element : elements)
    PRX_TRY(add_text(names, "", element, "each of models"));
  return {};
}

/// The member `prx`: see read_chat().
Result<void> add_choice(Names& names, std::string_view token) {
  PRX_TRY_SET(const auto own, json::ObjectIndex::parse(token));
  if (const auto chain = own.find("chain")) PRX_TRY(add_text(names, "chain:", *chain, "prx.chain"));
  if (const auto provider = own.find("provider"))
    PRX_TRY(add_text(names, "provider:", *provider, "prx.provider"));
  return {};
}

}  // namespace

Result<std::vector<std::string>> asked_names(const HttpRequest& request) {
  Names names;
  add(names, "chain:", request.header("x-prx-chain"));
  add(names, "provider:", request.header("x-prx-provider"));
  PRX_TRY_SET(const auto body, json::ObjectIndex::parse(request.body));
  if (const auto own = body.find("prx")) PRX_TRY(add_choice(names, *own));
  if (const auto model = body.find("model")) PRX_TRY(add_text(names, "", *model, "model"));
  if (const auto models = body.find("models")) PRX_TRY(add_all(names, *models));
  if (const auto preset = body.find("preset"))
    PRX_TRY(add_text(names, "@preset/", *preset, "preset"));
  return names;
}

}  // namespace prx::gateway
