#include "client/client_state.hpp"

#include <algorithm>
#include <set>

#include "client/client_impl.hpp"

namespace prx {

namespace {

/// Until then, when it lies ahead.
std::optional<std::chrono::milliseconds> rest(MonotonicTime until, MonotonicTime now) {
  if (until <= now) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(until - now);
}

LaneState::Breaker state_of(const reliability::Breaker& breaker, MonotonicTime now) {
  switch (breaker.state(now)) {
    case reliability::Breaker::State::kOpen:
      return LaneState::Breaker::kOpen;
    case reliability::Breaker::State::kHalfOpen:
      return LaneState::Breaker::kHalfOpen;
    case reliability::Breaker::State::kClosed:
      break;
  }
  return LaneState::Breaker::kClosed;
}

LaneState state_of(const driver::CallTarget& target, const reliability::Lane& lane,
                   MonotonicTime now) {
  LaneState out;
  out.provider = target.instance->config().name;
  out.model = target.model;
  out.breaker = state_of(lane.breaker, now);
  out.probing = lane.breaker.probing();
  out.failures = lane.breaker.failures();
  if (out.breaker == LaneState::Breaker::kOpen)
    out.reopens_in = rest(lane.breaker.reopens_at(), now);
  MonotonicTime usable = lane.usable_at(0);  // with the key that may be used first
  for (std::size_t i = 1; i < target.instance->config().keys.size(); ++i)
    usable = std::min(usable, lane.usable_at(i));
  out.rests_for = rest(usable, now);
  return out;
}

}  // namespace

ClientState Client::Impl::state() {
  ClientState out;
  const auto in_force = snapshot();
  const MonotonicTime now = loop_->now();
  std::vector<std::shared_ptr<const driver::PreparedChain>> chains;
  {
    const std::lock_guard lock(in_force->mutex);
    for (const auto& [name, chain] : in_force->prepared) chains.push_back(chain);
  }
  std::set<std::string_view> seen;
  for (const auto& chain : chains)
    for (std::size_t i = 0; i < chain->targets.size(); ++i) {
      const std::string& name = chain->plan.targets[i].lane;
      const reliability::Lane* const lane = health_.find_lane(name);
      if (lane != nullptr && seen.insert(name).second)
        out.lanes.push_back(state_of(chain->targets[i], *lane, now));
    }
  for (const auto& [provider, instance] : in_force->all()) {
    const auto& keys = instance->config().keys;
    const auto* const lane = health_.find_keys(driver::key_pool_name(instance->config()));
    for (std::size_t i = 0; i < keys.size(); ++i)
      out.keys.push_back(
          {provider, keys[i].label, lane != nullptr ? rest(lane->rests(i), now) : std::nullopt});
  }
  out.operations = operations_.size();
  return out;
}

}  // namespace prx
