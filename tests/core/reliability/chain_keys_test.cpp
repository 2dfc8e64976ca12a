#include <gtest/gtest.h>

#include "core/reliability/chain_rig.hpp"

namespace prx::reliability::test {
namespace {

using namespace std::chrono_literals;

Plan with_keys(std::size_t keys, std::size_t targets = 1, ReliabilityConfig policy = {}) {
  Plan plan = chain_of(targets, std::move(policy));
  for (auto& target : plan.targets) target.keys = keys;
  return plan;
}

TEST(ChainKeys, ARefusedKeyIsChangedAtOnce) {
  for (const auto one : {ErrorClass::kAuth, ErrorClass::kCredit, ErrorClass::kRateLimit}) {
    Rig rig(with_keys(2));
    EXPECT_EQ(rig.start(), "start 1 a first");
    EXPECT_EQ(rig.fail(1, one), "start 2 a#1 next key");
    EXPECT_EQ(rig.started().wait, 0ns);
  }
}

TEST(ChainKeys, ARotationSpendsAnAttemptAndNoRetry) {
  ReliabilityConfig policy;
  policy.retries = 1;
  Rig rig(with_keys(3, 1, policy));
  rig.start();
  rig.fail(1, ErrorClass::kAuth);
  EXPECT_EQ(rig.fail(2, ErrorClass::kAuth), "start 3 a#2 next key");
  EXPECT_EQ(rig.fail(3, ErrorClass::kOverloaded), "");
  EXPECT_EQ(rig.pass(1s), "start 4 a#2 retry");
  EXPECT_EQ(rig.fail(4, ErrorClass::kOverloaded), "give up auth");
}

TEST(ChainKeys, ARotationLeavesAnAttemptToEachTargetUntried) {
  ReliabilityConfig policy;
  policy.attempts_max = 2;
  Rig rig(with_keys(2, 2, policy));
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kAuth), "start 2 b fallback");
}

TEST(ChainKeys, ADeadKeyStaysDeadAcrossCallsForFiveMinutes) {
  Rig rig(with_keys(2));
  rig.start();
  rig.fail(1, ErrorClass::kAuth);
  rig.answer(2);
  EXPECT_EQ(rig.start(), "start 1 a#1 first");
  rig.answer(1);
  rig.pass(5min - 1ns);
  EXPECT_EQ(rig.start(), "start 1 a#1 first");
  rig.answer(1);
  rig.pass(1ns);
  EXPECT_EQ(rig.start(), "start 1 a first");
}

TEST(ChainKeys, ADeadKeyIsDeadForEveryTargetOfItsProvider) {
  Plan plan = with_keys(1, 2);
  plan.targets[1].name = plan.targets[0].name;
  Rig rig(plan);
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kAuth), "give up auth");
}

TEST(ChainKeys, ARateLimitedKeyRestsForItsTargetOnly) {
  Plan plan = with_keys(1, 2);
  plan.targets[1].name = plan.targets[0].name;
  Rig rig(plan);
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kRateLimit, 30s), "start 2 a fallback");
  EXPECT_EQ(rig.started().target, 1u);
}

TEST(ChainKeys, ASingleDeadKeyIsTriedWhenThereIsNoOther) {
  Rig rig(with_keys(1));
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kAuth), "give up auth");
  EXPECT_EQ(rig.start(), "start 1 a last resort");
  EXPECT_EQ(rig.answer(1), "commit 1; finish 1");
  EXPECT_EQ(rig.start(), "start 1 a first");
}

TEST(ChainKeys, ADeadKeyIsNotTriedBeforeItsRetryAfter) {
  Rig rig(with_keys(1));
  rig.start();
  rig.fail(1, ErrorClass::kAuth);
  rig.lane(0).pause(90s, rig.now());
  EXPECT_EQ(rig.start(), "give up overloaded");
}

TEST(ChainKeys, WhenAllKeysRestTheFirstBackIsUsed) {
  Rig rig(with_keys(2));
  rig.start();
  rig.fail(1, ErrorClass::kRateLimit, 4s);
  EXPECT_EQ(rig.fail(2, ErrorClass::kRateLimit, 3s), "");
  EXPECT_EQ(rig.pass(3s), "start 3 a#1 retry");
}

TEST(ChainKeys, ReloadedKeysAreTriedAgain) {
  Rig rig(with_keys(2));
  rig.start();
  rig.fail(1, ErrorClass::kAuth);
  rig.cancel();
  rig.health().forget_keys();
  EXPECT_EQ(rig.start(), "start 1 a first");
}

TEST(ChainKeys, ASuccessEndsTheRowOfUnnamedLimits) {
  Rig rig(with_keys(1));
  for (int i = 0; i < 5; ++i) {
    rig.start();
    rig.fail(1, ErrorClass::kRateLimit);
    EXPECT_EQ(rig.pass(1s), "start 2 a retry") << i;
    rig.answer(2);
  }
}

TEST(ChainKeys, AKeyWhoseLastRequestThisWasRestsAlthoughItIsAnswered) {
  Rig rig(with_keys(1, 2));
  rig.start();
  rig.engine().on_exhausted(1, 200ms, rig.now());
  EXPECT_EQ(rig.answer(1), "commit 1; finish 1");
  EXPECT_EQ(rig.start(), "start 1 b fallback");
  EXPECT_EQ(rig.answer(1), "commit 1; finish 1");
  rig.pass(200ms);
  EXPECT_EQ(rig.start(), "start 1 a first");
}

TEST(ChainKeys, ALonelyTargetIsWaitedForWhenItHasNoRequestLeft) {
  Rig rig(with_keys(1));
  rig.start();
  rig.engine().on_exhausted(1, 200ms, rig.now());
  rig.answer(1);
  EXPECT_EQ(rig.start(), "");
  EXPECT_EQ(rig.pass(200ms), "start 1 a fallback");
}

}  // namespace
}  // namespace prx::reliability::test
