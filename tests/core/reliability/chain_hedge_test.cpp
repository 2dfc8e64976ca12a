#include <gtest/gtest.h>

#include "core/reliability/chain_rig.hpp"

namespace prx::reliability::test {
namespace {

using namespace std::chrono_literals;

/// A chain whose first target has been silent for as long as a hedge waits.
class Hedged : public Rig {
 public:
  explicit Hedged(std::size_t targets = 2) : Rig(chain_of(targets)) {
    start();
    EXPECT_EQ(pass(10s - 1ns), "");
    EXPECT_EQ(pass(1ns), "start 2 b hedge");
  }
};

TEST(ChainHedge, TheFirstTokenWinsAndTheOtherIsCancelled) {
  Hedged slow;
  EXPECT_EQ(slow.token(1), "cancel 2; commit 1");
  Hedged fast;
  EXPECT_EQ(fast.token(2), "cancel 1; commit 2");
  EXPECT_EQ(fast.end(2), "finish 2");
}

TEST(ChainHedge, AHeadAloneIsNoToken) {
  Rig rig(chain_of(2));
  rig.start();
  rig.head(1);
  EXPECT_EQ(rig.pass(10s), "start 2 b hedge");
}

TEST(ChainHedge, NobodyIsAskedBesideOneThatAnswers) {
  Rig rig(chain_of(2));
  rig.start();
  rig.pass(9s);
  rig.token(1);
  EXPECT_EQ(rig.pass(60s), "");
}

TEST(ChainHedge, ASilentPrimaryOpensItsLane) {
  Rig rig(chain_of(2));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(rig.start(), "start 1 a first");
    rig.pass(10s);
    rig.answer(2);
  }
  EXPECT_EQ(rig.start(), "start 1 b fallback");
}

TEST(ChainHedge, AHedgeOfAMomentIsNotBlamed) {
  Rig rig(chain_of(2));
  for (int i = 0; i < 5; ++i) {
    rig.start();
    rig.pass(12s);
    rig.answer(1);
  }
  EXPECT_EQ(rig.lane(1).breaker.state(rig.now()), Breaker::State::kClosed);
  rig.lane(0).pause(1h, rig.now());
  EXPECT_EQ(rig.start(), "start 1 b fallback");
}

TEST(ChainHedge, AFailedHedgeStartsNoOther) {
  Hedged rig(3);
  EXPECT_EQ(rig.fail(2, ErrorClass::kOverloaded), "");
  EXPECT_EQ(rig.pass(60s), "");
  EXPECT_EQ(rig.answer(1), "commit 1; finish 1");
}

TEST(ChainHedge, WhatAHedgeSaysAboutTheRequestDoesNotEndTheFirst) {
  Hedged rig;
  EXPECT_EQ(rig.fail(2, ErrorClass::kInvalidRequest), "");
  EXPECT_EQ(rig.answer(1), "commit 1; finish 1");
}

TEST(ChainHedge, WhatTheFirstSaysAboutTheRequestEndsTheHedge) {
  Hedged rig;
  EXPECT_EQ(rig.fail(1, ErrorClass::kContentPolicy), "cancel 2; give up content_policy");
}

TEST(ChainHedge, WhenTheFirstFailsTheHedgeGoesOnAsTheFallback) {
  Hedged rig(3);
  EXPECT_EQ(rig.fail(1, ErrorClass::kOverloaded), "");
  EXPECT_EQ(rig.fail(2, ErrorClass::kNotFound), "start 3 c fallback");
}

TEST(ChainHedge, AHedgeThatIsTheFallbackMayBeHedgedItself) {
  Hedged rig(3);
  rig.fail(1, ErrorClass::kTimeout);
  EXPECT_EQ(rig.pass(10s), "start 3 c hedge");
}

TEST(ChainHedge, AfterBothFailedTheyAreRetried) {
  Hedged rig;
  rig.fail(2, ErrorClass::kOverloaded);
  EXPECT_EQ(rig.fail(1, ErrorClass::kTimeout), "");
  EXPECT_EQ(rig.pass(1s), "start 3 b retry");
}

TEST(ChainHedge, OnlyAClosedLaneIsAsked) {
  Rig rig(chain_of(3));
  rig.lane(1).breaker.open_until(rig.now() + 20s);
  rig.start();
  EXPECT_EQ(rig.pass(10s), "start 2 c hedge");
  Rig cooling(chain_of(2));
  cooling.lane(1).pause(30s, cooling.now());
  cooling.start();
  EXPECT_EQ(cooling.pass(60s), "");
}

TEST(ChainHedge, AProbeIsHedgedToo) {
  Rig rig(chain_of(2));
  rig.lane(0).breaker.open_until(rig.now());
  EXPECT_EQ(rig.start(), "start 1 a probe");
  EXPECT_EQ(rig.pass(10s), "start 2 b hedge");
  EXPECT_EQ(rig.token(2), "cancel 1; commit 2");
  EXPECT_EQ(rig.lane(0).breaker.state(rig.now()), Breaker::State::kOpen);
  EXPECT_FALSE(rig.lane(0).breaker.probing());
}

TEST(ChainHedge, OffMeansNever) {
  ReliabilityConfig policy;
  policy.hedge_after.reset();
  Rig rig(chain_of(2, policy));
  rig.start();
  EXPECT_EQ(rig.pass(100s), "");
}

TEST(ChainHedge, AnAnswerInOnePieceIsNotHedged) {
  Plan plan = chain_of(2);
  plan.stream = false;
  Rig rig(plan);
  rig.start();
  EXPECT_EQ(rig.pass(100s), "");
}

TEST(ChainHedge, TheBudgetOfAllCallsLimitsThem) {
  Rig rig(chain_of(2));
  int hedges = 0;
  for (int i = 0; i < 25; ++i) {
    rig.start();
    hedges += rig.pass(10s).empty() ? 0 : 1;
    rig.answer(1);
  }
  EXPECT_EQ(hedges, 7);  // a burst of 5, and a tenth of 25
}

TEST(ChainHedge, AttemptsLimitThem) {
  ReliabilityConfig policy;
  policy.attempts_max = 1;
  Rig rig(chain_of(2, policy));
  rig.start();
  EXPECT_EQ(rig.pass(100s), "");
}

TEST(ChainHedge, NeverMoreThanTwoAtATime) {
  Hedged rig(5);
  EXPECT_EQ(rig.pass(100s), "");
}

TEST(ChainHedge, AFinishReasonWithoutContentIsNotHedged) {
  Rig rig(chain_of(2));
  rig.start();
  rig.pass(9s);
  rig.engine().on_finish_reason(1, rig.now());
  EXPECT_EQ(rig.pass(1500ms), "");
}

}  // namespace
}  // namespace prx::reliability::test
