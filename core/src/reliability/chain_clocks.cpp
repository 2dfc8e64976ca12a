// The clocks of a call: deadline, first token, progress, finish grace, hedge, hold, waits.

#include <algorithm>
#include <utility>

#include "reliability/chain_engine.hpp"

namespace prx::reliability {

namespace {

std::optional<MonotonicTime> earlier(std::optional<MonotonicTime> a,
                                     std::optional<MonotonicTime> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

bool past(const std::optional<MonotonicTime>& due, MonotonicTime now) { return due && now >= *due; }

Error ran_out(std::string message, Phase phase) {
  Error error;
  error.error_class = ErrorClass::kTimeout;
  error.phase = phase;
  error.message = std::move(message);
  return error;
}

std::string in_ms(Milliseconds time) { return std::to_string(time.count()) + " ms"; }

}  // namespace

std::optional<MonotonicTime> ChainEngine::next_timer() const {
  if (state_ != State::kRunning || paused_at_) return std::nullopt;
  std::optional<MonotonicTime> next = deadline_;
  if (pending_) next = earlier(next, pending_->at);
  for (const Live& live : live_) {
    next = earlier(next, due(live));
    next = earlier(next, hedge_due(live));
    next = earlier(next, hold_ends(live));
  }
  return next;
}

void ChainEngine::on_timer(MonotonicTime now, Actions& out) {
  if (state_ != State::kRunning || paused_at_) return;
  if (expired(now)) return expire(now, out);
  if (pending_ && now >= pending_->at) return fire_pending(now, out);
  const auto late = std::find_if(live_.begin(), live_.end(),
                                 [&](const Live& live) { return past(due(live), now); });
  if (late != live_.end()) return ring(Live(*late), now, out);
  for (Live& live : live_)
    if (past(hold_ends(live), now)) return maybe_commit(live, now, out);
  if (!live_.empty() && past(hedge_due(live_.front()), now)) hedge(live_.front(), now, out);
}

/// The deadline has come. Who was silent for long is blamed, or else a call with a short deadline
/// would ask the same silent target for ever.
void ChainEngine::expire(MonotonicTime now, Actions& out) {
  Error error = ran_out(
      "the deadline of " + in_ms(terms_.deadline_shown.value_or(*terms_.deadline)) + " ran out",
      committed_ != 0 ? Phase::kBody : Phase::kNone);
  if (!failures_.empty()) error.message += " after " + what_each_said(failures_);
  for (const Live& live : live_)
    if (silent(live, now)) blame(live.target, now);
  cancel_all(error, out);
  give_up(std::move(error), now, out);
}

/// A clock of an attempt ran out.
void ChainEngine::ring(const Live& live, MonotonicTime now, Actions& out) {
  if (live.clock == Clock::kFinish) {
    find(live.number)->clock = Clock::kClosed;  // on_end() follows
    out.emplace_back(CloseAttempt{live.number});
    return;
  }
  const Error error = timeout(live);
  out.emplace_back(CancelAttempt{live.number, error});
  fail(live, error, now, out);
}

std::optional<MonotonicTime> ChainEngine::due(const Live& live) const {
  const TimeoutConfig& clocks = plan_.targets[live.target].clocks;
  const auto after = [&](const std::optional<Milliseconds>& limit) {
    return limit ? std::optional(live.since + *limit) : std::nullopt;
  };
  switch (live.clock) {
    case Clock::kHead:  // connect and head are kept by HTTP
    case Clock::kClosed:
      return std::nullopt;
    case Clock::kFirstToken:
      return streams(live) ? after(clocks.first_token) : whole_due(live);
    case Clock::kProgress:
      return earlier(after(clocks.progress), whole_due(live));
    case Clock::kFinish:
      return live.since + plan_.policy.finish_grace;
  }
  return std::nullopt;
}

/// Until when an answer that does not stream has to be whole. Before the head HTTP keeps that time.
std::optional<MonotonicTime> ChainEngine::whole_due(const Live& live) const {
  const auto& limit = plan_.targets[live.target].clocks.non_stream;
  if (streams(live) || !limit) return std::nullopt;
  return live.started + *limit;
}

/// What due() names ran out.
Error ChainEngine::timeout(const Live& live) const {
  struct Limit {
    std::string_view name;
    std::optional<Milliseconds> time;
    Phase phase;
  };
  const PlanTarget& target = plan_.targets[live.target];
  Limit limit{"progress_timeout", target.clocks.progress, Phase::kBody};
  if (const auto whole = whole_due(live); whole && due(live) == whole)
    limit = {"non_stream_timeout", target.clocks.non_stream, Phase::kBody};
  else if (live.clock == Clock::kFirstToken)
    limit = {"first_token_timeout", target.clocks.first_token, Phase::kFirstToken};
  return ran_out("provider '" + target.shown() + "': " + std::string(limit.name) + " of " +
                     in_ms(limit.time.value_or(Milliseconds{0})) + " ran out",
                 limit.phase);
}

std::optional<MonotonicTime> ChainEngine::hedge_due(const Live& live) const {
  const bool alone = live_.size() == 1 && committed_ == 0 && streams(live);
  const bool none = live.clock == Clock::kHead || live.clock == Clock::kFirstToken;
  if (!alone || !none || live.hedge_tried || hedge_failed_) return std::nullopt;
  if (!plan_.policy.hedge_after || plan_.targets.size() < 2) return std::nullopt;
  return live.started + *plan_.policy.hedge_after;
}

/// The next target whose lane is closed is asked beside a silent one, if the budget has it.
void ChainEngine::hedge(Live& live, MonotonicTime now, Actions& out) {
  live.hedge_tried = true;
  if (attempts_left() <= 0) return;
  for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
    if (i == live.target || state_of(i).tries > 0 || !may_ask(i)) continue;
    const Admission who = admit(i, now);
    if (who.kind != Admission::Kind::kReady) continue;
    if (!health_.hedges.take(plan_.policy.hedge_max_share)) return;
    Launch what;
    what.target = i;
    what.key = who.key;
    what.reason = "hedge";
    what.hedge = true;
    return launch(what, now, out);
  }
}

/// A wait is over; the target may have been found dead by another call meanwhile.
void ChainEngine::fire_pending(MonotonicTime now, Actions& out) {
  const Pending pending = *std::exchange(pending_, std::nullopt);
  const Admission who = admit(pending.target, now);
  const bool ready = who.kind == Admission::Kind::kReady || who.kind == Admission::Kind::kProbe;
  if (!ready && committed_ != 0) return find_rescuer(pending.target, pending.others, now, out);
  if (!ready && pending.others) return ask_anyone("fallback", now, out);
  if (!ready) return wait_for_one(pending.target, now) ? void() : give_up(now, out);
  if (who.kind == Admission::Kind::kProbe) take_probe(pending.target, now);
  Launch what;
  what.target = pending.target;
  what.key = who.key;
  what.mode = committed_ != 0 ? rescue_mode(pending.target) : Mode::kWhole;
  what.reason = what.mode == Mode::kContinue ? "continue" : pending.reason;
  what.wait = now - pending.since;
  launch(what, now, out);
}

}  // namespace prx::reliability
