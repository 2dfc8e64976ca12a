// A plugin that breaks its contract: all of its targets are behind its breaker.
#include <gtest/gtest.h>

#include "core/reliability/chain_rig.hpp"

namespace prx::reliability::test {
namespace {

using namespace std::chrono_literals;

/// a and b are of the plugin "x", c of "y".
Plan two_plugins() {
  Plan plan = chain_of(3);
  plan.targets[0].plugin = plan.targets[1].plugin = "x";
  plan.targets[2].plugin = "y";
  return plan;
}

/// Each call asks a and b, which break their contract, and is answered by c.
void break_contract(Rig& rig, int calls) {
  for (int i = 0; i < calls; ++i) {
    rig.start();
    while (rig.started().target != 2) rig.fail(rig.started().attempt, ErrorClass::kInternal);
    rig.answer(rig.started().attempt);
  }
}

TEST(ChainPlugin, ABreachOfOneTargetTakesTheOthersOfThePluginOut) {
  Rig rig(two_plugins());
  rig.plan().targets = {two_plugins().targets[0], two_plugins().targets[2]};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(rig.start(), "start 1 a first");
    EXPECT_EQ(rig.fail(1, ErrorClass::kInternal), "start 2 c fallback");
    rig.answer(2);
  }
  Rig other(two_plugins(), rig);
  EXPECT_EQ(other.lane(1).breaker.state(other.now()), Breaker::State::kClosed);
  EXPECT_EQ(other.start(), "start 1 c fallback");
}

TEST(ChainPlugin, ACallCountsOnceHoweverManyTargetsOfThePluginItAsked) {
  Rig rig(two_plugins());
  break_contract(rig, 1);
  EXPECT_EQ(rig.health().find_plugin("x")->failures(), 1);
  break_contract(rig, 2);
  EXPECT_EQ(rig.health().find_plugin("x")->state(rig.now()), Breaker::State::kOpen);
  EXPECT_EQ(rig.health().find_plugin("y"), nullptr);
}

TEST(ChainPlugin, OtherFailuresOfATargetSayNothingAboutItsPlugin) {
  Rig rig(two_plugins());
  rig.start();
  rig.fail(1, ErrorClass::kBadResponse);
  EXPECT_EQ(rig.health().find_plugin("x"), nullptr);
}

TEST(ChainPlugin, OneProbeShowsThatItIsWellAgain) {
  Rig rig(two_plugins());
  break_contract(rig, 3);
  rig.lane(0).breaker.success(rig.now(), {});
  rig.pass(12s);
  EXPECT_EQ(rig.start(), "start 1 a probe");
  Rig other(two_plugins(), rig);
  EXPECT_EQ(other.start(), "start 1 c fallback");
  rig.token(1);
  EXPECT_EQ(rig.health().find_plugin("x")->state(rig.now()), Breaker::State::kClosed);
}

TEST(ChainPlugin, AProbeThatFailsOtherwiseIsGivenBack) {
  Rig rig(two_plugins());
  break_contract(rig, 3);
  rig.lane(0).breaker.success(rig.now(), {});
  rig.lane(1).breaker.success(rig.now(), {});
  rig.pass(12s);
  EXPECT_EQ(rig.start(), "start 1 a probe");
  EXPECT_EQ(rig.fail(1, ErrorClass::kNotFound), "start 2 b probe");
  EXPECT_EQ(rig.fail(2, ErrorClass::kInternal), "start 3 c fallback");
  EXPECT_EQ(rig.health().find_plugin("x")->state(rig.now()), Breaker::State::kOpen);
  EXPECT_FALSE(rig.health().find_plugin("x")->probing());
}

TEST(ChainPlugin, ACallThatIsDroppedGivesTheProbeBack) {
  Rig rig(two_plugins());
  break_contract(rig, 3);
  rig.lane(0).breaker.success(rig.now(), {});
  rig.pass(12s);
  EXPECT_EQ(rig.start(), "start 1 a probe");
  rig.start();  // forgets the call before
  EXPECT_TRUE(rig.health().find_plugin("x")->probing()) << "the new call has it";
  rig.cancel();
  EXPECT_FALSE(rig.health().find_plugin("x")->probing());
}

TEST(ChainPlugin, AsTheLastResortItIsAskedAllTheSame) {
  Plan plan = chain_of(1);
  plan.targets[0].plugin = "x";
  Rig rig(plan);
  for (int i = 0; i < 3; ++i) {
    rig.start();
    rig.fail(1, ErrorClass::kInternal);
  }
  EXPECT_EQ(rig.start(), "start 1 a last resort");
}

TEST(ChainPlugin, AProbeUnderWayAtAReloadKeepsItsPlaceAndNothingElse) {
  Rig rig(two_plugins());
  break_contract(rig, 3);
  rig.lane(0).breaker.success(rig.now(), {});
  rig.pass(12s);
  EXPECT_EQ(rig.start(), "start 1 a probe");
  rig.health().forget_plugins();
  Rig other(two_plugins(), rig);
  EXPECT_EQ(other.start(), "start 1 a first");
  break_contract(other, 3);
  other.lane(0).breaker.success(other.now(), {});
  other.pass(12s);
  EXPECT_EQ(other.start(), "start 1 c fallback") << "the probe is still under way";
  rig.cancel();
  EXPECT_EQ(other.start(), "start 1 a probe");
  Rig third(two_plugins(), other);
  EXPECT_EQ(third.start(), "start 1 c fallback") << "one probe at a time";
}

TEST(ChainPlugin, AReloadForgivesIt) {
  Rig rig(two_plugins());
  break_contract(rig, 3);
  rig.health().forget_plugins();
  EXPECT_EQ(rig.health().find_plugin("x"), nullptr);
}

}  // namespace
}  // namespace prx::reliability::test
