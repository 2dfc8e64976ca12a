// Who is asked next, and when.

#include <algorithm>
#include <utility>

#include "reliability/backoff.hpp"
#include "reliability/chain_engine.hpp"

namespace prx::reliability {

void ChainEngine::launch(const Launch& what, MonotonicTime now, Actions& out) {
  TargetState& target = state_of(what.target);
  if (!what.rotation) ++target.tries;
  StartAttempt start;
  start.attempt = ++attempts_;
  start.target = what.target;
  start.key = what.key;
  start.reason = what.reason;
  start.mode = what.mode;
  start.wait = what.wait;
  Live live;
  live.number = start.attempt;
  live.target = what.target;
  live.key = what.key;
  live.mode = what.mode;
  live.hedge = what.hedge;
  live.started = live.since = own(now);
  live_.push_back(live);
  out.emplace_back(start);
}

// --- the state of a target, for this call

/// False: this call never asks it again.
bool ChainEngine::may_ask(std::size_t target) const {
  const TargetState& state = targets_[target];
  if (state.spent || state.tries > plan_.policy.retries) return false;
  const auto& length = plan_.targets[target].context_length;
  return !context_full_ || !length || *length > context_tried_;
}

ChainEngine::Admission ChainEngine::admit(std::size_t target, MonotonicTime now) {
  const TargetState& state = state_of(target);
  const Lane& lane = *state.lane;
  Admission best;
  const std::size_t count = std::max<std::size_t>(plan_.targets[target].keys, 1);
  for (std::size_t key = 0; key < count; ++key) {
    if (is_bad_key(state.keys, key)) continue;
    Admission one{Admission::Kind::kReady, key, now};
    if (const auto cools = lane.usable_at(key); cools > now)  // even a dead key is not hurried
      one = {Admission::Kind::kCooling, key, cools};
    else if (const auto rests = state.keys->rests(key); rests > now)
      one = {Admission::Kind::kDeadKey, key, rests};
    const bool better = best.kind == Admission::Kind::kNever || one.kind < best.kind ||
                        (one.kind == best.kind && one.at < best.at);
    if (better) best = one;
    if (one.kind == Admission::Kind::kReady) break;
  }
  if (best.kind == Admission::Kind::kReady && !state.probing && !lane.breaker.closed())
    best = pass(lane.breaker, best, now);
  return health_.any_plugin_failed() ? behind_plugin(target, best, now) : best;
}

ChainEngine::Admission ChainEngine::behind_plugin(std::size_t target, const Admission& who,
                                                  MonotonicTime now) {
  const bool well = who.kind == Admission::Kind::kReady || who.kind == Admission::Kind::kProbe;
  const Breaker* plugin = well ? health_.find_plugin(plan_.targets[target].plugin) : nullptr;
  if (plugin == nullptr || targets_[target].plugin_probing) return who;
  return pass(*plugin, who, now);
}

/// What is left of an admission behind this breaker.
ChainEngine::Admission ChainEngine::pass(const Breaker& breaker, const Admission& who,
                                         MonotonicTime now) const {
  switch (breaker.state(now)) {
    case Breaker::State::kClosed:
      return who;
    case Breaker::State::kOpen:
      return {Admission::Kind::kOpen, who.key, breaker.reopens_at()};
    case Breaker::State::kHalfOpen:
      if (breaker.probing()) return {Admission::Kind::kOpen, who.key, now};
      return {Admission::Kind::kProbe, who.key, now};
  }
  return who;
}

/// Of the lane, of the plugin, or of both: of those that are half-open.
void ChainEngine::take_probe(std::size_t target, MonotonicTime now) {
  TargetState& state = state_of(target);
  if (!state.probing) state.probing = state.lane->breaker.take_probe(now);
  Breaker* plugin = health_.find_plugin(plan_.targets[target].plugin);
  if (plugin != nullptr && !state.plugin_probing) state.plugin_probing = plugin->take_probe(now);
}

/// Targets that were not asked yet and could be now.
int ChainEngine::untried(MonotonicTime now) {
  int count = 0;
  for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
    if (state_of(i).tries > 0 || !may_ask(i)) continue;
    const auto kind = admit(i, now).kind;
    if (kind == Admission::Kind::kReady || kind == Admission::Kind::kProbe) ++count;
  }
  return count;
}

// --- the next step

void ChainEngine::next_step(const Live& failed, const Error& error, MonotonicTime now,
                            Actions& out) {
  const Verdict what = verdict(error, plan_.policy);
  if (attempts_left() > 0) {
    if (what.next_key && rotate(failed, now, out)) return;
    if (what.retry && retry(failed, error, now)) return;
  }
  leave(failed.target, now);
  if (what.fallback) return ask_anyone("fallback", now, out);
  if (attempts_left() > 0 && what.retry && wait_for_one(failed.target, now)) return;
  give_up(now, out);
}

/// Another key of the pool, at once.
bool ChainEngine::rotate(const Live& failed, MonotonicTime now, Actions& out) {
  if (attempts_left() <= untried(now)) return false;
  const Admission who = admit(failed.target, now);
  if (who.kind != Admission::Kind::kReady || who.key == failed.key) return false;
  Launch what;
  what.target = failed.target;
  what.key = who.key;
  what.reason = "next key";
  if (committed_ != 0) what.mode = rescue_mode(failed.target);
  what.rotation = true;
  launch(what, now, out);
  return true;
}

/// The same target, after a wait. A Retry-After is a floor under the backoff; it is waited out when
/// it is short.
bool ChainEngine::retry(const Live& failed, const Error& error, MonotonicTime now) {
  if (!may_ask(failed.target) || attempts_left() <= untried(now)) return false;
  const TargetState& target = state_of(failed.target);
  if (target.lane->breaker.state(now) != Breaker::State::kClosed) return false;
  const Admission who = admit(failed.target, now);
  MonotonicTime at = now + backoff(target.tries, plan_.policy, random_.next());
  if (who.kind == Admission::Kind::kCooling) {
    if (who.at - now > plan_.policy.retry_after_max) return false;
    at = std::max(at, who.at);
  } else if (who.kind != Admission::Kind::kReady) {
    return false;
  }
  const bool others = verdict(error, plan_.policy).fallback;
  return wait({failed.target, at, now, "retry", others}, now);
}

/// Asks a target later; again only as far as the budget goes.
bool ChainEngine::wait(const Pending& what, MonotonicTime now) {
  if (waits_ >= kWaitsMax || !in_time(what.at, now)) return false;
  const bool again = state_of(what.target).tries > 0;
  if (again && !health_.retries.take(now, plan_.policy.retry_budget)) return false;
  ++waits_;
  pending_ = what;
  return true;
}

/// The first target in order that was not asked yet and is ready.
bool ChainEngine::ask_untried(std::string_view reason, Mode mode, MonotonicTime now, Actions& out) {
  for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
    if (state_of(i).tries > 0 || !may_ask(i)) continue;
    const Admission who = admit(i, now);
    const bool probe = who.kind == Admission::Kind::kProbe;
    if (!probe && who.kind != Admission::Kind::kReady) continue;
    if (probe) take_probe(i, now);
    Launch what;
    what.target = i;
    what.key = who.key;
    what.mode = mode == Mode::kWhole ? mode : rescue_mode(i);
    what.reason = what.mode == Mode::kContinue ? "continue" : probe ? "probe" : reason;
    if (mode == Mode::kWhole && !probe && i > 0 && reason == "first") what.reason = "fallback";
    launch(what, now, out);
    return true;
  }
  return false;
}

/// Every lane is open: the one that reopens first, not as a probe. A key that was refused before is
/// tried too when there is no other.
bool ChainEngine::ask_last_resort(Mode mode, MonotonicTime now, Actions& out) {
  std::optional<Launch> best;
  MonotonicTime soonest = MonotonicTime::max();
  for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
    if (state_of(i).tries > 0 || !may_ask(i)) continue;
    const Admission who = admit(i, now);
    const bool resort = who.kind == Admission::Kind::kOpen || who.kind == Admission::Kind::kDeadKey;
    if (!resort || who.at >= soonest) continue;
    soonest = who.at;
    best.emplace();
    best->target = i;
    best->key = who.key;
    best->reason = "last resort";
    best->mode = mode == Mode::kWhole ? mode : rescue_mode(i);
  }
  if (!best) return false;
  launch(*best, now, out);
  return true;
}

/// Who is back first, if that is soon enough. \param again  or only who was not asked yet.
std::optional<ChainEngine::Pending> ChainEngine::soonest(std::optional<std::size_t> only,
                                                         bool again, MonotonicTime now) {
  std::optional<Pending> best;
  for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
    const bool tried = state_of(i).tries > 0;
    if (!may_ask(i) || (tried && !again) || (only && *only != i)) continue;
    const Admission who = admit(i, now);
    MonotonicTime at = who.at;
    if (tried && who.kind == Admission::Kind::kReady)  // a hedge that failed, say
      at = now + backoff(state_of(i).tries, plan_.policy, random_.next());
    else if (who.kind != Admission::Kind::kCooling)
      continue;
    if (at - now > plan_.policy.wait_max || !in_time(at, now)) continue;
    if (!best || at < best->at) best = Pending{i, at, now, tried ? "retry" : "fallback", !only};
  }
  return best;
}

bool ChainEngine::wait_for_one(std::optional<std::size_t> only, MonotonicTime now) {
  for (const bool again : {true, false}) {
    const auto who = soonest(only, again, now);
    if (who && wait(*who, now)) return true;
  }
  return false;
}

void ChainEngine::ask_anyone(std::string_view reason, MonotonicTime now, Actions& out) {
  if (attempts_left() > 0) {
    if (ask_untried(reason, Mode::kWhole, now, out)) return;
    if (ask_last_resort(Mode::kWhole, now, out)) return;
    if (wait_for_one(std::nullopt, now)) return;
  }
  if (failures_.empty()) return nobody_asked(now, out);
  give_up(now, out);
}

/// Every lane cools for longer than a call may wait. The error is what the first one back rests
/// after.
void ChainEngine::nobody_asked(MonotonicTime now, Actions& out) {
  Error error;
  error.error_class = ErrorClass::kOverloaded;
  error.message = "every target rests";
  const auto back = first_back(now);
  for (std::size_t i = 0; back && !error.retry_after && i < plan_.targets.size(); ++i) {
    const Admission who = admit(i, now);
    if (who.kind != Admission::Kind::kCooling || who.at != *back) continue;
    error.error_class = state_of(i).lane->rests_after(who.key);
    error.retry_after = std::chrono::ceil<Milliseconds>(*back - now);
    error.message += "; '" + plan_.targets[i].shown() + "' is the first back, in " +
                     std::to_string(error.retry_after->count()) + " ms, after '" +
                     std::string(to_string(error.error_class)) + "'";
  }
  give_up(std::move(error), now, out);
}

/// When the first of the targets that cool is back.
std::optional<MonotonicTime> ChainEngine::first_back(MonotonicTime now) {
  std::optional<MonotonicTime> first;
  for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
    const Admission who = admit(i, now);
    if (who.kind == Admission::Kind::kCooling && (!first || who.at < *first)) first = who.at;
  }
  return first;
}

}  // namespace prx::reliability
