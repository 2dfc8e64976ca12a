#include "reliability/call_engine.hpp"

#include <gtest/gtest.h>

namespace prx::reliability {
namespace {

using namespace std::chrono_literals;

/// An engine with the actions that it answered.
class Rig {
 public:
  explicit Rig(ReliabilityConfig policy = {}, TimeoutConfig clocks = {}, bool stream = true) {
    plan_.targets = {{"primary", clocks}};
    plan_.policy = policy;
    plan_.stream = stream;
    engine_.emplace(plan_, now_);
    engine_->start(now_, actions_);
  }

  CallEngine& engine() { return *engine_; }
  MonotonicTime now() const { return now_; }
  void pass(MonotonicTime::duration time) {
    now_ += time;
    engine_->on_timer(now_, actions_);
  }
  Actions take() { return std::exchange(actions_, {}); }
  Actions& out() { return actions_; }
  const Error& gave_up() {
    for (const auto& action : actions_)
      if (const auto* give_up = std::get_if<GiveUp>(&action)) return give_up->error;
    ADD_FAILURE() << "the engine did not give up";
    static const Error none;
    return none;
  }
  template <class A>
  bool has() const {
    for (const auto& action : actions_)
      if (std::holds_alternative<A>(action)) return true;
    return false;
  }

 private:
  Plan plan_;
  MonotonicTime now_{1h};
  Actions actions_;
  std::optional<CallEngine> engine_;
};

TEST(CallEngine, StartsTheFirstTarget) {
  Rig rig;
  const Actions actions = rig.take();
  ASSERT_EQ(actions.size(), 1u);
  const auto& start = std::get<StartAttempt>(actions[0]);
  EXPECT_EQ(start.attempt, 1u);
  EXPECT_EQ(start.target, 0u);
  EXPECT_EQ(start.reason, "first");
}

TEST(CallEngine, CommitsAtTheFirstTokenAndOnce) {
  Rig rig;
  rig.take();
  rig.engine().on_head(1, rig.now());
  rig.engine().on_content(1, rig.now(), rig.out());
  rig.engine().on_content(1, rig.now(), rig.out());
  const Actions actions = rig.take();
  ASSERT_EQ(actions.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<Commit>(actions[0]));
}

TEST(CallEngine, ACompleteAnswerFinishesTheCall) {
  Rig rig;
  rig.engine().on_content(1, rig.now(), rig.out());
  rig.take();
  rig.engine().on_end(1, std::nullopt, rig.now(), rig.out());
  EXPECT_TRUE(rig.has<Finish>());
  EXPECT_TRUE(rig.engine().ended());
}

TEST(CallEngine, AFailureGivesUpWithItsError) {
  Rig rig;
  Error error;
  error.error_class = ErrorClass::kRateLimit;
  error.message = "too many";
  rig.engine().on_end(1, error, rig.now(), rig.out());
  EXPECT_EQ(rig.gave_up().message, "too many");
}

TEST(CallEngine, FirstTokenTimeoutCountsFromTheHead) {
  TimeoutConfig clocks;
  clocks.first_token = 5s;
  Rig rig({}, clocks);
  rig.pass(20s);
  EXPECT_FALSE(rig.engine().ended()) << "before the head HTTP keeps the clock";
  rig.engine().on_head(1, rig.now());
  rig.pass(4999ms);
  EXPECT_FALSE(rig.engine().ended());
  rig.pass(1ms);
  EXPECT_TRUE(rig.has<CancelAttempt>());
  EXPECT_EQ(rig.gave_up().error_class, ErrorClass::kTimeout);
  EXPECT_EQ(rig.gave_up().phase, Phase::kFirstToken);
  EXPECT_EQ(rig.gave_up().message, "provider 'primary': first_token_timeout of 5000 ms ran out");
}

TEST(CallEngine, ProgressTimeoutCountsFromTheLastToken) {
  TimeoutConfig clocks;
  clocks.progress = 3s;
  Rig rig({}, clocks);
  rig.engine().on_content(1, rig.now(), rig.out());
  rig.pass(2s);
  rig.engine().on_content(1, rig.now(), rig.out());
  rig.pass(2s);
  EXPECT_FALSE(rig.engine().ended());
  rig.pass(1s);
  EXPECT_EQ(rig.gave_up().phase, Phase::kBody);
}

TEST(CallEngine, AFinishReasonWithoutAnEndIsDoneAfterTheGrace) {
  Rig rig;
  rig.engine().on_content(1, rig.now(), rig.out());
  rig.take();
  rig.engine().on_finish_reason(1, rig.now());
  rig.pass(1999ms);
  EXPECT_FALSE(rig.engine().ended());
  rig.pass(1ms);
  EXPECT_TRUE(rig.has<CancelAttempt>());
  EXPECT_TRUE(rig.has<Finish>());
}

TEST(CallEngine, TheDeadlineEndsTheCallInEveryState) {
  ReliabilityConfig policy;
  policy.deadline = 10s;
  for (int state = 0; state < 4; ++state) {
    Rig rig(policy);
    if (state >= 1) rig.engine().on_head(1, rig.now());
    if (state >= 2) rig.engine().on_content(1, rig.now(), rig.out());
    rig.pass(9999ms);
    EXPECT_FALSE(rig.engine().ended()) << state;
    rig.pass(1ms);
    EXPECT_EQ(rig.gave_up().error_class, ErrorClass::kTimeout) << state;
  }
}

TEST(CallEngine, NoTimerOutlivesTheDeadline) {
  ReliabilityConfig policy;
  policy.deadline = 1s;
  Rig rig(policy);
  EXPECT_EQ(rig.engine().next_timer(), rig.now() + 1s);
  rig.engine().on_head(1, rig.now());
  EXPECT_EQ(rig.engine().next_timer(), rig.now() + 1s);
}

TEST(CallEngine, WithoutClocksThereIsNoTimer) {
  ReliabilityConfig policy;
  policy.deadline = std::nullopt;
  TimeoutConfig clocks;
  clocks.first_token = std::nullopt;
  Rig rig(policy, clocks);
  rig.engine().on_head(1, rig.now());
  EXPECT_EQ(rig.engine().next_timer(), std::nullopt);
}

TEST(CallEngine, APlainAnswerHasNoFirstTokenClock) {
  ReliabilityConfig policy;
  policy.deadline = std::nullopt;
  Rig rig(policy, {}, false);
  rig.engine().on_head(1, rig.now());
  EXPECT_EQ(rig.engine().next_timer(), std::nullopt);
}

TEST(CallEngine, NoClockRunsWhilePaused) {
  ReliabilityConfig policy;
  policy.deadline = 10s;
  Rig rig(policy);
  rig.engine().on_content(1, rig.now(), rig.out());
  rig.engine().pause(rig.now());
  EXPECT_EQ(rig.engine().next_timer(), std::nullopt);
  rig.pass(1h);
  EXPECT_FALSE(rig.engine().ended());
  rig.engine().resume(rig.now());
  EXPECT_EQ(rig.engine().next_timer(), rig.now() + 10s);
}

TEST(CallEngine, CancelEndsOnceAndStopsTheAttempt) {
  Rig rig;
  rig.engine().cancel(rig.now(), rig.out());
  EXPECT_TRUE(rig.has<CancelAttempt>());
  EXPECT_EQ(rig.gave_up().error_class, ErrorClass::kCancelled);
  rig.take();
  rig.engine().cancel(rig.now(), rig.out());
  rig.engine().on_end(1, std::nullopt, rig.now(), rig.out());
  rig.pass(1h);
  EXPECT_TRUE(rig.take().empty());
}

TEST(CallEngine, WhatAnotherAttemptSaysIsIgnored) {
  Rig rig;
  rig.take();
  rig.engine().on_content(2, rig.now(), rig.out());
  rig.engine().on_end(2, std::nullopt, rig.now(), rig.out());
  EXPECT_TRUE(rig.take().empty());
  EXPECT_FALSE(rig.engine().ended());
}

}  // namespace
}  // namespace prx::reliability
