#include "client/chain_plan.hpp"

#include <algorithm>
#include <functional>

#include "client/request_body.hpp"
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

/// Who says which model is asked for when no call names one.
std::string default_model_origin(const Config& config) {
  for (const auto& setting : config.settings)
    if (setting.path == "default.model" &&
        (setting.origin.starts_with("env ") || setting.origin.starts_with("flag ") ||
         setting.origin.starts_with("option ")))
      return setting.origin;
  return "[default] model";
}

using Member = std::optional<bool> (*)(const json::ObjectIndex&);

/// What the target's extra_body says, else the provider's; nullopt: neither says anything.
std::optional<bool> said(Member member, std::string_view target, std::string_view provider) {
  for (const std::string_view extra_body : {target, provider}) {
    if (extra_body.empty()) continue;
    const auto index = json::ObjectIndex::parse(extra_body);
    if (const auto value = index ? member(*index) : std::nullopt) return value;
  }
  return std::nullopt;
}

bool more_than_one(const std::vector<PlannedTarget>& targets, const std::string& shown) {
  return std::count_if(targets.begin(), targets.end(), [&](const PlannedTarget& target) {
           return target.plan.shown() == shown;
         }) > 1;
}

/// Targets of one provider are named with their models, those of one model with their places too.
void tell_apart(std::vector<PlannedTarget>& targets) {
  std::vector<std::string> labels(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (more_than_one(targets, targets[i].plan.name))
      labels[i] = targets[i].plan.name + ' ' + targets[i].model;
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i].plan.label = labels[i];
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (more_than_one(targets, targets[i].plan.shown()))
      labels[i] += " (target " + std::to_string(targets[i].place + 1) + ')';
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i].plan.label = std::move(labels[i]);
}

}  // namespace

std::string key_pool_name(const ProviderConfig& provider) {
  std::size_t keys = 0;
  for (const auto& key : provider.keys)
    keys = keys * 31 + std::hash<std::string>{}(key.secret.reveal());
  return provider.name + '\n' + provider.base_url + '\n' + std::to_string(keys);
}

std::string lane_name(const ProviderConfig& provider, std::string_view model,
                      std::string_view extra_body) {
  std::string name = key_pool_name(provider);
  for (const std::string_view part : {std::string_view(provider.extra_body), model, extra_body}) {
    name += '\n';
    name += part;
  }
  return name;
}

/// Puts one chain together.
class ChainPlanner {
 public:
  explicit ChainPlanner(const Config& config) : config_(config) {}

  Result<PlannedChain> run(const ChainQuestion& question) {
    out_.policy = &config_.reliability;
    asked_ = question.model;
    endpoint_ = question.endpoint;
    std::string_view chain = question.chain;
    if (asked_.starts_with(kChainPrefix)) {
      const auto named = std::exchange(asked_, {}).substr(kChainPrefix.size());
      if (!chain.empty() && chain != named)
        return fail(ErrorClass::kInvalidRequest,
                    "a call names one chain, and its model another; leave one out");
      chain = named;
    }
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
    tell_apart(out_.targets);
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
    choose_model_for(one);
    const std::string_view extra =
        target != nullptr && !endpoint_ ? target->extra_body : std::string_view();
    one.plan.name = name;
    one.plan.lane = lane_name(*one.provider, one.model, extra);
    one.plan.keys = one.provider->keys.size();
    one.plan.key_pool = key_pool_name(*one.provider);
    one.plan.plugin = one.provider->plugin_id;
    one.plan.clocks =
        target != nullptr && target->timeouts ? *target->timeouts : one.provider->timeouts;
    one.plan.stream =
        endpoint_ ? std::optional(false) : said(stream_member, extra, one.provider->extra_body);
    one.server_falls_back = said(models_member, extra, one.provider->extra_body).value_or(false);
    if (target != nullptr) {
      one.plan.context_length = target->context_length;
      const bool format = said(format_member, extra, one.provider->extra_body).value_or(false);
      one.plan.continues = target->prefill && !format;
    }
    one.left_out = why_left_out(*one.provider, one.model);
    one.place = place_++;
    const bool twice =
        std::any_of(out_.targets.begin(), out_.targets.end(),
                    [&](const PlannedTarget& known) { return known.plan.lane == one.plan.lane; });
    if (!twice) out_.targets.push_back(std::move(one));  // the asked-for model made two one
    return {};
  }

  /// The first target serves the model that the call asked for; a fallback has its own. A call that
  /// names none gets what the configuration says, as resolve_config() chose it.
  void choose_model_for(PlannedTarget& out) const {
    const bool named = !asked_.empty();
    if (named && endpoint_) return choose_named_model_for(out);
    ModelQuestion question;
    if (out.target != nullptr && !(named && out_.targets.empty()))
      question.target_model = out.target->model;
    question.asked = named ? asked_ : std::string_view(config_.model);
    question.asked_of = named ? first_ : config_.find_provider(config_.model_provider);
    ModelChoice choice = choose_model(*out.provider, question);
    if (!named && choice.origin == "asked for") choice.origin = default_model_origin(config_);
    out.model = std::move(choice.model);
    out.model_origin = std::move(choice.origin);
  }

  /// The model that was asked for, as this provider names it.
  void choose_named_model_for(PlannedTarget& out) const {
    ProviderConfig without_own = *out.provider;
    without_own.model.clear();
    ModelChoice choice = choose_model(without_own, {{}, asked_, first_});
    const bool other = choice.is_default || choice.model.empty();
    out.model = other ? std::string(asked_) : std::move(choice.model);
    out.model_origin = other ? "asked for" : std::move(choice.origin);
  }

  const Config& config_;
  PlannedChain out_;
  std::string_view asked_;
  bool endpoint_ = false;
  const ProviderConfig* first_ = nullptr;
  std::size_t place_ = 0;
};

Result<PlannedChain> plan_chain(const Config& config, const ChainQuestion& question) {
  return ChainPlanner(config).run(question);
}

}  // namespace prx::driver
