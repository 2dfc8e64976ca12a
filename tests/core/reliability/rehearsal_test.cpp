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

Rehearsal play(const Plan& plan, std::string_view a, std::string_view b = "ok") {
  const auto first = parse_acts(a);
  const auto second = parse_acts(b);
  EXPECT_TRUE(first && second);
  return rehearse(plan, {*first, *second});
}

bool says(const Rehearsal& rehearsal, std::string_view text) {
  return std::any_of(rehearsal.moments.begin(), rehearsal.moments.end(), [&](const Moment& moment) {
    return moment.what.find(text) != std::string::npos;
  });
}

TEST(Acts, ReadStatusesClassesAndBreaks) {
  const auto acts = parse_acts("429:retry-after=2.5*2+cut@40+context_length");
  ASSERT_TRUE(acts) << acts.error().message;
  ASSERT_EQ(acts->size(), 3u);
  EXPECT_EQ((*acts)[0].error.error_class, ErrorClass::kRateLimit);
  EXPECT_EQ((*acts)[0].error.http_status, 429);
  EXPECT_EQ((*acts)[0].error.retry_after, 2'500ms);
  EXPECT_EQ((*acts)[0].times, 2);
  EXPECT_EQ((*acts)[1].kind, Act::Kind::kCut);
  EXPECT_EQ((*acts)[1].tokens, 40);
  EXPECT_EQ((*acts)[1].times, 1) << "what comes next must come";
  EXPECT_EQ((*acts)[2].error.error_class, ErrorClass::kContextLength);
  EXPECT_EQ((*acts)[2].times, 0);
  EXPECT_EQ((*parse_acts("late=20s"))[0].late, 20s);
  EXPECT_EQ((*parse_acts("late=250ms"))[0].late, 250ms);
}

TEST(Acts, RefuseWhatIsNone) {
  for (const char* text : {"",
                           "+",
                           "42",
                           "600",
                           "cut",
                           "cut@61",
                           "cut@-1",
                           "late",
                           "late=x",
                           "late=-1s",
                           "ok@3",
                           "503*0",
                           "503*101",
                           "503*",
                           "reset:retry-after=2",
                           "429:retry-after=",
                           "429:retry-after=1e9",
                           "cancelled",
                           "nonsense",
                           "429+"})
    EXPECT_FALSE(parse_acts(text)) << text;
}

TEST(Rehearse, ASoundChainAnswersWithItsFirstTarget) {
  const Rehearsal rehearsal = play(two_targets(), "ok");
  EXPECT_TRUE(rehearsal.answered);
  EXPECT_EQ(rehearsal.served_by, 0u);
  EXPECT_EQ(rehearsal.attempts, 1);
}

TEST(Rehearse, ARetryAfterIsWaitedOutOnTheSameTarget) {
  const Rehearsal rehearsal = play(two_targets(), "429:retry-after=2*1");
  EXPECT_EQ(rehearsal.served_by, 0u);
  EXPECT_EQ(rehearsal.attempts, 2);
  EXPECT_TRUE(says(rehearsal, "a starts (retry, after a wait of 2.000 s)"));
}

TEST(Rehearse, ASilentTargetIsHedged) {
  const Rehearsal rehearsal = play(two_targets(), "silence");
  EXPECT_EQ(rehearsal.served_by, 1u);
  EXPECT_EQ(rehearsal.attempts, 2);
  EXPECT_LT(rehearsal.took, 15s);
}

TEST(Rehearse, ACutStreamIsSplicedAndOneThatDiffersIsNot) {
  const Rehearsal spliced = play(two_targets(), "cut@40");
  EXPECT_TRUE(spliced.answered);
  EXPECT_TRUE(says(spliced, "b goes on after token 40"));
  Plan plan = two_targets();
  plan.policy.retries = 0;
  const Rehearsal differs = play(plan, "cut@40", "differs");
  EXPECT_FALSE(differs.answered);
  EXPECT_EQ(differs.error.error_class, ErrorClass::kBadResponse);
}

TEST(Rehearse, AnAnswerThatEndsWhereTheFirstBrokeIsWhole) {
  EXPECT_TRUE(play(two_targets(), "cut@60").answered);
}

TEST(Rehearse, WhatDoesNotStreamComesWholeOrNotAtAll) {
  Plan plan = two_targets();
  plan.stream = false;
  const Rehearsal cut = play(plan, "cut@40");
  EXPECT_TRUE(cut.answered);
  EXPECT_EQ(cut.served_by, 1u);
  EXPECT_FALSE(says(cut, "splice")) << "nothing was delivered";
  EXPECT_EQ(play(plan, "stall@40*1").attempts, 2);
}

TEST(Rehearse, WhatDoesNotStreamHasToComeInTime) {
  Plan plan = two_targets();
  plan.stream = false;
  plan.targets[0].clocks.non_stream = 60s;
  EXPECT_EQ(play(plan, "late=50s").served_by, 0u);
  const Rehearsal late = play(plan, "late=70s");
  EXPECT_EQ(late.served_by, 1u);
  EXPECT_TRUE(says(late, "a fails: timeout: no response head within 60.000 s"));
  plan.targets[0].clocks.idle.reset();
  EXPECT_TRUE(says(play(plan, "stall@40*1"), "non_stream_timeout of 60000 ms ran out"));
}

TEST(Rehearse, WhenAllFailTheErrorIsThatOfTheCall) {
  const Rehearsal rehearsal = play(two_targets(), "503", "503");
  EXPECT_FALSE(rehearsal.answered);
  EXPECT_EQ(rehearsal.attempts, 6);
  EXPECT_EQ(rehearsal.error.error_class, ErrorClass::kOverloaded);
}

TEST(Rehearse, ACallWithoutClocksThatHangsEndsTheRehearsal) {
  Plan plan = two_targets();
  plan.policy.deadline.reset();
  plan.policy.hedge_after.reset();
  plan.targets[0].clocks.head.reset();
  const Rehearsal rehearsal = play(plan, "silence");
  EXPECT_FALSE(rehearsal.answered);
  EXPECT_TRUE(says(rehearsal, "a starts (first)"));
}

}  // namespace
}  // namespace prx::reliability
