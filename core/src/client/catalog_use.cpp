#include "client/catalog_use.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "catalog/price.hpp"
#include "config/http_values.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::driver {

namespace {

using catalog::Known;
using catalog::Need;
using KnownPtr = std::shared_ptr<const Known>;  // as the shelf shares it

/// What the extra bodies of a target say in the request's stead.
struct Overrides {
  bool model = false, tools = false, format = false, messages = false;
  [[nodiscard]] bool any() const { return model || tools || format || messages; }
};

Overrides overrides_of(std::string_view target, std::string_view provider) {
  Overrides out;
  for (const std::string_view extra : {target, provider}) {
    const auto index =
        extra.empty() ? fail(ErrorClass::kNotFound, "") : json::ObjectIndex::parse(extra);
    if (!index) continue;
    out.model |= index->find("model") || index->find("models");
    out.tools |= index->find("tools").has_value();
    out.format |= index->find("response_format").has_value();
    out.messages |= index->find("messages").has_value();
  }
  return out;
}

/// Leaves what does not hang on what is overridden.
KnownPtr reduced(const KnownPtr& known, const Overrides& overrides) {
  if (!known || !overrides.any()) return known;
  auto copy = std::make_shared<Known>(*known);  // as shared as the other
  if (overrides.tools) copy->facts.tools = std::nullopt;
  if (overrides.format) copy->facts.structured_output = std::nullopt;
  if (overrides.messages) copy->facts.vision = std::nullopt;
  if (overrides.messages) copy->facts.context_length = std::nullopt;
  return copy;
}

bool has_prices(const KnownPtr& known) {
  return known && known->exact && known->facts.prompt_price && known->facts.completion_price;
}

/// Its server is that of the plugin's vendor, so that the vendor's names for models hold; or its
/// own prefix says whose they are.
bool knows_its_prefix(const ProviderInstance& instance) {
  const ProviderConfig& config = instance.config();
  if (config.model_prefix.empty()) return false;
  if (config.base_url.empty() || config.name == config.plugin_id ||
      config.model_prefix != instance.note().model_prefix)
    return true;
  const auto origin = config::parse_base_url(config.base_url);
  return origin && std::any_of(instance.note().hosts.begin(), instance.note().hosts.end(),
                               [&](const std::string& host) {
                                 const auto vendors = config::parse_base_url(host);
                                 return vendors && *vendors == *origin;
                               });
}

/// Finds a model in the lists of others.
class OtherLists {
 public:
  OtherLists(catalog::ShelfReader& shelf, const Snapshot& snapshot, const Environment& environment)
      : shelf_(shelf), snapshot_(snapshot), environment_(environment) {}

  /// What another provider asks for the same model, which it lists by the vendor's name.
  KnownPtr price_of(const CallTarget& target) const {
    const ProviderConfig& config = target.instance->config();
    if (target.model.empty() || !knows_its_prefix(*target.instance)) return nullptr;
    const bool prefixed = target.model.starts_with(config.model_prefix);  // already, by the caller
    const std::string model = prefixed ? target.model : config.model_prefix + target.model;
    for (const catalog::Source& source : sources(config.plugin_id))
      if (auto known = shelf_.find(source, model); has_prices(known)) return known;
    return nullptr;
  }

 private:
  /// Those of the configuration first.
  std::vector<catalog::Source> sources(const std::string& own) const {
    std::vector<catalog::Source> out;
    for (const auto& provider : snapshot_.config->providers)
      if (provider.plugin_id != own && !provider.plugin_id.empty())
        out.push_back(source_of(provider));
    for (const auto& candidate : snapshot_.candidates)
      if (candidate.info.state == PluginState::kUsable && candidate.note.id != own)
        out.push_back({candidate.note.id, usual_base_url(candidate.note)});
    return out;
  }
  std::string usual_base_url(const PluginNote& note) const {
    const auto url = note.base_url_env.empty() ? std::nullopt : environment_(note.base_url_env);
    return url ? config::normal_base_url(*url).value_or("") : std::string();
  }

  catalog::ShelfReader& shelf_;
  const Snapshot& snapshot_;
  const Environment& environment_;
};

std::string day(catalog::Seconds time) {
  const std::time_t seconds = time;
  struct tm parts {};
  std::array<char, 32> text{};
  ::gmtime_r(&seconds, &parts);
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
  return {text.data(), size};
}

std::string command(const std::string& provider, const std::string& option) {
  return "prx models --provider " + provider + " --" + option;
}

std::string what_is_known(const Known& known, const std::string& model) {
  return "the list of models of " + day(known.fetched) + " says that model '" + model + "' ";
}

/// "a" of "tools": how `prx models` finds another.
std::string option_for(Need need, std::size_t tokens) {
  switch (need) {
    case Need::kTools:
      return "tools";
    case Need::kVision:
      return "vision";
    case Need::kStructuredOutput:
      return "structured";
    case Need::kContext:
      break;
  }
  return "min-context " + std::to_string(tokens);
}

}  // namespace

catalog::Source source_of(const ProviderConfig& provider) {
  return {provider.plugin_id, provider.base_url};
}

std::optional<KnownPtr> known_of(catalog::ShelfReader& shelf, const AskedModel& asked) {
  const Overrides overrides = overrides_of(asked.extra_body, asked.provider.extra_body);
  if (overrides.model) return std::nullopt;
  return reduced(shelf.find(source_of(asked.provider), asked.model), overrides);
}

void add_known(PreparedChain& chain, catalog::ShelfReader& shelf, const Snapshot& snapshot,
               const Environment& environment) {
  const OtherLists others(shelf, snapshot, environment);
  for (std::size_t i = 0; i < chain.targets.size(); ++i) {
    CallTarget& target = chain.targets[i];
    const ProviderConfig& config = target.instance->config();
    auto known = known_of(shelf, {config, target.model, target.extra_body});
    if (!known) continue;
    target.known = std::move(*known);
    target.priced = has_prices(target.known) ? target.known : others.price_of(target);
    chain.any_known = chain.any_known || target.known || target.priced;
    auto& context = chain.plan.targets[i].context_length;
    if (!context && target.known) context = target.known->facts.context_length;
  }
  chain.whole = chain.whole && shelf.knows_all();
}

std::vector<Unfit> unfit_targets(const PreparedChain& chain, catalog::RequestNeeds& needs) {
  std::vector<Unfit> out;
  for (std::size_t i = 0; i < chain.targets.size(); ++i) {
    const KnownPtr& known = chain.targets[i].known;
    if (!known) continue;
    const auto need =
        catalog::unmet_need(known->facts, chain.plan.targets[i].context_length, needs);
    if (need) out.push_back({i, *need});
  }
  return out;
}

Error unmet_error(const reliability::PlanTarget& target, const std::string& model,
                  const Known& known, const UnmetNeed& unmet) {
  Error error;
  error.error_class = ErrorClass::kUnsupported;
  error.message = "provider '" + target.name + "' was not asked: ";
  if (unmet.need == Need::kContext) {
    error.error_class = ErrorClass::kContextLength;
    const bool listed = known.facts.context_length == target.context_length;
    error.message +=
        listed ? what_is_known(known, model) : "the configuration says that model '" + model + "' ";
    error.message += "takes " + std::to_string(target.context_length.value_or(0)) +
                     " tokens, and the request has at least " + std::to_string(unmet.tokens);
  } else {
    error.message +=
        what_is_known(known, model) + "does not support " + std::string(to_string(unmet.need));
  }
  error.message += "; " + command(target.name, option_for(unmet.need, unmet.tokens)) +
                   " lists others, " + command(target.name, "refresh") + " asks anew";
  return error;
}

Attempt skipped_attempt(const PreparedChain& chain, const Unfit& unfit,
                        catalog::RequestNeeds& needs) {
  const CallTarget& target = chain.targets[unfit.target];
  const reliability::PlanTarget& plan = chain.plan.targets[unfit.target];
  const bool too_long = unfit.need == Need::kContext;
  const std::size_t tokens = too_long ? needs.tokens_min(plan.context_length.value_or(0)) : 0;
  Error error = unmet_error(plan, target.model, *target.known, {unfit.need, tokens});
  Attempt attempt;
  attempt.provider = plan.name;
  attempt.model = target.model;
  attempt.reason = "skipped";
  attempt.error = std::move(error);
  attempt.cost = 0.0;
  return attempt;
}

std::shared_ptr<const PreparedChain> chain_without(const PreparedChain& chain,
                                                   const std::vector<Unfit>& unfit) {
  auto out = std::make_shared<PreparedChain>(chain);
  for (auto skip = unfit.rbegin(); skip != unfit.rend(); ++skip) {  // the last one first
    const auto place = static_cast<std::ptrdiff_t>(skip->target);
    out->targets.erase(out->targets.begin() + place);
    out->plan.targets.erase(out->plan.targets.begin() + place);
  }
  return out;
}

void estimate_cost(Attempt& attempt, const ModelFacts& facts) {
  attempt.cost = catalog::estimated_cost(facts, attempt.usage);
  attempt.cost_estimated = attempt.cost.has_value();
}

}  // namespace prx::driver
