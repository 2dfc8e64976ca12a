#include "reliability/rehearsal.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace prx::reliability {
namespace {

using namespace std::chrono_literals;

Plan two_targets() {
  Plan plan;
  for (const char* name : {"a", "b"}) {
    PlanTarget target;
    target.name = target.lane = name;
    plan.targets.push_back(target);
  }
  return plan;
}

Act plain(Act::Kind kind, int tokens = 0) {
  Act act;
  act.kind = kind;
  act.tokens = tokens;
  return act;
}
Act cut_after(int tokens) { return plain(Act::Kind::kCut, tokens); }
Act other_words() { return plain(Act::Kind::kDiffers); }
Act silence() { return plain(Act::Kind::kSilence); }

Act once(Act act) {
  act.times = 1;
  return act;
}

Act late_token(std::chrono::milliseconds time) {
  Act act = plain(Act::Kind::kLateToken);
  act.late = time;
  return act;
}

Act fails(ErrorClass error_class, std::optional<std::chrono::milliseconds> retry_after = {}) {
  Act act = plain(Act::Kind::kError);
  act.error.error_class = error_class;
  act.error.retry_after = retry_after;
  return act;
}

Rehearsal play(const Plan& plan, const Act& a, const Act& b = {}) {
  return rehearse(plan, {{a}, {b}});
}

bool says(const Rehearsal& rehearsal, std::string_view text) {
  return std::any_of(rehearsal.moments.begin(), rehearsal.moments.end(), [&](const Moment& moment) {
    return moment.what.find(text) != std::string::npos;
  });
}

TEST(Rehearse, ASoundChainAnswersWithItsFirstTarget) {
  const Rehearsal rehearsal = play(two_targets(), {});
  EXPECT_TRUE(rehearsal.answered);
  EXPECT_EQ(rehearsal.served_by, 0u);
  EXPECT_EQ(rehearsal.attempts, 1);
}

TEST(Rehearse, ARetryAfterIsWaitedOutOnTheSameTarget) {
  const Rehearsal rehearsal = play(two_targets(), once(fails(ErrorClass::kRateLimit, 2s)));
  EXPECT_EQ(rehearsal.served_by, 0u);
  EXPECT_EQ(rehearsal.attempts, 2);
  EXPECT_TRUE(says(rehearsal, "a starts (retry, after a wait of 2.000 s)"));
}

TEST(Rehearse, ASilentTargetIsHedged) {
  const Rehearsal rehearsal = play(two_targets(), silence());
  EXPECT_EQ(rehearsal.served_by, 1u);
  EXPECT_EQ(rehearsal.attempts, 2);
  EXPECT_LT(rehearsal.took, 15s);
}

TEST(Rehearse, ACutStreamIsSplicedAndOneThatDiffersIsNot) {
  const Rehearsal spliced = play(two_targets(), cut_after(40));
  EXPECT_TRUE(spliced.answered);
  EXPECT_TRUE(says(spliced, "b goes on after token 40"));
  Plan plan = two_targets();
  plan.policy.retries = 0;
  const Rehearsal differs = play(plan, cut_after(40), other_words());
  EXPECT_FALSE(differs.answered);
  EXPECT_EQ(differs.error.error_class, ErrorClass::kBadResponse);
}

TEST(Rehearse, AnAnswerThatEndsWhereTheFirstBrokeIsWhole) {
  EXPECT_TRUE(play(two_targets(), cut_after(60)).answered);
}

TEST(Rehearse, WhatDoesNotStreamComesWholeOrNotAtAll) {
  Plan plan = two_targets();
  plan.stream = false;
  const Rehearsal cut = play(plan, cut_after(40));
  EXPECT_TRUE(cut.answered);
  EXPECT_EQ(cut.served_by, 1u);
  EXPECT_FALSE(says(cut, "splice")) << "nothing was delivered";
  EXPECT_EQ(play(plan, once(plain(Act::Kind::kStall, 40))).attempts, 2);
}

TEST(Rehearse, WhatDoesNotStreamHasToComeInTime) {
  Plan plan = two_targets();
  plan.stream = false;
  plan.targets[0].clocks.non_stream = 60s;
  plan.targets[0].clocks.idle.reset();
  EXPECT_EQ(play(plan, late_token(50s)).served_by, 0u);
  const Rehearsal late = play(plan, late_token(70s));
  EXPECT_EQ(late.served_by, 1u);
  EXPECT_TRUE(says(late, "non_stream_timeout of 60000 ms ran out"));
  plan.targets[0].clocks.non_stream = 50ms;
  EXPECT_TRUE(says(play(plan, {}), "a fails: timeout: no response head within 0.050 s"));
  plan.targets[0].clocks.non_stream = 60s;
  EXPECT_TRUE(says(play(plan, once(plain(Act::Kind::kStall, 40))),
                   "non_stream_timeout of 60000 ms ran out"));
}

TEST(Rehearse, WhatDoesNotStreamIsIdleBehindItsHead) {
  Plan plan = two_targets();
  plan.stream = false;
  plan.targets[0].clocks.idle = 2s;
  const Rehearsal late = play(plan, late_token(5s));
  EXPECT_EQ(late.served_by, 1u);
  ASSERT_GE(late.moments.size(), 2u);
  EXPECT_EQ(late.moments[1].what, "a fails: timeout: no byte for 2.000 s");
  EXPECT_EQ(late.moments[1].at, Rehearsal::kHead + 2s);
  EXPECT_EQ(play(plan, late_token(1s)).served_by, 0u);
}

TEST(Rehearse, AMomentHasItsData) {
  const Rehearsal rehearsal = play(two_targets(), once(fails(ErrorClass::kRateLimit, 2s)));
  const Moment& failed = rehearsal.moments.at(1);
  EXPECT_EQ(failed.kind, Moment::Kind::kFail);
  EXPECT_EQ(failed.attempt, 1u);
  EXPECT_EQ(failed.target, 0u);
  EXPECT_EQ(failed.error->retry_after, 2s);
  const Moment& retry = rehearsal.moments.at(2);
  EXPECT_EQ(retry.kind, Moment::Kind::kStart);
  EXPECT_EQ(retry.attempt, 2u);
  EXPECT_EQ(retry.reason, "retry");
  EXPECT_EQ(retry.wait, 2s);
  EXPECT_EQ(rehearsal.moments.back().kind, Moment::Kind::kAnswer);
}

TEST(Rehearse, WhomAClockEndsHasFailedAndWhoLostIsCancelled) {
  Plan plan = two_targets();
  plan.policy.hedge_after.reset();
  plan.targets[0].clocks.first_token = 3s;
  EXPECT_TRUE(
      says(play(plan, once(late_token(9s))), "a fails: timeout: provider 'a': first_token"));
  EXPECT_TRUE(says(play(two_targets(), silence()), "a is cancelled: another attempt answered"));
}

TEST(Rehearse, TargetsOfOneProviderAreCalledByTheirLabels) {
  Plan plan = two_targets();
  plan.targets[0].label = "a small";
  plan.targets[1].label = "a large";
  const Rehearsal both = play(plan, fails(ErrorClass::kOverloaded), fails(ErrorClass::kOverloaded));
  EXPECT_EQ(both.error.message.substr(0, 11), "'a small': ");
  EXPECT_TRUE(says(both, "'a large': "));
  EXPECT_TRUE(says(both, "a large starts (fallback)"));
}

TEST(Rehearse, WhenAllFailTheErrorIsThatOfTheCall) {
  const Rehearsal rehearsal =
      play(two_targets(), fails(ErrorClass::kOverloaded), fails(ErrorClass::kOverloaded));
  EXPECT_FALSE(rehearsal.answered);
  EXPECT_EQ(rehearsal.attempts, 6);
  EXPECT_EQ(rehearsal.error.error_class, ErrorClass::kOverloaded);
}

TEST(Rehearse, ACallWithoutClocksThatHangsEndsTheRehearsal) {
  Plan plan = two_targets();
  plan.policy.deadline.reset();
  plan.policy.hedge_after.reset();
  plan.targets[0].clocks.head.reset();
  const Rehearsal rehearsal = play(plan, silence());
  EXPECT_FALSE(rehearsal.answered);
  EXPECT_TRUE(says(rehearsal, "a starts (first)"));
}

}  // namespace
}  // namespace prx::reliability
