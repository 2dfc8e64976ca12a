#include "client/chain_plan.hpp"

#include <algorithm>
#include <functional>

#include "config/did_you_mean.hpp"
#include "config/resolve.hpp"

namespace prx::driver {

namespace {

constexpr std::string_view kChainPrefix = "chain:";

Unexpected<Error> unknown_chain(const Config& config, std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& chain : config.chains) names.push_back(chain.name);
  return fail(ErrorClass::kInvalidRequest,
              "unknown chain '" + std::string(name) + "'" + config::suggestion(name, names));
}

/// Why it cannot be asked.
std::string why_left_out(const PlannedTarget& target) {
  const ProviderConfig& provider = *target.provider;
  if (!provider.problem.empty()) return provider.problem;
  if (provider.keys.empty() && !provider.key_missing.empty()) return provider.key_missing;
  if (target.model.empty()) return "it has no model; set [providers." + provider.name + "] model";
  return {};
}

/// The first target serves the model that was asked for; a fallback has its own.
void choose_model_for(PlannedTarget& out, std::string_view asked, const ProviderConfig* asked_of,
                      bool first) {
  ModelQuestion question;
  if (out.target != nullptr) question.target_model = out.target->model;
  question.asked = asked;
  question.asked_of = asked_of;
  if (first && !asked.empty()) question.target_model = {};
  ModelChoice choice = choose_model(*out.provider, question);
  if (asked.empty()) {  // the configuration chose, when it was read
    const std::string& chosen =
        out.target != nullptr ? out.target->model_in_use : out.provider->model_in_use;
    if (choice.model != chosen) choice = {chosen, "[default] model"};
  }
  out.model = std::move(choice.model);
  out.model_origin = std::move(choice.origin);
}

}  // namespace

std::string lane_name(const ProviderConfig& provider, std::string_view model,
                      std::string_view extra_body) {
  std::size_t keys = 0;
  for (const auto& key : provider.keys)
    keys = keys * 31 + std::hash<std::string>{}(key.secret.reveal());
  std::string name = provider.name;
  for (const std::string_view part : {std::string_view(provider.base_url), model, extra_body}) {
    name += '\n';
    name += part;
  }
  return name + '\n' + std::to_string(keys);
}

/// Puts one chain together.
class ChainPlanner {
 public:
  explicit ChainPlanner(const Config& config) : config_(config) {}

  Result<PlannedChain> run(const ChainQuestion& question) {
    out_.policy = &config_.reliability;
    asked_ = question.model;
    std::string_view chain = question.chain;
    if (asked_.starts_with(kChainPrefix))
      chain = std::exchange(asked_, {}).substr(kChainPrefix.size());
    if (!chain.empty() && !question.provider.empty())
      return fail(ErrorClass::kInvalidRequest,
                  "a call names a chain or a provider, not both; leave one out");
    if (!question.provider.empty()) {
      PRX_TRY(add(std::string(question.provider), nullptr));
      return std::move(out_);
    }
    out_.chain = config_.find_chain(chain.empty() ? std::string_view(config_.chain) : chain);
    if (out_.chain == nullptr) return unknown_chain(config_, chain);
    out_.policy = &out_.chain->policy;
    for (const auto& target : out_.chain->targets) PRX_TRY(add(target.provider, &target));
    return std::move(out_);
  }

 private:
  Result<void> add(const std::string& name, const TargetConfig* target) {
    PlannedTarget one;
    one.provider = config_.find_provider(name);
    if (one.provider == nullptr)
      return fail(ErrorClass::kInvalidRequest,
                  "unknown provider '" + name + "'; add [providers." + name + "]");
    one.target = target;
    if (first_ == nullptr) first_ = one.provider;
    choose_model_for(one, asked_, first_, out_.targets.empty());
    const std::string_view extra = target != nullptr ? target->extra_body : std::string_view();
    one.plan.name = name;
    one.plan.lane = lane_name(*one.provider, one.model, extra);
    one.plan.keys = one.provider->keys.size();
    one.plan.clocks =
        target != nullptr && target->timeouts ? *target->timeouts : one.provider->timeouts;
    if (target != nullptr) {
      one.plan.context_length = target->context_length;
      one.plan.continues = target->prefill;
    }
    one.left_out = why_left_out(one);
    const bool twice =
        std::any_of(out_.targets.begin(), out_.targets.end(),
                    [&](const PlannedTarget& known) { return known.plan.lane == one.plan.lane; });
    if (!twice) out_.targets.push_back(std::move(one));  // the asked-for model made two one
    return {};
  }

  const Config& config_;
  PlannedChain out_;
  std::string_view asked_;
  const ProviderConfig* first_ = nullptr;
};

Result<PlannedChain> plan_chain(const Config& config, const ChainQuestion& question) {
  return ChainPlanner(config).run(question);
}

}  // namespace prx::driver
