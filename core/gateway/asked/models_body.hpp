/// \file models_body.hpp
/// What `GET /models` answers: the chains as models, and the lists of the providers. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prx/client.hpp"

namespace prx::gateway {

/// One model as a client reads it: an object with the members that OpenAI's and OpenRouter's schema
/// require, unknown where nobody says them, and whatever else the provider says of it.
struct ListedModel {
  std::string id;
  std::string json;
};

/// "chain:NAME" for each chain, the one in force first; then what `catalogs` have, each id once, as
/// the provider gave it.
[[nodiscard]] std::vector<ListedModel> listed_models(const Config& config,
                                                     const std::vector<Catalog>& catalogs);

/// {"object":"list","data":[...],"links":{"next":null},"total_count":N}
[[nodiscard]] std::string models_body(const std::vector<ListedModel>& models);

}  // namespace prx::gateway
