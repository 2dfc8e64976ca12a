#include <gtest/gtest.h>

#include "core/reliability/chain_rig.hpp"

namespace prx::reliability::test {
namespace {

using namespace std::chrono_literals;

/// A chain whose first target broke after it was delivered.
std::string broken(Rig& rig, ErrorClass error_class = ErrorClass::kNetwork) {
  rig.start();
  EXPECT_EQ(rig.token(1), "commit 1");
  return rig.fail(1, error_of(error_class, {}, Phase::kBody));
}

ReliabilityConfig recovering(Recovery recovery) {
  ReliabilityConfig policy;
  policy.recovery = recovery;
  return policy;
}

TEST(ChainRecovery, ErrorEndsWithWhatBroke) {
  Rig rig(chain_of(2, recovering(Recovery::kError)));
  EXPECT_EQ(broken(rig), "give up network");
}

TEST(ChainRecovery, SpliceAsksTheNextTargetForTheWholeAnswer) {
  Rig rig(chain_of(2));
  EXPECT_EQ(broken(rig), "start 2 b splice");
  EXPECT_EQ(rig.started().mode, Mode::kSplice);
  EXPECT_EQ(rig.token(2), "");
  rig.engine().on_spliced(2);
  EXPECT_EQ(rig.end(2), "finish 2");
}

TEST(ChainRecovery, EveryWayToBreakIsRescued) {
  for (const auto one : {ErrorClass::kNetwork, ErrorClass::kTimeout, ErrorClass::kOverloaded,
                         ErrorClass::kBadResponse, ErrorClass::kRateLimit, ErrorClass::kInternal}) {
    Rig rig(chain_of(2));
    EXPECT_EQ(broken(rig, one), "start 2 b splice") << to_string(one);
  }
}

TEST(ChainRecovery, WhatTheRequestIsRefusedForIsNot) {
  for (const auto one : {ErrorClass::kContentPolicy, ErrorClass::kInvalidRequest}) {
    Rig rig(chain_of(2));
    EXPECT_EQ(broken(rig, one), "give up " + std::string(to_string(one)));
  }
}

TEST(ChainRecovery, FallbackOnHoldsForRescuesToo) {
  ReliabilityConfig policy;
  policy.fallback_on = {ErrorClass::kOverloaded};
  Rig rig(chain_of(2, policy));
  EXPECT_EQ(broken(rig), "");
  EXPECT_EQ(rig.pass(1s), "start 2 a splice");
}

TEST(ChainRecovery, AfterTheOthersTheSameTargetIsAsked) {
  Rig rig(chain_of(1));
  EXPECT_EQ(broken(rig), "");
  EXPECT_EQ(rig.pass(1s), "start 2 a splice");
  EXPECT_EQ(rig.started().mode, Mode::kSplice);
}

TEST(ChainRecovery, AStalledStreamIsAskedForAgain) {
  Rig rig(chain_of(1));
  rig.start();
  rig.token(1);
  EXPECT_EQ(rig.pass(120s), "cancel 1");
  EXPECT_EQ(rig.pass(1s), "start 2 a splice");
}

TEST(ChainRecovery, ATextThatDiffersIsDroppedAndAnotherTargetTried) {
  Rig rig(chain_of(3));
  broken(rig);
  EXPECT_EQ(rig.differs(2), "cancel 2; start 3 c splice");
  EXPECT_EQ(rig.differs(3), "cancel 3");
  EXPECT_EQ(rig.pass(1s), "start 4 a splice");
  EXPECT_EQ(rig.differs(4), "cancel 4; give up network");
  EXPECT_EQ(rig.error().message, "network; another answer differs from what was delivered before");
}

TEST(ChainRecovery, AnAnswerThatEndsBeforeItCaughtUpDiffers) {
  Rig rig(chain_of(2));
  broken(rig);
  rig.token(2);
  EXPECT_EQ(rig.end(2), "");
  EXPECT_EQ(rig.pass(1s), "start 3 a splice");
}

TEST(ChainRecovery, ATargetThatSaysSomethingElseIsWell) {
  Rig rig(chain_of(2));
  for (int i = 0; i < 5; ++i) {
    broken(rig);
    rig.differs(2);
    rig.cancel();
  }
  EXPECT_EQ(rig.lane(1).breaker.state(rig.now()), Breaker::State::kClosed);
}

TEST(ChainRecovery, AttemptsLimitIt) {
  ReliabilityConfig policy;
  policy.attempts_max = 2;
  Rig rig(chain_of(2, policy));
  broken(rig);
  EXPECT_EQ(rig.fail(2, ErrorClass::kOverloaded), "give up network");
  EXPECT_EQ(rig.error().message, "'a': network; 'b': overloaded");
}

TEST(ChainRecovery, ARescuerThatBreaksIsRescuedItself) {
  Rig rig(chain_of(3));
  broken(rig);
  rig.token(2);
  rig.engine().on_spliced(2);
  EXPECT_EQ(rig.fail(2, ErrorClass::kNetwork), "start 3 c splice");
  rig.engine().on_spliced(3);
  EXPECT_EQ(rig.end(3), "finish 3");
}

TEST(ChainRecovery, ARescuersRefusalIsNeitherRepeatedNorTheEnd) {
  for (const auto one : {ErrorClass::kContentPolicy, ErrorClass::kInvalidRequest,
                         ErrorClass::kNotFound, ErrorClass::kAuth}) {
    Rig rig(chain_of(2));
    broken(rig);
    EXPECT_EQ(rig.fail(2, one), "");
    EXPECT_EQ(rig.pass(1s), "start 3 a splice");
    EXPECT_EQ(rig.fail(3, ErrorClass::kNotFound), "give up network") << to_string(one);
  }
}

TEST(ChainRecovery, ARescuersKeyIsChangedAtOnce) {
  Plan plan = chain_of(2);
  plan.targets[1].keys = 2;
  Rig rig(plan);
  broken(rig);
  EXPECT_EQ(rig.fail(2, ErrorClass::kAuth), "start 3 b#1 next key");
  EXPECT_EQ(rig.started().mode, Mode::kSplice);
}

TEST(ChainRecovery, AfterAWholeToolCallThereIsNone) {
  Rig rig(chain_of(2));
  rig.start();
  rig.token(1);
  rig.engine().forbid_rescue();
  EXPECT_EQ(rig.fail(1, ErrorClass::kNetwork), "give up network");
}

TEST(ChainRecovery, ATargetThatIsNotWellIsTheLastResort) {
  ReliabilityConfig policy;
  policy.retries = 0;
  Rig rig(chain_of(2, policy));
  rig.lane(1).breaker.open_until(rig.now() + 20s);
  EXPECT_EQ(broken(rig), "start 2 b last resort");
  EXPECT_EQ(rig.started().mode, Mode::kSplice);
}

TEST(ChainRecovery, ATargetThatCoolsIsWaitedFor) {
  ReliabilityConfig policy;
  policy.retries = 0;
  Rig rig(chain_of(2, policy));
  rig.lane(1).pause(3s, rig.now());
  EXPECT_EQ(broken(rig), "");
  EXPECT_EQ(rig.pass(3s - 1ns), "");
  EXPECT_EQ(rig.pass(1ns), "start 2 b splice");
}

TEST(ChainRecovery, NobodyIsAskedBesideARescuer) {
  Rig rig(chain_of(3));
  broken(rig);
  EXPECT_EQ(rig.pass(100s), "");
}

TEST(ChainRecovery, ContinueIsForTargetsThatDeclareIt) {
  Plan plan = chain_of(2, recovering(Recovery::kContinue));
  plan.targets[1].continues = true;
  Rig rig(plan);
  EXPECT_EQ(broken(rig), "start 2 b continue");
  EXPECT_EQ(rig.started().mode, Mode::kContinue);
  rig.token(2);
  EXPECT_EQ(rig.end(2), "finish 2");
  Rig without(chain_of(2, recovering(Recovery::kContinue)));
  EXPECT_EQ(broken(without), "start 2 b splice");
}

TEST(ChainRecovery, ATargetThatRefusesAPrefixSplicesAndItsRefusalIsNeverShown) {
  for (const auto one : {ErrorClass::kInvalidRequest, ErrorClass::kUnsupported,
                         ErrorClass::kPermission, ErrorClass::kContextLength}) {
    Plan plan = chain_of(2, recovering(Recovery::kContinue));
    plan.targets[1].continues = true;
    Rig rig(plan);
    broken(rig);
    EXPECT_EQ(rig.fail(2, one), "") << to_string(one);
    EXPECT_EQ(rig.pass(0ns), "start 3 b splice");
    EXPECT_EQ(rig.started().mode, Mode::kSplice);
    rig.differs(3);
    rig.pass(1s);
    rig.differs(4);
    EXPECT_EQ(rig.error().error_class, ErrorClass::kNetwork);
    EXPECT_EQ(rig.error().message.find(to_string(one)), std::string::npos);
  }
}

TEST(ChainRecovery, SilenceIsNoRefusalOfAPrefix) {
  Plan plan = chain_of(2, recovering(Recovery::kContinue));
  plan.targets[0].continues = plan.targets[1].continues = true;
  Rig rig(plan);
  broken(rig);
  EXPECT_EQ(rig.fail(2, ErrorClass::kTimeout), "");
  EXPECT_EQ(rig.pass(1s), "start 3 a continue");
}

TEST(ChainRecovery, InsideOfAToolCallThereIsNoContinue) {
  Plan plan = chain_of(2, recovering(Recovery::kContinue));
  plan.targets[1].continues = true;
  Rig rig(plan);
  rig.start();
  rig.token(1);
  rig.engine().forbid_continue();
  EXPECT_EQ(rig.fail(1, ErrorClass::kNetwork), "start 2 b splice");
}

TEST(ChainRecovery, TheDeadlineEndsIt) {
  ReliabilityConfig policy;
  policy.deadline = 5s;
  Rig rig(chain_of(2, policy));
  broken(rig);
  EXPECT_EQ(rig.pass(5s), "cancel 2; give up timeout");
  EXPECT_EQ(rig.error().phase, Phase::kBody);
}

}  // namespace
}  // namespace prx::reliability::test
