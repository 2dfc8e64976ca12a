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

/// With the members that OpenAI's and OpenRouter's clients read, where the provider does not have
/// them. OpenRouter's own checks each list against its schema; a price of -1 is that of a router,
/// an empty list of what a model takes says nothing.
std::string with_usual_members(const std::string& model, const ModelFacts& facts) {
  const auto index = json::ObjectIndex::parse(model);
  if (!index) return {};
  const std::string id = json::quoted(facts.id);
  const std::pair<std::string_view, std::string> members[] = {
      {"id", id},
      {"object", "\"model\""},
      {"created", std::to_string(facts.created.value_or(0))},
      {"owned_by", json::quoted(facts.vendor)},
      {"canonical_slug", id},
      {"name", id},
      {"context_length", facts.context_length ? std::to_string(*facts.context_length) : "null"},
      {"architecture", R"({"modality":null,"input_modalities":[],"output_modalities":[]})"},
      {"pricing", R"({"prompt":"-1","completion":"-1"})"},
      {"top_provider", R"({"is_moderated":false})"},
      {"per_request_limits", "null"},
      {"supported_parameters", "[]"},
      {"default_parameters", "null"},
      {"supported_voices", "null"},
      {"links", "{\"details\":" + json::quoted("/api/v1/models/" + facts.id) + '}'},
  };
  json::ObjectEdit edit(*index);
  for (const auto& [name, value] : members)
    if (!index->find(name)) edit.set(name, value);
  return edit.str();
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
  out.json = with_usual_members(out.json, read_model(out.json));
  return out;
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
      add({model.facts.id, with_usual_members(model.json, model.facts)});
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
