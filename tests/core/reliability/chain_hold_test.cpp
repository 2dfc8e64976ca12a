#include <gtest/gtest.h>

#include "core/reliability/chain_rig.hpp"

namespace prx::reliability::test {
namespace {

using namespace std::chrono_literals;

TEST(ChainHold, TokensAreHeldBack) {
  ReliabilityConfig policy;
  policy.hold_tokens = 2;
  Rig rig(chain_of(2, policy));
  rig.start();
  EXPECT_EQ(rig.token(1), "");
  EXPECT_EQ(rig.token(1), "");
  EXPECT_EQ(rig.token(1), "commit 1");
}

TEST(ChainHold, TimeIsHeldBack) {
  ReliabilityConfig policy;
  policy.hold = 200ms;
  Rig rig(chain_of(2, policy));
  rig.start();
  EXPECT_EQ(rig.token(1), "");
  EXPECT_EQ(rig.pass(200ms - 1ns), "");
  EXPECT_EQ(rig.pass(1ns), "commit 1");
  EXPECT_EQ(rig.token(1), "");
}

TEST(ChainHold, BothAreHeldBackWhenBothAreSet) {
  ReliabilityConfig policy;
  policy.hold = 200ms;
  policy.hold_tokens = 1;
  Rig rig(chain_of(2, policy));
  rig.start();
  rig.token(1);
  EXPECT_EQ(rig.pass(300ms), "");
  EXPECT_EQ(rig.token(1), "commit 1");
}

TEST(ChainHold, AnEarlyCutIsUnseen) {
  ReliabilityConfig policy;
  policy.hold_tokens = 5;
  policy.retries = 0;
  Rig rig(chain_of(2, policy));
  rig.start();
  rig.token(1);
  EXPECT_EQ(rig.fail(1, ErrorClass::kNetwork), "start 2 b fallback");
  EXPECT_EQ(rig.started().mode, Mode::kWhole);
  rig.token(2);
  EXPECT_EQ(rig.end(2), "commit 2; finish 2");
}

TEST(ChainHold, AnAnswerShorterThanTheHoldIsDelivered) {
  ReliabilityConfig policy;
  policy.hold_tokens = 100;
  policy.hold = 10s;
  Rig rig(chain_of(1, policy));
  rig.start();
  EXPECT_EQ(rig.answer(1), "commit 1; finish 1");
}

TEST(ChainHold, ABufferedAnswerIsSeenOnlyWhenItIsComplete) {
  ReliabilityConfig policy;
  policy.recovery = Recovery::kBuffer;
  policy.retries = 0;
  Rig rig(chain_of(2, policy));
  rig.start();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(rig.token(1), "");
  EXPECT_EQ(rig.fail(1, ErrorClass::kNetwork), "start 2 b fallback");
  EXPECT_EQ(rig.answer(2), "commit 2; finish 2");
}

}  // namespace
}  // namespace prx::reliability::test
