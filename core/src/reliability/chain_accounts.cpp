// What lanes and keys learn from a call. A call counts once in a lane, however often it tried: when
// it leaves the target, or when it ends.

#include <algorithm>
#include <utility>

#include "reliability/chain_engine.hpp"

namespace prx::reliability {

ChainEngine::TargetState& ChainEngine::state_of(std::size_t target) {
  TargetState& state = targets_[target];
  if (state.lane != nullptr) return state;
  state.lane = &health_.lane(plan_.targets[target].lane, begun_);
  ++state.lane->users;
  const PlanTarget& planned = plan_.targets[target];
  state.keys = &health_.keys(planned.key_pool.empty() ? planned.name : planned.key_pool);
  ++state.keys->users;
  return state;
}

void ChainEngine::note_failure(const Live& live, const Error& error, const Verdict& verdict,
                               MonotonicTime now) {
  TargetState& target = state_of(live.target);
  // A connection that breaks while the caller does not read says nothing about the target.
  if (verdict.counts && !paused_at_) blame(live.target, now);
  const bool breach = error.error_class == ErrorClass::kInternal && !verdict.local;
  if (breach && !paused_at_) blame_plugin(live.target, now);
  if (verdict.dead_key) {
    target.keys->record(live.key, &error, now);
    bad_keys_.push_back({target.keys, live.key});
  }
  if (error.error_class == ErrorClass::kRateLimit)
    target.lane->limited(live.key, error, plan_.policy, now);
  else if (error.retry_after)
    target.lane->pause(*error.retry_after, now, error.error_class);
}

/// An attempt failed in a way that counts. A probe's says so at once, another's when it is clear
/// that the call does not get its answer from this target after all.
void ChainEngine::blame(std::size_t target, MonotonicTime now) {
  TargetState& state = targets_[target];
  state.failed = true;
  if (!std::exchange(state.probing, false)) return;
  const BreakerOptions options{plan_.policy.breaker_failures, plan_.policy.breaker_failure_rate};
  const bool call = !std::exchange(state.recorded, true);
  state.lane->breaker.failure(now, options, random_.next(), {call, true});
}

/// A plugin that breaks its contract does so for all of its targets. A call counts once, at once.
void ChainEngine::blame_plugin(std::size_t target, MonotonicTime now) {
  const std::string& name = plan_.targets[target].plugin;
  if (name.empty()) return;
  bool counted = false;
  for (std::size_t i = 0; i < targets_.size(); ++i)
    counted = counted || (targets_[i].plugin_failed && plan_.targets[i].plugin == name);
  TargetState& state = targets_[target];
  state.plugin_failed = true;
  const bool probe = std::exchange(state.plugin_probing, false);
  const BreakerOptions options{plan_.policy.breaker_failures, plan_.policy.breaker_failure_rate};
  health_.plugin(name).failure(now, options, random_.next(), {!counted, probe});
}

/// Plugins that never failed have no record.
void ChainEngine::praise_plugin(std::size_t target, bool whole, MonotonicTime now) {
  Breaker* const plugin = health_.find_plugin(plan_.targets[target].plugin);
  if (plugin == nullptr) return;
  const bool probe = std::exchange(targets_[target].plugin_probing, false);
  if (whole || probe) plugin->success(now, {whole, probe});
}

/// A token, or the whole of an answer.
void ChainEngine::answered(std::size_t target, bool whole, MonotonicTime now) {
  TargetState& state = state_of(target);
  if (health_.any_plugin_failed()) praise_plugin(target, whole, now);
  const bool probe = std::exchange(state.probing, false);
  if (!whole && !probe) return;
  state.lane->breaker.success(now, {whole && !state.recorded, probe});
  if (!whole) return;
  state.recorded = true;
  state.failed = false;
}

/// For as long as it takes to start a hedge: that counts as a timeout when the attempt is not
/// waited for any longer. Silence of a moment says nothing.
bool ChainEngine::silent(const Live& live, MonotonicTime now) const {
  const bool none = live.clock == Clock::kHead || live.clock == Clock::kFirstToken;
  return none && streams(live) && plan_.policy.hedge_after &&
         own(now) - live.started >= *plan_.policy.hedge_after;
}

/// The call goes on without this target: what it saw there counts now.
void ChainEngine::leave(std::size_t target, MonotonicTime now) {
  TargetState& state = targets_[target];
  if (state.lane == nullptr) return;
  if (state.failed && !state.recorded) {
    const BreakerOptions options{plan_.policy.breaker_failures, plan_.policy.breaker_failure_rate};
    state.lane->breaker.failure(now, options, random_.next(), {true, false});
    state.recorded = true;
  }
  if (std::exchange(state.probing, false)) state.lane->breaker.probe_over();
  if (state.plugin_probing) give_back_plugin(target);
}

/// What failed otherwise says nothing about the plugin.
void ChainEngine::give_back_plugin(std::size_t target) {
  targets_[target].plugin_probing = false;
  if (Breaker* const plugin = health_.find_plugin(plan_.targets[target].plugin))
    plugin->probe_over();
}

void ChainEngine::settle(MonotonicTime now) {
  for (std::size_t i = 0; i < targets_.size(); ++i) leave(i, now);
  let_go();
}

/// At the end of the call, or of a call that never ended: who destroys the engine of one that has
/// may be on another thread than the lanes.
void ChainEngine::let_go() {
  for (TargetState& target : targets_) {
    if (target.lane == nullptr) continue;
    --target.lane->users;
    --target.keys->users;
    target.lane = nullptr;
  }
}

bool ChainEngine::is_bad_key(const KeyLane* keys, std::size_t key) const {
  return std::any_of(bad_keys_.begin(), bad_keys_.end(),
                     [&](const BadKey& bad) { return bad.keys == keys && bad.key == key; });
}

}  // namespace prx::reliability
