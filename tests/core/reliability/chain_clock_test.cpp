#include <gtest/gtest.h>

#include "core/reliability/chain_rig.hpp"

namespace prx::reliability::test {
namespace {

using namespace std::chrono_literals;

Plan one(ReliabilityConfig policy = {}) {
  policy.hedge_after.reset();
  return chain_of(2, std::move(policy));
}

/// Of a call that does not stream.
Plan in_one_piece(std::optional<Milliseconds> limit = 5min) {
  Plan plan = one();
  plan.stream = false;
  plan.targets[0].clocks.non_stream = limit;
  return plan;
}

/// A policy without retries.
ReliabilityConfig once() {
  ReliabilityConfig policy;
  policy.retries = 0;
  return policy;
}

ReliabilityConfig due_in(std::optional<Milliseconds> deadline) {
  ReliabilityConfig policy;
  policy.deadline = deadline;
  return policy;
}

TEST(ChainClock, TheHeadIsKeptByHttp) {
  Rig rig(one());
  rig.start();
  EXPECT_EQ(rig.pass(9min), "");
}

TEST(ChainClock, TheFirstTokenIsDueAfterTheHead) {
  Rig rig(one());
  rig.start();
  rig.pass(20s);
  rig.head(1);
  EXPECT_EQ(rig.pass(120s - 1ns), "");
  EXPECT_EQ(rig.pass(1ns), "cancel 1; start 2 b fallback");
}

TEST(ChainClock, ASignOfLifeMovesTheFirstToken) {
  Rig rig(one());
  rig.start();
  rig.head(1);
  rig.pass(100s);
  rig.engine().on_progress(1, rig.now());
  EXPECT_EQ(rig.pass(119s), "");
  EXPECT_EQ(rig.pass(1s), "cancel 1; start 2 b fallback");
}

TEST(ChainClock, AnAnswerInOnePieceHasNoFirstToken) {
  Rig rig(in_one_piece());
  rig.start();
  rig.head(1);
  EXPECT_EQ(rig.pass(5min - 1ns), "");
}

TEST(ChainClock, AnAnswerInOnePieceHasToBeWholeInTime) {
  Rig rig(in_one_piece(60s));
  rig.start();
  rig.pass(20s);
  rig.head(1);
  for (int i = 0; i < 39; ++i) {  // a body that trickles
    EXPECT_EQ(rig.pass(1s), "");
    rig.engine().on_progress(1, rig.now());
  }
  EXPECT_EQ(rig.pass(1s), "cancel 1; start 2 b fallback");
  rig.fail(2, ErrorClass::kNotFound);
  EXPECT_EQ(rig.error().message,
            "provider 'a': non_stream_timeout of 60000 ms ran out; 'b': not_found");
}

TEST(ChainClock, AnAnswerInOnePieceMayTakeForEverWhenThatClockIsOff) {
  Rig rig(in_one_piece(std::nullopt));
  rig.start();
  rig.head(1);
  EXPECT_EQ(rig.pass(9min), "");
}

TEST(ChainClock, APauseStopsTheClockOfAnAnswerInOnePiece) {
  Rig rig(in_one_piece(60s));
  rig.start();
  rig.head(1);
  rig.pass(30s);
  rig.engine().pause(rig.now());
  rig.pass(1min);
  rig.engine().resume(rig.now());
  EXPECT_EQ(rig.pass(30s - 1ns), "");
  EXPECT_EQ(rig.pass(1ns), "cancel 1; start 2 b fallback");
}

TEST(ChainClock, AClockThatIsOffDoesNotRun) {
  Plan plan = one();
  plan.targets[0].clocks.first_token.reset();
  plan.targets[0].clocks.progress.reset();
  Rig rig(plan);
  rig.start();
  rig.head(1);
  EXPECT_EQ(rig.pass(4min), "");
  rig.token(1);
  EXPECT_EQ(rig.pass(4min), "");
}

TEST(ChainClock, ProgressIsDueAfterEachToken) {
  Rig rig(one());
  rig.start();
  rig.token(1);
  rig.pass(100s);
  rig.token(1);
  EXPECT_EQ(rig.pass(120s - 1ns), "");
  EXPECT_EQ(rig.pass(1ns), "cancel 1; start 2 b splice");
}

TEST(ChainClock, AFinishedAnswerIsClosedAfterItsGrace) {
  Rig rig(one());
  rig.start();
  rig.token(1);
  rig.engine().on_finish_reason(1, rig.now());
  EXPECT_EQ(rig.pass(2s - 1ns), "");
  EXPECT_EQ(rig.pass(1ns), "close 1");
  EXPECT_EQ(rig.pass(1min), "");
  EXPECT_EQ(rig.end(1), "finish 1");
}

TEST(ChainClock, SignsOfLifeDoNotPutOffTheClosing) {
  Rig rig(one());
  rig.start();
  rig.token(1);
  rig.engine().on_finish_reason(1, rig.now());
  rig.pass(1s);
  rig.engine().on_progress(1, rig.now());
  EXPECT_EQ(rig.pass(1s), "close 1");
}

TEST(ChainClock, ContentOfAnotherChoicePutsItOff) {
  Rig rig(one());
  rig.start();
  rig.token(1);
  rig.engine().on_finish_reason(1, rig.now());
  rig.pass(1s);
  rig.token(1);
  EXPECT_EQ(rig.pass(5s), "");
  rig.engine().on_finish_reason(1, rig.now());
  EXPECT_EQ(rig.pass(2s), "close 1");
}

TEST(ChainClock, AClosedAnswerThatIsNoGoodIsAFailure) {
  Rig rig(one(once()));
  rig.start();
  rig.engine().on_finish_reason(1, rig.now());
  EXPECT_EQ(rig.pass(2s), "close 1");
  EXPECT_EQ(rig.fail(1, ErrorClass::kBadResponse), "start 2 b fallback");
}

TEST(ChainClock, TheDeadlineEndsTheCall) {
  Rig rig(one());
  rig.start();
  EXPECT_EQ(rig.pass(10min - 1ns), "");
  EXPECT_EQ(rig.pass(1ns), "cancel 1; give up timeout");
  EXPECT_EQ(rig.error().message, "the deadline of 600000 ms ran out");
}

TEST(ChainClock, TheDeadlinesErrorSaysWhatWasTried) {
  Rig rig(one(once()));
  rig.start();
  rig.fail(1, ErrorClass::kOverloaded);
  rig.pass(10min);
  EXPECT_EQ(rig.error().message, "the deadline of 600000 ms ran out after 'a': overloaded");
}

TEST(ChainClock, NothingIsStartedOnTheDeadlineItself) {
  Rig rig(one());
  rig.start();
  rig.now() += 10min;  // the timer is late
  EXPECT_EQ(rig.fail(1, ErrorClass::kNotFound), "give up timeout");
}

TEST(ChainClock, WithoutADeadlineThereIsNone) {
  Rig rig(one(due_in(std::nullopt)));
  rig.start();
  EXPECT_FALSE(rig.next_in());
}

TEST(ChainClock, SilenceUntilTheDeadlineCountsAgainstTheLane) {
  Rig rig(chain_of(1, due_in(12s)));
  for (int i = 0; i < 3; ++i) {
    rig.start();
    EXPECT_EQ(rig.pass(12s), "cancel 1; give up timeout");
  }
  EXPECT_EQ(rig.lane(0).breaker.state(rig.now()), Breaker::State::kOpen);
}

TEST(ChainPause, NoClockRuns) {
  Rig rig(chain_of(2));
  rig.start();
  rig.head(1);
  rig.pass(9s);
  rig.engine().pause(rig.now());
  EXPECT_EQ(rig.pass(1h), "");
  rig.engine().resume(rig.now());
  EXPECT_EQ(rig.pass(1s - 1ns), "");
  EXPECT_EQ(rig.pass(1ns), "start 2 b hedge");
}

TEST(ChainPause, TheDeadlineMovesWithIt) {
  Rig rig(one(due_in(20s)));
  rig.start();
  rig.pass(15s);
  rig.engine().pause(rig.now());
  rig.pass(1h);
  rig.engine().resume(rig.now());
  EXPECT_EQ(rig.pass(5s - 1ns), "");
  EXPECT_EQ(rig.pass(1ns), "cancel 1; give up timeout");
}

TEST(ChainPause, ATokenThatWasUnderWayStartsItsClockWithTheCallAgain) {
  Rig rig(one());
  rig.start();
  rig.token(1);
  rig.engine().pause(rig.now());
  rig.pass(50s);
  rig.token(1);
  rig.pass(50s);
  rig.engine().resume(rig.now());
  EXPECT_EQ(rig.pass(120s - 1ns), "");
  EXPECT_EQ(rig.pass(1ns), "cancel 1; start 2 b splice");
}

TEST(ChainPause, WhatBreaksMeanwhileDoesNotCountAgainstTheLane) {
  Rig rig(one());
  for (int i = 0; i < 10; ++i) {
    rig.start();
    rig.token(1);
    rig.engine().pause(rig.now());
    rig.fail(1, ErrorClass::kNetwork);
    rig.cancel();
  }
  EXPECT_EQ(rig.lane(0).breaker.state(rig.now()), Breaker::State::kClosed);
}

TEST(ChainPause, ARescueThatIsDueMeanwhileStartsWhenTheCallGoesOn) {
  Rig rig(chain_of(1));
  rig.start();
  rig.token(1);
  rig.fail(1, ErrorClass::kNetwork);
  rig.engine().pause(rig.now());
  EXPECT_EQ(rig.pass(1min), "");
  rig.engine().resume(rig.now());
  EXPECT_EQ(rig.pass(0ns), "start 2 a splice");
}

TEST(ChainPause, TwiceIsOnce) {
  Rig rig(one());
  rig.start();
  rig.engine().pause(rig.now());
  rig.pass(1min);
  rig.engine().pause(rig.now());
  rig.pass(1min);
  rig.engine().resume(rig.now());
  rig.engine().resume(rig.now());
  EXPECT_EQ(rig.next_in(), 10min);
}

}  // namespace
}  // namespace prx::reliability::test
