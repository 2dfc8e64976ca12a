#include "gateway/asked/models_body.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "prx/sdk/json_edit.hpp"

namespace prx::gateway {

namespace {

/// The smallest window that a target of the chain is known to have: what all of them take.
std::optional<std::int64_t> context_of(const ChainConfig& chain) {
  std::optional<std::int64_t> least;
  for (const TargetConfig& target : chain.targets)
    if (target.context_length) least = std::min(least.value_or(INT64_MAX), *target.context_length);
  return least;
}

ListedModel chain_model(const ChainConfig& chain) {
  ListedModel out{"chain:" + chain.name, "{\"id\":"};
  json::append_quoted(out.json, out.id);
  out.json += ",\"object\":\"model\",\"created\":0,\"owned_by\":\"prx\",\"name\":";
  json::append_quoted(out.json, "Chain " + chain.name);
  out.json += ",\"description\":";
  std::string words;
  for (const TargetConfig& target : chain.targets) {
    words += words.empty() ? "Asks " : ", then ";
    words += target.provider;
    if (!target.model_in_use.empty()) words += '/' + target.model_in_use;
  }
  json::append_quoted(out.json, words);
  if (const auto context = context_of(chain))
    out.json += ",\"context_length\":" + std::to_string(*context);
  out.json += '}';
  return out;
}

/// With the members that OpenAI's clients read, where the provider does not have them.
std::string with_usual_members(const CatalogModel& model) {
  const auto index = json::ObjectIndex::parse(model.json);
  if (!index) return {};
  json::ObjectEdit edit(*index);
  if (!index->find("id")) edit.set("id", json::quoted(model.facts.id));
  if (!index->find("object")) edit.set("object", "\"model\"");
  if (!index->find("created")) edit.set("created", std::to_string(model.facts.created.value_or(0)));
  if (!index->find("owned_by")) edit.set("owned_by", json::quoted(model.facts.vendor));
  return edit.str();
}

}  // namespace

std::vector<ListedModel> listed_models(const Config& config, const std::vector<Catalog>& catalogs) {
  std::vector<ListedModel> out;
  std::unordered_set<std::string> known;
  const auto add = [&](ListedModel model) {
    if (!model.json.empty() && known.insert(model.id).second) out.push_back(std::move(model));
  };
  if (const ChainConfig* const chain = config.find_chain(config.chain)) add(chain_model(*chain));
  for (const ChainConfig& chain : config.chains) add(chain_model(chain));
  for (const Catalog& catalog : catalogs)
    for (const CatalogModel& model : catalog.models)
      add({model.facts.id, with_usual_members(model)});
  return out;
}

std::string models_body(const std::vector<ListedModel>& models) {
  std::string out = "{\"object\":\"list\",\"data\":[";
  for (const ListedModel& model : models) {
    if (out.back() != '[') out += ',';
    out += model.json;
  }
  return out +=
         "],\"links\":{\"next\":null},\"total_count\":" + std::to_string(models.size()) + '}';
}

}  // namespace prx::gateway
