#include "reliability/chain_engine.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace prx::reliability {

namespace {

constexpr const char* kDiffers = "its answer differs from what was delivered before";

Error of_class(ErrorClass error_class, std::string message) {
  Error error;
  error.error_class = error_class;
  error.message = std::move(message);
  return error;
}

}  // namespace

ChainEngine::ChainEngine(const Plan& plan, const Terms& terms, Health& health, MonotonicTime now)
    : plan_(plan),
      terms_(terms),
      health_(health),
      random_(terms.seed),
      begun_(now),
      targets_(plan.targets.size()) {
  assert(!plan.targets.empty());
  if (terms.deadline) deadline_ = now + *terms.deadline;
  if (plan.policy.recovery == Recovery::kError) rescue_ = Rescue::kNever;
  if (plan.policy.recovery == Recovery::kContinue) rescue_ = Rescue::kContinue;
}

ChainEngine::~ChainEngine() {
  for (std::size_t i = 0; i < targets_.size(); ++i) {  // of a call that never ended
    TargetState& target = targets_[i];
    if (target.lane != nullptr && target.probing) target.lane->breaker.probe_over();
    if (target.plugin_probing) give_back_plugin(i);
  }
  let_go();
}

void ChainEngine::start(MonotonicTime now, Actions& out) {
  assert(state_ == State::kIdle);
  state_ = State::kRunning;
  health_.retries.call_started(now);
  health_.hedges.call_started(plan_.policy.hedge_max_share);
  if (expired(now)) return expire(now, out);  // nobody is asked for nothing
  ask_anyone("first", now, out);
}

// --- what attempts say

void ChainEngine::on_head(AttemptNumber attempt, MonotonicTime now) {
  Live* const live = find(attempt);
  if (live == nullptr || live->clock != Clock::kHead) return;
  live->clock = Clock::kFirstToken;
  live->since = own(now);
}

void ChainEngine::on_content(AttemptNumber attempt, MonotonicTime now, Actions& out) {
  Live* const live = find(attempt);
  if (live == nullptr || live->clock == Clock::kClosed) return;
  live->since = own(now);
  live->clock = Clock::kProgress;
  if (committed_ != 0) {
    if (live->token) return;
    live->token = true;
    answered(live->target, false, now);
    if (live->mode == Mode::kContinue) committed_ = attempt;  // its words go straight to the caller
    return;
  }
  if (!live->token) choose_winner(*live, now, out);
  ++live_.front().tokens;
  maybe_commit(live_.front(), now, out);
}

void ChainEngine::on_progress(AttemptNumber attempt, MonotonicTime now) {
  Live* const live = find(attempt);
  if (live != nullptr && live->clock != Clock::kFinish) live->since = own(now);
}

void ChainEngine::on_exhausted(AttemptNumber attempt, Milliseconds wait, MonotonicTime now) {
  const Live* const live = find(attempt);
  if (live == nullptr) return;
  Error limit;
  limit.error_class = ErrorClass::kRateLimit;
  limit.retry_after = wait;
  state_of(live->target).lane->limited(live->key, limit, plan_.policy, now);
}

void ChainEngine::on_finish_reason(AttemptNumber attempt, MonotonicTime now) {
  Live* const live = find(attempt);
  if (live == nullptr || live->clock == Clock::kClosed) return;
  live->clock = Clock::kFinish;
  live->since = own(now);
}

void ChainEngine::on_end(AttemptNumber attempt, const std::optional<Error>& error,
                         MonotonicTime now, Actions& out) {
  const Live* const found = find(attempt);
  if (found == nullptr) return;
  const Live live = *found;
  if (error) return fail(live, *error, now, out);
  // Complete before all that was delivered was said again: its answer is a shorter one.
  const bool shorter = committed_ != 0 && committed_ != live.number && live.mode == Mode::kSplice;
  if (shorter) return differs(live, now, out);
  succeed(live, now, out);
}

void ChainEngine::on_spliced(AttemptNumber attempt) {
  if (find(attempt) != nullptr) committed_ = attempt;
}

void ChainEngine::on_differs(AttemptNumber attempt, MonotonicTime now, Actions& out) {
  const Live* const found = find(attempt);
  if (found == nullptr) return;
  const Live live = *found;
  out.emplace_back(CancelAttempt{attempt, of_class(ErrorClass::kCancelled, kDiffers)});
  differs(live, now, out);
}

/// An attempt is well, and says something else.
void ChainEngine::differs(const Live& live, MonotonicTime now, Actions& out) {
  drop(live.number);
  answered(live.target, true, now);
  state_of(live.target).spent = differed_ = true;
  if (expired(now)) return expire(now, out);
  rescue(live, of_class(ErrorClass::kCancelled, kDiffers), now, out);
}

/// The first token wins: who else was asked is not needed any more. The winner becomes the only
/// live attempt; a probe that brought a token has shown what it was for.
void ChainEngine::choose_winner(Live& winner, MonotonicTime now, Actions& out) {
  winner.token = true;
  winner.hedge = false;
  winner.first_token = own(now);
  answered(winner.target, false, now);
  for (const Live& loser : live_) {
    if (loser.number == winner.number) continue;
    if (silent(loser, now)) blame(loser.target, now);
    leave(loser.target, now);
    out.emplace_back(CancelAttempt{
        loser.number, of_class(ErrorClass::kCancelled, "another attempt answered first")});
  }
  if (live_.size() == 1) return;
  live_.front() = winner;
  live_.erase(live_.begin() + 1, live_.end());
}

void ChainEngine::maybe_commit(const Live& live, MonotonicTime now, Actions& out) {
  if (committed_ != 0 || !live.token || plan_.policy.recovery == Recovery::kBuffer) return;
  if (live.tokens <= plan_.policy.hold_tokens) return;
  if (own(now) < live.first_token + plan_.policy.hold) return;
  committed_ = live.number;
  out.emplace_back(Commit{live.number});
}

/// When the time to hold back is over; nullopt: it does not decide.
std::optional<MonotonicTime> ChainEngine::hold_ends(const Live& live) const {
  const bool held = committed_ == 0 && live.token && plan_.policy.recovery != Recovery::kBuffer;
  if (!held || live.tokens <= plan_.policy.hold_tokens) return std::nullopt;
  return live.first_token + plan_.policy.hold;
}

// --- the end of an attempt

void ChainEngine::succeed(const Live& live, MonotonicTime now, Actions& out) {
  if (committed_ == 0) {
    if (!live.token) choose_winner(*find(live.number), now, out);
    out.emplace_back(Commit{live.number});
  }
  committed_ = live.number;
  answered(live.target, true, now);
  const TargetState& target = state_of(live.target);
  target.lane->key(live.key).limits = 0;  // a rest that another call was told of still holds
  target.keys->record(live.key, nullptr, now);
  drop(live.number);
  settle(now);
  state_ = State::kEnded;
  out.emplace_back(Finish{live.number});
}

/// A target that declared to go on from a beginning, and then does not take one.
bool ChainEngine::refused_prefix(const Live& live, const Error& error, const Verdict& what) const {
  const bool about_request = !what.counts && !what.dead_key && !what.local &&
                             error.error_class != ErrorClass::kRateLimit &&
                             error.error_class != ErrorClass::kCancelled;
  return live.mode == Mode::kContinue && !live.token && about_request;
}

void ChainEngine::fail(const Live& live, const Error& error, MonotonicTime now, Actions& out) {
  drop(live.number);
  const Verdict what = verdict(error, plan_.policy);
  note_failure(live, error, what, now);
  const bool refused = refused_prefix(live, error, what);
  if (refused)
    state_of(live.target).refuses_prefix = true;  // no failure of the call: it may splice
  if (!refused) failures_.push_back({live.target, plan_.targets[live.target].shown(), error});
  if (expired(now)) return expire(now, out);
  if (refused) return rescue(live, error, now, out);
  if (error.error_class == ErrorClass::kContextLength) {
    context_full_ = true;
    context_tried_ =
        std::max(context_tried_, plan_.targets[live.target].context_length.value_or(0));
  }
  // A delivered stream that stalled is asked for again like one that was cut.
  const bool stalled = live.number == committed_ && error.error_class == ErrorClass::kTimeout;
  if (!what.retry && !what.next_key && !stalled) state_of(live.target).spent = true;
  if (committed_ == 0) return fail_uncommitted(live, error, what, now, out);
  if (!broken_) broken_ = std::make_unique<const Error>(error);
  rescue(live, error, now, out);
}

void ChainEngine::fail_uncommitted(const Live& live, const Error& error, const Verdict& what,
                                   MonotonicTime now, Actions& out) {
  const bool final = !what.retry && !what.next_key && !what.fallback;
  if (final && !live.hedge) {
    cancel_all(error, out);
    return give_up(now, out);
  }
  if (live_.empty()) return next_step(live, error, now, out);
  hedge_failed_ = hedge_failed_ || live.hedge;  // the other one goes on, as the first
  live_.front().hedge = false;
  leave(live.target, now);
}

ChainEngine::Live* ChainEngine::find(AttemptNumber attempt) {
  if (state_ != State::kRunning) return nullptr;
  for (Live& live : live_)
    if (live.number == attempt) return &live;
  return nullptr;
}

void ChainEngine::drop(AttemptNumber attempt) {
  const auto gone = std::find_if(live_.begin(), live_.end(),
                                 [&](const Live& live) { return live.number == attempt; });
  if (gone != live_.end()) live_.erase(gone);
}

// --- the end of the call

void ChainEngine::cancel(MonotonicTime now, Actions& out) {
  if (ended()) return;
  Error error = of_class(ErrorClass::kCancelled, "cancelled by the caller");
  cancel_all(error, out);
  give_up(std::move(error), now, out);
}

void ChainEngine::cancel_all(const Error& why, Actions& out) {
  for (const Live& live : live_) out.emplace_back(CancelAttempt{live.number, why});
  live_.clear();
  pending_.reset();
}

void ChainEngine::give_up(Error error, MonotonicTime now, Actions& out) {
  settle(now);
  state_ = State::kEnded;
  out.emplace_back(GiveUp{std::move(error)});
}

/// Nobody is left to ask: the error is what broke the delivered stream, else the most useful one.
void ChainEngine::give_up(MonotonicTime now, Actions& out) {
  Error error = broken_ ? *broken_ : most_useful(failures_);
  if (broken_ && failures_.size() > 1) error.message = what_each_said(failures_);
  if (differed_) error.message += "; another answer differs from what was delivered before";
  const auto back = error.error_class == ErrorClass::kRateLimit ? first_back(now) : std::nullopt;
  if (back) error.retry_after = std::chrono::ceil<Milliseconds>(*back - now);
  give_up(std::move(error), now, out);
}

void ChainEngine::pause(MonotonicTime now) {
  if (!paused_at_) paused_at_ = now;
}

void ChainEngine::resume(MonotonicTime now) {
  if (!paused_at_) return;
  const auto held = now - *paused_at_;
  paused_at_.reset();
  for (Live& live : live_) {
    live.started += held;
    live.since += held;
    live.first_token += held;
  }
  if (deadline_) *deadline_ += held;
}

}  // namespace prx::reliability
