/// \file chain_rig.hpp
/// One ChainEngine under a virtual clock, with what it does as words: "start 2 b fallback; commit
/// 2". A test plays the attempts.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reliability/chain_engine.hpp"

namespace prx::reliability::test {

using std::chrono::nanoseconds;

[[nodiscard]] inline Error error_of(ErrorClass error_class,
                                    std::optional<Milliseconds> retry_after = {},
                                    Phase phase = Phase::kHead) {
  Error error;
  error.error_class = error_class;
  error.message = std::string(to_string(error_class));
  error.retry_after = retry_after;
  error.phase = phase;
  return error;
}

/// A chain of so many targets, "a" and "b" and so on, each a provider with its own lane.
[[nodiscard]] inline Plan chain_of(std::size_t count, ReliabilityConfig policy = {}) {
  Plan plan;
  for (std::size_t i = 0; i < count; ++i) {
    PlanTarget target;
    target.name = std::string(1, static_cast<char>('a' + i));
    target.lane = target.name + "/model";
    plan.targets.push_back(std::move(target));
  }
  plan.policy = std::move(policy);
  plan.seed = 7;
  return plan;
}

/// Makes calls one after the other on the same Health; a new one forgets the one before.
class Rig {
 public:
  explicit Rig(Plan plan) : plan_(std::move(plan)) {}
  /// Shares what is known with another call, at its time.
  Rig(Plan plan, Rig& other) : plan_(std::move(plan)), health_(other.health_), now_(other.now_) {}

  Plan& plan() { return plan_; }
  Health& health() { return *health_; }
  Lane& lane(std::size_t target) { return health_->lane(plan_.targets[target].lane); }
  KeyLane& keys(std::size_t target) { return health_->keys(plan_.targets[target].name); }
  ChainEngine& engine() { return *engine_; }
  MonotonicTime& now() { return now_; }

  /// A new call; what it does first.
  std::string start() {
    started_ = {};
    engine_.emplace(plan_, *health_, now_);
    engine_->start(now_, actions_);
    return take();
  }
  std::string head(AttemptNumber attempt) {
    engine_->on_head(attempt, now_);
    return take();
  }
  std::string token(AttemptNumber attempt) {
    engine_->on_content(attempt, now_, actions_);
    return take();
  }
  std::string end(AttemptNumber attempt) {
    engine_->on_end(attempt, std::nullopt, now_, actions_);
    return take();
  }
  std::string answer(AttemptNumber attempt) {
    engine_->on_head(attempt, now_);
    engine_->on_content(attempt, now_, actions_);
    engine_->on_finish_reason(attempt, now_);
    engine_->on_end(attempt, std::nullopt, now_, actions_);
    return take();
  }
  std::string fail(AttemptNumber attempt, const Error& error) {
    engine_->on_end(attempt, error, now_, actions_);
    return take();
  }
  std::string fail(AttemptNumber attempt, ErrorClass error_class,
                   std::optional<Milliseconds> retry_after = {}) {
    return fail(attempt, error_of(error_class, retry_after));
  }
  std::string differs(AttemptNumber attempt) {
    engine_->on_differs(attempt, now_, actions_);
    return take();
  }
  std::string cancel() {
    engine_->cancel(now_, actions_);
    return take();
  }
  /// Moves time, and stops at each timer on the way.
  std::string pass(nanoseconds time) {
    const MonotonicTime until = now_ + time;
    for (auto next = timer(); next && *next <= until; next = timer()) {
      now_ = std::max(now_, *next);
      engine_->on_timer(now_, actions_);
    }
    now_ = until;
    return take();
  }
  /// Moves time to the next timer, and says how far that was; nullopt: there is none.
  std::optional<nanoseconds> next_in() {
    const auto next = timer();
    return next ? std::optional<nanoseconds>(*next - now_) : std::nullopt;
  }
  /// A call on its own, whose attempts all fail: what opens a lane.
  void failing_call(ErrorClass error_class) {
    start();
    for (int i = 0; !engine_->ended() && i < 1'000; ++i) {
      fail(started_.attempt, error_class);
      if (!engine_->ended()) pass(*next_in());
    }
  }

  /// The last one.
  const StartAttempt& started() const { return started_; }
  const Error& error() const { return error_; }

 private:
  std::optional<MonotonicTime> timer() const {
    return engine_ ? engine_->next_timer() : std::nullopt;
  }
  std::string take() {
    std::string out;
    for (const Action& action : std::exchange(actions_, {}))
      out +=
          (out.empty() ? "" : "; ") + std::visit([this](const auto& a) { return say(a); }, action);
    return out;
  }
  std::string say(const StartAttempt& start) {
    started_ = start;
    const std::string key = start.key == 0 ? "" : "#" + std::to_string(start.key);
    return "start " + std::to_string(start.attempt) + " " + plan_.targets[start.target].name + key +
           " " + std::string(start.reason);
  }
  std::string say(const CancelAttempt& cancel) {
    return "cancel " + std::to_string(cancel.attempt);
  }
  std::string say(const Commit& commit) { return "commit " + std::to_string(commit.attempt); }
  std::string say(const CloseAttempt& close) { return "close " + std::to_string(close.attempt); }
  std::string say(const Finish& finish) { return "finish " + std::to_string(finish.attempt); }
  std::string say(const GiveUp& give_up) {
    error_ = give_up.error;
    return "give up " + std::string(to_string(give_up.error.error_class));
  }

  Plan plan_;
  std::shared_ptr<Health> health_ = std::make_shared<Health>();  // of several rigs
  MonotonicTime now_{std::chrono::hours(1)};
  std::optional<ChainEngine> engine_;
  Actions actions_;
  StartAttempt started_;
  Error error_;
};

}  // namespace prx::reliability::test
