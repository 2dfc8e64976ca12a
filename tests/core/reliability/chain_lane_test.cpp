#include <gtest/gtest.h>

#include "core/reliability/chain_rig.hpp"

namespace prx::reliability::test {
namespace {

using namespace std::chrono_literals;

/// Two targets; the lane of the first is open.
class OpenLane : public Rig {
 public:
  OpenLane() : Rig(chain_of(2)) {
    for (int i = 0; i < 3; ++i) {
      start();
      fail(1, ErrorClass::kInternal);
      cancel();
    }
  }
};

TEST(ChainLane, ThreeFailedCallsOpenItAndTheNextSkipsIt) {
  OpenLane rig;
  EXPECT_EQ(rig.start(), "start 1 b fallback");
}

TEST(ChainLane, ACallCountsOnceHoweverOftenItTried) {
  Rig rig(chain_of(1));
  rig.failing_call(ErrorClass::kOverloaded);
  EXPECT_EQ(rig.started().attempt, 3u);
  EXPECT_EQ(rig.lane(0).breaker.state(rig.now()), Breaker::State::kClosed);
  rig.failing_call(ErrorClass::kOverloaded);
  rig.failing_call(ErrorClass::kOverloaded);
  EXPECT_EQ(rig.lane(0).breaker.state(rig.now()), Breaker::State::kOpen);
}

TEST(ChainLane, ACallThatGetsItsAnswerInTheEndCountsAsASuccess) {
  Rig rig(chain_of(1));
  for (int i = 0; i < 10; ++i) {
    rig.start();
    rig.fail(1, ErrorClass::kOverloaded);
    rig.pass(1s);
    EXPECT_EQ(rig.answer(2), "commit 2; finish 2");
  }
  EXPECT_EQ(rig.start(), "start 1 a first");
}

TEST(ChainLane, RateLimitsAndRefusalsDoNotOpenIt) {
  for (const auto one :
       {ErrorClass::kRateLimit, ErrorClass::kAuth, ErrorClass::kPermission, ErrorClass::kNotFound,
        ErrorClass::kContentPolicy, ErrorClass::kInvalidRequest, ErrorClass::kContextLength}) {
    Rig rig(chain_of(1));
    for (int i = 0; i < 30; ++i) rig.failing_call(one);
    EXPECT_EQ(rig.lane(0).breaker.state(rig.now()), Breaker::State::kClosed) << to_string(one);
  }
}

// The engine may be destroyed on another thread then.
TEST(ChainLane, ACallThatEndedHasLetGoOfIt) {
  Rig rig(chain_of(1));
  rig.start();
  EXPECT_EQ(rig.lane(0).users, 1);
  rig.answer(1);
  EXPECT_EQ(rig.lane(0).users, 0) << "while its engine is still there";
}

TEST(ChainLane, HalfOpenOneCallProbesAndTheOthersSkip) {
  OpenLane rig;
  rig.pass(11s);
  EXPECT_EQ(rig.start(), "start 1 a probe");
  Rig other(rig.plan(), rig);
  EXPECT_EQ(other.start(), "start 1 b fallback");
}

TEST(ChainLane, AProbesFirstTokenClosesTheLane) {
  OpenLane rig;
  rig.pass(11s);
  rig.start();
  rig.token(1);
  Rig other(rig.plan(), rig);
  EXPECT_EQ(other.start(), "start 1 a first");
}

TEST(ChainLane, AProbesFailureOpensItAgainForLongerAndIsNotRetried) {
  OpenLane rig;
  rig.pass(11s);
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kOverloaded), "start 2 b fallback");
  rig.cancel();
  rig.pass(17s);
  EXPECT_EQ(rig.start(), "start 1 b fallback");
  rig.cancel();
  rig.pass(5s);
  EXPECT_EQ(rig.start(), "start 1 a probe");
}

TEST(ChainLane, AProbeThatSaysNothingAboutTheTargetGivesItsPlaceBack) {
  OpenLane rig;
  rig.pass(11s);
  rig.start();
  rig.cancel();
  EXPECT_EQ(rig.start(), "start 1 a probe");
  rig.fail(1, ErrorClass::kNotFound);
  rig.cancel();
  EXPECT_EQ(rig.start(), "start 1 a probe");
}

TEST(ChainLane, ADestroyedCallGivesItsPlaceBack) {
  OpenLane rig;
  rig.pass(11s);
  {
    Rig other(rig.plan(), rig);
    EXPECT_EQ(other.start(), "start 1 a probe");
  }
  EXPECT_EQ(rig.start(), "start 1 a probe");
}

TEST(ChainLane, AProbesKeyCanBeChanged) {
  OpenLane rig;
  rig.plan().targets[0].keys = 2;
  rig.pass(11s);
  EXPECT_EQ(rig.start(), "start 1 a probe");
  EXPECT_EQ(rig.fail(1, ErrorClass::kAuth), "start 2 a#1 next key");
  Rig other(rig.plan(), rig);
  EXPECT_EQ(other.start(), "start 1 b fallback");
  EXPECT_EQ(rig.answer(2), "commit 2; finish 2");
}

TEST(ChainLane, WhenAllAreOpenTheFirstToReopenIsAskedAndNotAsAProbe) {
  Rig rig(chain_of(2));
  rig.lane(0).breaker.open_until(rig.now() + 9s);
  rig.lane(1).breaker.open_until(rig.now() + 5s);
  EXPECT_EQ(rig.start(), "start 1 b last resort");
  Rig other(rig.plan(), rig);
  EXPECT_EQ(other.start(), "start 1 b last resort");
  EXPECT_EQ(rig.answer(1), "commit 1; finish 1");
  EXPECT_EQ(rig.start(), "start 1 b fallback");
}

TEST(ChainLane, AnOpenLaneThatCoolsIsNotTheLastResort) {
  Rig rig(chain_of(1));
  rig.lane(0).breaker.open_until(rig.now() + 3s);
  rig.lane(0).pause(10s, rig.now());
  EXPECT_EQ(rig.start(), "");
  EXPECT_EQ(rig.pass(10s - 1ns), "");
  EXPECT_EQ(rig.pass(1ns), "start 1 a fallback");
}

TEST(ChainLane, ARetryFindsALaneThatOthersOpenedMeanwhile) {
  Rig rig(chain_of(1));
  rig.start();
  rig.fail(1, ErrorClass::kOverloaded);
  rig.lane(0).breaker.open_until(rig.now() + 10s);
  EXPECT_EQ(rig.pass(1s), "give up overloaded");
}

TEST(ChainLane, ATargetThatFlapsIsBackWithinHalfAMinuteOfItsRecovery) {
  OpenLane rig;
  for (int i = 0; i < 15; ++i) {  // a minute of outage with a call every 4 s
    if (rig.start() == "start 1 a probe") rig.fail(1, ErrorClass::kInternal);
    rig.cancel();
    rig.pass(4s);
  }
  bool back = false;
  for (int i = 0; i < 7 && !back; ++i) {
    back = rig.start().find(" a ") != std::string::npos;
    rig.answer(1);
    rig.pass(4s);
  }
  EXPECT_TRUE(back);
}

}  // namespace
}  // namespace prx::reliability::test
