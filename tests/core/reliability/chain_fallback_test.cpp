#include <gtest/gtest.h>

#include "core/reliability/chain_rig.hpp"

namespace prx::reliability::test {
namespace {

using namespace std::chrono_literals;

TEST(ChainFallback, WhatATargetCannotDoGoesToTheNextAtOnce) {
  for (const auto one : {ErrorClass::kPermission, ErrorClass::kNotFound, ErrorClass::kUnsupported,
                         ErrorClass::kInternal, ErrorClass::kTimeout, ErrorClass::kAuth,
                         ErrorClass::kCredit, ErrorClass::kContextLength}) {
    Rig rig(chain_of(2));
    rig.start();
    EXPECT_EQ(rig.fail(1, one), "start 2 b fallback") << to_string(one);
    EXPECT_EQ(rig.answer(2), "commit 2; finish 2");
  }
}

TEST(ChainFallback, WhatIsWrongWithTheRequestEndsTheCallAtOnce) {
  for (const auto one :
       {ErrorClass::kContentPolicy, ErrorClass::kInvalidRequest, ErrorClass::kCancelled}) {
    Rig rig(chain_of(2));
    rig.start();
    EXPECT_EQ(rig.fail(1, one), "give up " + std::string(to_string(one)));
  }
}

TEST(ChainFallback, AChainCanSayThatContentPolicyFallsBack) {
  ReliabilityConfig policy;
  policy.fallback_on = {ErrorClass::kContentPolicy};
  Rig rig(chain_of(2, policy));
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kContentPolicy), "start 2 b fallback");
}

TEST(ChainFallback, AChainCanSayThatAClassDoesNot) {
  ReliabilityConfig policy;
  policy.fallback_on = {ErrorClass::kOverloaded};
  Rig rig(chain_of(2, policy));
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kNotFound), "give up not_found");
}

TEST(ChainFallback, ALongRetryAfterMovesOnNow) {
  Rig rig(chain_of(2));
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kRateLimit, 5s + 1ms), "start 2 b fallback");
}

TEST(ChainFallback, WithNoneLeftALongRetryAfterIsWaitedOut) {
  Rig rig(chain_of(1));
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kRateLimit, 60s), "");
  EXPECT_EQ(rig.pass(60s - 1ns), "");
  EXPECT_EQ(rig.pass(1ns), "start 2 a retry");
}

TEST(ChainFallback, ARetryAfterBeyondWaitMaxIsReportedAtOnce) {
  Rig rig(chain_of(2));
  rig.start();
  rig.fail(1, ErrorClass::kRateLimit, 90s);
  EXPECT_EQ(rig.fail(2, ErrorClass::kRateLimit, 61s), "give up rate_limit");
  EXPECT_EQ(rig.error().retry_after, 61s);
  EXPECT_EQ(rig.error().message, "'a': rate_limit; 'b': rate_limit");
}

TEST(ChainFallback, TheNextCallIsNotSentToALaneThatCools) {
  Rig rig(chain_of(2));
  rig.start();
  rig.fail(1, ErrorClass::kRateLimit, 30s);
  rig.answer(2);
  EXPECT_EQ(rig.start(), "start 1 b fallback");
  rig.cancel();
  rig.pass(30s);
  EXPECT_EQ(rig.start(), "start 1 a first");
}

TEST(ChainFallback, WhenEveryLaneCoolsTheCallSaysWhenOneIsBack) {
  Rig rig(chain_of(2));
  rig.lane(0).pause(90s, rig.now());
  rig.lane(1).pause(70s, rig.now());
  EXPECT_EQ(rig.start(), "give up overloaded");
  EXPECT_EQ(rig.error().retry_after, 70s);
}

TEST(ChainFallback, WhatARetryAfterCameWithIsTheErrorOfTheCallsThatFindItStillInForce) {
  for (const auto why : {ErrorClass::kOverloaded, ErrorClass::kTimeout, ErrorClass::kRateLimit}) {
    Rig rig(chain_of(1));
    rig.start();
    rig.fail(1, why, 120s);
    rig.pass(20s);
    const std::string name(to_string(why));
    EXPECT_EQ(rig.start(), "give up " + name);
    EXPECT_EQ(rig.error().retry_after, 100s);
    EXPECT_EQ(rig.error().message,
              "every target rests; 'a' is the first back, in 100000 ms, after '" + name + "'");
  }
}

TEST(ChainFallback, WhenEveryLaneCoolsTheErrorIsThatOfTheFirstBack) {
  Rig rig(chain_of(2));
  rig.lane(0).limited(0, error_of(ErrorClass::kRateLimit, 90s), {}, rig.now());
  rig.lane(1).pause(70s, rig.now());
  EXPECT_EQ(rig.start(), "give up overloaded");
  rig.lane(1).pause(91s, rig.now());
  EXPECT_EQ(rig.start(), "give up rate_limit");
  EXPECT_EQ(rig.error().retry_after, 90s);
}

TEST(ChainFallback, WhenEveryLaneCoolsForAWhileTheFirstBackIsWaitedFor) {
  Rig rig(chain_of(2));
  rig.lane(0).pause(40s, rig.now());
  rig.lane(1).pause(20s, rig.now());
  EXPECT_EQ(rig.start(), "");
  EXPECT_EQ(rig.pass(20s - 1ns), "");
  EXPECT_EQ(rig.pass(1ns), "start 1 b fallback");
}

TEST(ChainFallback, ARateLimitThatNamesNoTimeRestsForASecond) {
  Rig rig(chain_of(1));
  rig.start();
  rig.fail(1, ErrorClass::kRateLimit);
  EXPECT_EQ(rig.pass(1s - 1ns), "");
  EXPECT_EQ(rig.pass(1ns), "start 2 a retry");
  rig.fail(2, ErrorClass::kRateLimit);
  EXPECT_EQ(rig.pass(2s - 1ns), "");
  EXPECT_EQ(rig.pass(1ns), "start 3 a retry");
}

TEST(ChainFallback, ARetryAfterOfAnotherFailureIsKeptToo) {
  Rig rig(chain_of(2));
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kOverloaded, 20s), "start 2 b fallback");
  rig.cancel();
  EXPECT_EQ(rig.start(), "start 1 b fallback");
}

TEST(ChainFallback, AContextThatIsTooSmallIsAskedOnceAndOnlyLargerOnesAfterIt) {
  Plan plan = chain_of(4);
  plan.targets[0].context_length = 8'000;
  plan.targets[1].context_length = 8'000;
  plan.targets[2].context_length = 32'000;
  Rig rig(plan);
  rig.start();
  EXPECT_EQ(rig.fail(1, ErrorClass::kContextLength), "start 2 c fallback");
  EXPECT_EQ(rig.fail(2, ErrorClass::kContextLength), "start 3 d fallback");
  EXPECT_EQ(rig.fail(3, ErrorClass::kContextLength), "give up context_length");
}

TEST(ChainFallback, WhenAllFailTheErrorSaysWhatEachSaid) {
  Rig rig(chain_of(2));
  rig.start();
  rig.fail(1, ErrorClass::kAuth);
  EXPECT_EQ(rig.fail(2, ErrorClass::kNotFound), "give up auth");
  EXPECT_EQ(rig.error().message, "'a': auth; 'b': not_found");
}

TEST(ChainFallback, WhatBelongsToAnUnknownAttemptIsIgnored) {
  Rig rig(chain_of(2));
  rig.start();
  rig.fail(1, ErrorClass::kNotFound);
  EXPECT_EQ(rig.fail(1, ErrorClass::kContentPolicy), "");
  EXPECT_EQ(rig.token(1), "");
  EXPECT_EQ(rig.token(99), "");
  EXPECT_EQ(rig.answer(2), "commit 2; finish 2");
}

}  // namespace
}  // namespace prx::reliability::test
