#include <algorithm>

#include "config/duration.hpp"
#include "config/mask.hpp"
#include "config/sections.hpp"

namespace prx::config {
namespace {

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
  const auto add = [&](const std::string& name, std::string where) {
    TargetConfig target;
    target.provider = name;
    target.where = std::move(where);
    target.timeouts = config.find_provider(name)->timeouts;
    chain.targets.push_back(std::move(target));
  };
  add(config.provider, context.where(state.default_provider));
  for (std::size_t i = 0; i < config.fallback_providers.size(); ++i)
    if (!state.provider_overridden || config.fallback_providers[i] != config.provider)
      add(config.fallback_providers[i], context.where(state.fallback_places[i]));
  return chain;
}

// Who makes a fallback the default one has two entries to change.
std::string remedy_of_duplicate(const Config& config, const ChainConfig& chain,
                                const std::string& provider) {
  if (&chain != &config.chains.front() || provider != config.provider)
    return "; remove it, or give it a model of its own";
  const bool has_usual =
      config.provider == kUsualProvider ||
      std::find(config.fallback_providers.begin(), config.fallback_providers.end(),
                kUsualProvider) != config.fallback_providers.end();
  return ": it is the default provider, which is asked first; write here the provider that was the "
         "default before" +
         (has_usual ? "" : " (\"" + std::string(kUsualProvider) + "\", when none was named)") +
         ", or remove the entry";
}

Result<void> check_duplicates(const Config& config, const ChainConfig& chain) {
  for (auto target = chain.targets.begin(); target != chain.targets.end(); ++target) {
    const bool known = std::any_of(chain.targets.begin(), target, [&](const TargetConfig& other) {
      return other.provider == target->provider && other.model == target->model &&
             other.extra_body == target->extra_body;
    });
    if (known)
      return wrong(target->where, "duplicate target " + shown(target->provider) +
                                      " in the chain '" + chain.name + "'" +
                                      remedy_of_duplicate(config, chain, target->provider));
  }
  return {};
}

// The deadline's place, else that of the clock that is longer than the default deadline.
std::string place_of_deadline(const LoadContext& context, const ChainConfig& chain,
                              std::size_t target) {
  const auto own = "chains." + chain.name + '.';
  const auto clock = std::string(".connect_timeout");
  auto of_target = own + "targets.";
  of_target.append(std::to_string(target + 1)).append(clock);
  auto of_provider = "providers." + chain.targets[target].provider;
  of_provider.append(clock);
  for (const auto& path : {own + "deadline", std::string("reliability.deadline"), of_target,
                           of_provider, own + clock.substr(1), "reliability" + clock})
    if (auto place = context.where(path); !place.empty()) return place;
  return chain.targets[target].where;
}

Result<void> check_policy(const LoadContext& context, const ChainConfig& chain) {
  const auto& policy = chain.policy;
  if (chain.targets.size() > static_cast<std::size_t>(policy.attempts_max))
    return wrong(chain.where,
                 "the chain '" + chain.name + "' has " + std::to_string(chain.targets.size()) +
                     " targets, but attempts_max is " + std::to_string(policy.attempts_max) +
                     "; raise attempts_max or remove targets");
  for (std::size_t i = 0; i < chain.targets.size(); ++i) {
    const auto& target = chain.targets[i];
    const auto connect = target.timeouts ? target.timeouts->connect : std::nullopt;
    if (!policy.deadline || !connect || *policy.deadline >= *connect) continue;
    return wrong(place_of_deadline(context, chain, i),
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
    PRX_TRY(check_duplicates(config, chain));
    PRX_TRY(check_policy(context, chain));
  }
  return {};
}

}  // namespace prx::config
