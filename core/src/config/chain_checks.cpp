#include <algorithm>

#include "config/did_you_mean.hpp"
#include "config/duration.hpp"
#include "config/mask.hpp"
#include "config/sections.hpp"

namespace prx::config {
namespace {

std::vector<std::string_view> provider_names(const Config& config) {
  std::vector<std::string_view> names;
  for (const auto& provider : config.providers) names.push_back(provider.name);
  return names;
}

Unexpected<Error> wrong(const std::string& where, const std::string& what) {
  return fail(ErrorClass::kInvalidRequest, where + ": " + what);
}

// The chain of the short form: the default provider, then the fallback providers.
ChainConfig short_form(const LoadContext& context, const LoadState& state) {
  const auto& config = state.config;
  ChainConfig chain;
  chain.name = "default";
  chain.policy = config.reliability;
  chain.where = context.where(state.fallback_providers);
  std::vector<std::string> names = {config.provider};
  for (const auto& name : config.fallback_providers)
    if (!state.provider_overridden || name != config.provider) names.push_back(name);
  for (const auto& name : names) {
    TargetConfig target;
    target.provider = name;
    target.where = chain.where;
    const auto* provider = config.find_provider(name);
    target.timeouts = provider ? provider->timeouts : state.timeouts;
    chain.targets.push_back(std::move(target));
  }
  return chain;
}

Result<void> check_providers(const Config& config, const ChainConfig& chain) {
  for (const auto& target : chain.targets)
    if (!config.find_provider(target.provider))
      return wrong(target.where, "unknown provider " + shown(target.provider) + " in the chain '" +
                                     chain.name + "'" +
                                     suggestion(target.provider, provider_names(config)) +
                                     "; each needs a [providers.<name>] table");
  return {};
}

Result<void> check_duplicates(const ChainConfig& chain) {
  for (auto target = chain.targets.begin(); target != chain.targets.end(); ++target) {
    const bool known = std::any_of(chain.targets.begin(), target, [&](const TargetConfig& other) {
      return other.provider == target->provider && other.model == target->model &&
             other.extra_body == target->extra_body;
    });
    if (known)
      return wrong(target->where, "duplicate target " + shown(target->provider) +
                                      " in the chain '" + chain.name +
                                      "'; remove it, or give it a model of its own");
  }
  return {};
}

Result<void> check_policy(const ChainConfig& chain) {
  const auto& policy = chain.policy;
  if (chain.targets.size() > static_cast<std::size_t>(policy.attempts_max))
    return wrong(chain.where,
                 "the chain '" + chain.name + "' has " + std::to_string(chain.targets.size()) +
                     " targets, but attempts_max is " + std::to_string(policy.attempts_max) +
                     "; raise attempts_max or remove targets");
  for (const auto& target : chain.targets) {
    const auto connect = target.timeouts ? target.timeouts->connect : std::nullopt;
    if (!policy.deadline || !connect || *policy.deadline >= *connect) continue;
    return wrong(target.where,
                 "the chain '" + chain.name + "' has the deadline " + to_text(*policy.deadline) +
                     ", shorter than the connect_timeout " + to_text(*connect) + " of its target " +
                     shown(target.provider) + "; raise deadline or lower connect_timeout");
  }
  return {};
}

}  // namespace

Result<void> check_chains(const LoadContext& context, LoadState& state) {
  auto& config = state.config;
  config.chains.insert(config.chains.begin(), short_form(context, state));
  for (const auto& chain : config.chains) {
    PRX_TRY(check_providers(config, chain));
    PRX_TRY(check_duplicates(chain));
    PRX_TRY(check_policy(chain));
  }
  return {};
}

}  // namespace prx::config
