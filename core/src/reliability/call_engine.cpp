#include "reliability/call_engine.hpp"

#include <algorithm>
#include <cassert>

namespace prx::reliability {

CallEngine::CallEngine(const Plan& plan, MonotonicTime now) : plan_(plan), phase_since_(now) {
  assert(!plan.targets.empty());
  if (plan.policy.deadline) deadline_ = now + *plan.policy.deadline;
}

void CallEngine::start(MonotonicTime now, Actions& out) {
  assert(state_ == State::kIdle);
  attempt_ = 1;
  state_ = State::kWaitingForHead;
  phase_since_ = now;
  out.emplace_back(StartAttempt{attempt_, 0, "first"});
}

void CallEngine::on_head(AttemptNumber attempt, MonotonicTime now) {
  if (attempt != attempt_ || state_ != State::kWaitingForHead) return;
  state_ = State::kWaitingForToken;
  phase_since_ = now;
}

void CallEngine::on_content(AttemptNumber attempt, MonotonicTime now, Actions& out) {
  if (attempt != attempt_ || ended()) return;
  phase_since_ = now;
  state_ = State::kStreaming;
  if (committed_) return;
  committed_ = true;
  out.emplace_back(Commit{attempt});
}

void CallEngine::on_progress(AttemptNumber attempt, MonotonicTime now) {
  if (attempt != attempt_ || ended()) return;
  phase_since_ = now;
}

void CallEngine::on_finish_reason(AttemptNumber attempt, MonotonicTime now) {
  if (attempt != attempt_ || ended()) return;
  state_ = State::kFinishing;
  phase_since_ = now;
}

void CallEngine::on_end(AttemptNumber attempt, const std::optional<Error>& error, MonotonicTime,
                        Actions& out) {
  if (attempt != attempt_ || ended()) return;
  if (error) return end_with(*error, out);
  if (!committed_) out.emplace_back(Commit{attempt});
  committed_ = true;
  state_ = State::kEnded;
  out.emplace_back(Finish{attempt});
}

void CallEngine::on_timer(MonotonicTime now, Actions& out) {
  if (ended() || paused_at_ || state_ == State::kIdle) return;
  if (deadline_ && now >= *deadline_) {
    const Phase phase = committed_ ? Phase::kBody : Phase::kNone;
    Error error = timeout_error("deadline", *plan_.policy.deadline, phase);
    out.emplace_back(CancelAttempt{attempt_});
    return end_with(std::move(error), out);
  }
  const auto due = phase_timer();
  if (due && now >= *due) time_out(now, out);
}

void CallEngine::time_out(MonotonicTime, Actions& out) {
  const TimeoutConfig& clocks = plan_.targets.front().clocks;
  out.emplace_back(CancelAttempt{attempt_});
  if (state_ == State::kFinishing) {
    if (!committed_) out.emplace_back(Commit{attempt_});
    committed_ = true;
    state_ = State::kEnded;
    out.emplace_back(Finish{attempt_});
    return;
  }
  if (state_ == State::kStreaming)
    return end_with(timeout_error("progress_timeout", *clocks.progress, Phase::kBody), out);
  end_with(timeout_error("first_token_timeout", *clocks.first_token, Phase::kFirstToken), out);
}

void CallEngine::cancel(MonotonicTime, Actions& out) {
  if (ended()) return;
  if (state_ != State::kIdle) out.emplace_back(CancelAttempt{attempt_});
  Error error;
  error.error_class = ErrorClass::kCancelled;
  error.message = "cancelled by the caller";
  end_with(std::move(error), out);
}

void CallEngine::pause(MonotonicTime now) {
  if (!paused_at_) paused_at_ = now;
}

void CallEngine::resume(MonotonicTime now) {
  if (!paused_at_) return;
  const auto held = now - *paused_at_;
  paused_at_.reset();
  phase_since_ += held;
  if (deadline_) *deadline_ += held;
}

std::optional<MonotonicTime> CallEngine::next_timer() const {
  if (ended() || paused_at_ || state_ == State::kIdle) return std::nullopt;
  const auto phase = phase_timer();
  if (!deadline_) return phase;
  return phase ? std::min(*deadline_, *phase) : *deadline_;
}

std::optional<MonotonicTime> CallEngine::phase_timer() const {
  const TimeoutConfig& clocks = plan_.targets.front().clocks;
  const auto after = [&](const std::optional<Milliseconds>& limit) {
    return limit ? std::optional(phase_since_ + *limit) : std::nullopt;
  };
  switch (state_) {
    case State::kWaitingForToken:
      return plan_.stream ? after(clocks.first_token) : std::nullopt;
    case State::kStreaming:
      return after(clocks.progress);
    case State::kFinishing:
      return phase_since_ + plan_.policy.finish_grace;
    case State::kIdle:
    case State::kWaitingForHead:  // connect and head are kept by HTTP
    case State::kEnded:
      return std::nullopt;
  }
  return std::nullopt;
}

Error CallEngine::timeout_error(std::string_view clock, Milliseconds limit, Phase phase) const {
  Error error;
  error.error_class = ErrorClass::kTimeout;
  error.phase = phase;
  error.message = "provider '" + plan_.targets.front().name + "': " + std::string(clock) + " of " +
                  std::to_string(limit.count()) + " ms ran out";
  return error;
}

void CallEngine::end_with(Error error, Actions& out) {
  state_ = State::kEnded;
  out.emplace_back(GiveUp{std::move(error)});
}

}  // namespace prx::reliability
