#include <gtest/gtest.h>

#include "core/reliability/chain_rig.hpp"

namespace prx::reliability::test {
namespace {

using namespace std::chrono_literals;

TEST(ChainRetry, TheFirstTargetIsAskedFirstAndAnswers) {
  Rig rig(chain_of(2));
  EXPECT_EQ(rig.start(), "start 1 a first");
  EXPECT_EQ(rig.token(1), "commit 1");
  EXPECT_EQ(rig.token(1), "");
  EXPECT_EQ(rig.end(1), "finish 1");
  EXPECT_TRUE(rig.engine().ended());
  EXPECT_FALSE(rig.engine().next_timer());
}

TEST(ChainRetry, WhatPassesIsTriedTwiceMoreAfterABackoff) {
  for (const auto one : {ErrorClass::kNetwork, ErrorClass::kOverloaded, ErrorClass::kBadResponse}) {
    Rig rig(chain_of(1));
    rig.start();
    EXPECT_EQ(rig.fail(1, one), "");
    EXPECT_GE(*rig.next_in(), 250ms);
    EXPECT_LE(*rig.next_in(), 500ms);
    EXPECT_EQ(rig.pass(500ms), "start 2 a retry");
    EXPECT_EQ(rig.fail(2, one), "");
    EXPECT_GE(*rig.next_in(), 500ms);
    EXPECT_LE(*rig.next_in(), 1s);
    EXPECT_EQ(rig.pass(1s), "start 3 a retry");
    EXPECT_EQ(rig.fail(3, one), "give up " + std::string(to_string(one)));
  }
}

TEST(ChainRetry, TheTrailIsToldHowLongItWaited) {
  Rig rig(chain_of(1));
  rig.start();
  rig.fail(1, ErrorClass::kOverloaded);
  const auto wait = *rig.next_in();
  rig.pass(1s);
  EXPECT_EQ(rig.started().wait, wait);
}

TEST(ChainRetry, ARetryAfterIsAFloorUnderTheBackoff) {
  Rig rig(chain_of(2));
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kRateLimit, 2s), "");
  EXPECT_EQ(rig.pass(2s - 1ns), "");
  EXPECT_EQ(rig.pass(1ns), "start 2 a retry");
  EXPECT_EQ(rig.answer(2), "commit 2; finish 2");
}

TEST(ChainRetry, ARetryAfterOfNothingLeavesTheBackoff) {
  Rig rig(chain_of(1));
  rig.start();
  rig.fail(1, ErrorClass::kOverloaded, 0ms);
  EXPECT_GE(*rig.next_in(), 250ms);
}

TEST(ChainRetry, ATimeoutIsTriedAgainOnlyWhileConnecting) {
  for (const auto phase : {Phase::kConnect, Phase::kHead, Phase::kFirstToken}) {
    Rig rig(chain_of(2));
    rig.start();
    const std::string next = rig.fail(1, error_of(ErrorClass::kTimeout, {}, phase));
    EXPECT_EQ(next, phase == Phase::kConnect ? "" : "start 2 b fallback");
  }
}

TEST(ChainRetry, ARetryIsOnlyForWhatLeavesAnAttemptToEachTargetUntried) {
  ReliabilityConfig policy;
  policy.attempts_max = 3;
  Rig rig(chain_of(3, policy));
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kOverloaded), "start 2 b fallback");
  EXPECT_EQ(rig.fail(2, ErrorClass::kOverloaded), "start 3 c fallback");
  EXPECT_EQ(rig.fail(3, ErrorClass::kOverloaded), "give up overloaded");
}

TEST(ChainRetry, AttemptsOfTheWholeChainAreLimited) {
  ReliabilityConfig policy;
  policy.retries = 10;
  policy.attempts_max = 4;
  policy.breaker_failures = 100;
  Rig rig(chain_of(1, policy));
  rig.failing_call(ErrorClass::kOverloaded);
  EXPECT_EQ(rig.started().attempt, 4u);
}

TEST(ChainRetry, WithTheDefaultsTwoTargetsShareSixAttempts) {
  Rig rig(chain_of(2));
  EXPECT_EQ(rig.start(), "start 1 a first");
  rig.fail(1, ErrorClass::kOverloaded);
  rig.pass(1s);
  rig.fail(2, ErrorClass::kOverloaded);
  rig.pass(1s);
  EXPECT_EQ(rig.fail(3, ErrorClass::kOverloaded), "start 4 b fallback");
  rig.fail(4, ErrorClass::kOverloaded);
  EXPECT_EQ(rig.pass(1s), "start 5 b retry");
  rig.fail(5, ErrorClass::kOverloaded);
  EXPECT_EQ(rig.pass(1s), "start 6 b retry");
  EXPECT_EQ(rig.fail(6, ErrorClass::kOverloaded), "give up overloaded");
}

TEST(ChainRetry, APersistentRateLimitMakesFewAttemptsInThreeSecondsAndSixInAll) {
  Rig rig(chain_of(2));
  const MonotonicTime began = rig.now();
  int early = 0;
  rig.start();
  for (AttemptNumber i = 1; !rig.engine().ended(); i = rig.started().attempt) {
    if (rig.started().target == 0 && rig.now() < began + 3s) ++early;
    rig.fail(i, ErrorClass::kRateLimit);
    if (rig.started().attempt == i && !rig.engine().ended()) rig.pass(*rig.next_in());
  }
  EXPECT_LE(early, 4);
  EXPECT_LE(rig.started().attempt, 6u);
  EXPECT_EQ(rig.error().error_class, ErrorClass::kRateLimit);
}

TEST(ChainRetry, TheBudgetOfAllCallsLimitsRetriesButNotFallbacks) {
  Rig rig(chain_of(2));
  for (int i = 0; i < 3; ++i) {
    rig.start();
    EXPECT_EQ(rig.fail(1, ErrorClass::kOverloaded), "");
    rig.cancel();
  }
  rig.lane(0).breaker = {};
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kOverloaded), "start 2 b fallback");
}

TEST(ChainRetry, AWaitIsCutShortByTheDeadline) {
  ReliabilityConfig policy;
  policy.deadline = 1s;
  Rig rig(chain_of(1, policy));
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kRateLimit, 2s), "give up rate_limit");
  EXPECT_EQ(rig.error().retry_after, 2s);
}

TEST(ChainRetry, TheProvidersNoIsTheEndOfItsTarget) {
  Rig rig(chain_of(2));
  rig.start();
  Error error = error_of(ErrorClass::kOverloaded);
  error.retryable = false;
  EXPECT_EQ(rig.fail(1, error), "start 2 b fallback");
  EXPECT_EQ(rig.fail(2, error), "give up overloaded");
}

TEST(ChainRetry, WithoutFallbackOnTheSameTargetIsStillWaitedFor) {
  ReliabilityConfig policy;
  policy.fallback_on.emplace();
  Rig rig(chain_of(2, policy));
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kRateLimit, 30s), "");
  EXPECT_EQ(rig.pass(30s), "start 2 a retry");
}

TEST(ChainRetry, ACancelledCallStartsNothingMore) {
  Rig rig(chain_of(2));
  rig.start();
  rig.fail(1, ErrorClass::kOverloaded);
  EXPECT_EQ(rig.cancel(), "give up cancelled");
  EXPECT_EQ(rig.pass(1h), "");
  EXPECT_EQ(rig.cancel(), "");
  EXPECT_EQ(rig.token(1), "");
}

TEST(ChainRetry, CancelEndsTheLiveAttempt) {
  Rig rig(chain_of(2));
  rig.start();
  EXPECT_EQ(rig.cancel(), "cancel 1; give up cancelled");
  EXPECT_EQ(rig.fail(1, ErrorClass::kNetwork), "");
}

TEST(ChainRetry, WaitsAreLimited) {
  ReliabilityConfig policy;
  policy.deadline.reset();
  Rig rig(chain_of(1, policy));
  rig.lane(0).pause(1s, rig.now());
  EXPECT_EQ(rig.start(), "");
  for (int i = 1; i < ChainEngine::kWaitsMax; ++i) {
    rig.lane(0).pause(2s, rig.now());  // another call is told again and again
    EXPECT_EQ(rig.pass(*rig.next_in()), "") << i;
  }
  rig.lane(0).pause(2s, rig.now());
  EXPECT_EQ(rig.pass(*rig.next_in()), "give up overloaded");
}

TEST(ChainRetry, ARetryAfterOfYearsIsAVeryLongRest) {
  constexpr Milliseconds kYear{31'622'400'000};
  Rig rig(chain_of(2));
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kRateLimit, kYear), "start 2 b fallback");
  EXPECT_EQ(rig.fail(2, ErrorClass::kOverloaded, Milliseconds::max()), "give up rate_limit");
  EXPECT_EQ(rig.error().retry_after, Lane::kRestMax);
  rig.pass(23h);
  EXPECT_EQ(rig.start(), "give up rate_limit");
  rig.pass(1h);
  EXPECT_EQ(rig.start(), "start 1 a first");
}

Error shortage() { return error_of(ErrorClass::kInternal, {}, Phase::kConnect); }

TEST(ChainRetry, AShortageOfThisMachineIsTriedAgainLaterAndWithNobodyElse) {
  Plan plan = chain_of(2);
  plan.policy.retries = 1;
  Rig rig(std::move(plan));
  EXPECT_EQ(rig.start(), "start 1 a first");
  EXPECT_EQ(rig.fail(1, shortage()), "");
  const auto wait = rig.next_in();
  ASSERT_TRUE(wait);
  EXPECT_GT(*wait, nanoseconds(0));
  EXPECT_EQ(rig.pass(*wait), "start 2 a retry");
  EXPECT_EQ(rig.fail(2, shortage()), "give up internal");
}

TEST(ChainRetry, AShortageOfThisMachineCountsAgainstNoTargetAndNoPlugin) {
  Plan plan = chain_of(2);
  plan.targets[0].plugin = plan.targets[1].plugin = "x";
  plan.policy.retries = 0;
  Rig rig(std::move(plan));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(rig.start(), "start 1 a first");
    EXPECT_EQ(rig.fail(1, shortage()), "give up internal");
  }
  EXPECT_EQ(rig.lane(0).breaker.failures(), 0);
  EXPECT_EQ(rig.health().find_plugin("x"), nullptr);
}

TEST(ChainRetry, AShortageOfThisMachineInARescueIsNoRefusalOfTheBeginning) {
  Plan plan = chain_of(2);
  plan.policy.recovery = Recovery::kContinue;
  plan.targets[1].continues = true;
  Rig rig(std::move(plan));
  rig.start();
  rig.token(1);
  EXPECT_EQ(rig.fail(1, error_of(ErrorClass::kNetwork, {}, Phase::kBody)), "start 2 b continue");
  EXPECT_EQ(rig.fail(2, shortage()), "");
  ASSERT_TRUE(rig.next_in());
  rig.pass(*rig.next_in());
  EXPECT_EQ(rig.started().target, 1U);
  EXPECT_EQ(rig.started().mode, Mode::kContinue);
}

}  // namespace
}  // namespace prx::reliability::test
