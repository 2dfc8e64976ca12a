// A wall that cannot fail proves nothing: rows that expect something else must differ.
#include "faults/wall.hpp"

#include <gmock/gmock.h>

#include "faults/observed.hpp"

namespace prx::faults {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class WallTest : public ::testing::Test {
 protected:
  static const House& house() {
    static const House one;
    return one;
  }
  /// One call of the library against a primary that is down.
  static Differences differences(Expect expected, const Target& fallback = {}) {
    Scenario scenario("test", {"503", fallback}, std::move(expected));
    scenario.set("backoff_base", "\"10ms\"").set("backoff_max", "\"10ms\"");
    Stage stage(house(), scenario, Wire::kPlain);
    const Cell cell{Host::kStream, 0};
    return judge(stage, cell, make_call(stage, cell));
  }
};

TEST_F(WallTest, WhatIsAsExpectedHasNoDifference) {
  EXPECT_THAT(differences(served_by(1, {3, 1})), IsEmpty());
}

TEST_F(WallTest, AnotherNumberOfAttemptsDiffers) {
  EXPECT_THAT(differences(served_by(1, {2, 1})),
              Contains(HasSubstr("openrouter got 3 requests, not 2")));
  EXPECT_THAT(differences(served_by(1, {{4, 5}, 1})),
              Contains(HasSubstr("3 attempts in the trail, not 4 to 5")));
}

TEST_F(WallTest, AnotherServerDiffers) {
  EXPECT_THAT(differences(served_by(0, {3, 1})), Contains("served by openai"));
  EXPECT_THAT(differences(refused({ErrorClass::kOverloaded}, {3, 1})),
              Contains(HasSubstr("answered:")));
}

TEST_F(WallTest, AFailureAndAnotherClassDiffer) {
  EXPECT_THAT(differences(served_by(1, {3, 1}), "400"),
              Contains(HasSubstr("failed: invalid_request")));
  EXPECT_THAT(differences(refused({ErrorClass::kTimeout}, {3, 1}), "400"),
              Contains(HasSubstr("error is invalid_request")));
}

TEST_F(WallTest, AnotherUsageDiffers) {
  EXPECT_THAT(differences(served_by(1, {3, 1}).bills(59)), Contains("usage of 60 tokens"));
}

TEST_F(WallTest, AnEndTooEarlyOrTooLateDiffers) {
  using std::chrono::hours;
  EXPECT_THAT(differences(served_by(1, {3, 1}).within(hours(1), hours(2))),
              Contains(HasSubstr(", before ")));
  EXPECT_THAT(differences(served_by(1, {3, 1}).within(hours(0), hours(0))),
              Contains(HasSubstr(", later than ")));
  EXPECT_THAT(differences(served_by(1, {3, 1}).spaced(hours(1))),
              Contains(HasSubstr("request 2 came after")));
}

TEST_F(WallTest, ACostThatIsKnownOrNotDiffers) {
  EXPECT_THAT(differences(served_by(1, {3, 1}).lower_bound(false)),
              Contains("the cost is a lower bound"));
}

TEST_F(WallTest, TextThatNoTargetSaysDiffers) {
  Scenario scenario("test", {"503", "503"}, refused({ErrorClass::kOverloaded}, {0, 0}));
  const Stage stage(house(), scenario, Wire::kPlain);
  Observed seen;
  seen.error_class = "overloaded";
  seen.text = "t1 t2";
  EXPECT_THAT(judge(stage, {Host::kStream, 0}, seen), IsEmpty());
  seen.answered = true;
  EXPECT_THAT(judge(stage, {Host::kStream, 0}, seen), Contains("answered: \"t1 t2\""));
  scenario.expected = served_by(0, {0, 0});
  EXPECT_THAT(judge(stage, {Host::kStream, 0}, seen), Contains("text is \"t1 t2\""));
  scenario.expected = refused({ErrorClass::kOverloaded}, {0, 0});
  seen.answered = false;
  seen.text = "t1 x2";
  EXPECT_THAT(judge(stage, {Host::kStream, 0}, seen), Contains(HasSubstr("which no target says")));
}

TEST_F(WallTest, ARehearsalThatDisagreesDiffers) {
  Scenario scenario("test", {"503", ""}, served_by(1, {3, 1}));
  scenario.plan("openrouter=503");
  Stage stage(house(), scenario, Wire::kPlain);
  EXPECT_THAT(judge(stage, rehearse(stage, {Host::kCli, 0})), IsEmpty());
  scenario.expected = served_by(0, {2, 0});
  EXPECT_THAT(judge(stage, rehearse(stage, {Host::kCli, 0})),
              ::testing::ElementsAre("in the rehearsal openai serves",
                                     "the rehearsal makes 4 attempts, not 2"));
  scenario.expected = refused({ErrorClass::kOverloaded}, {3, 1});
  EXPECT_THAT(judge(stage, rehearse(stage, {Host::kCli, 0})), Contains("the rehearsal answers"));
}

TEST_F(WallTest, OneDifferenceFailsTheWhole) {
  const Scenario good = Scenario("good", {"", ""}, served_by(0, {1, 0})).on({Host::kStream});
  const Scenario bad = Scenario("bad", {"", ""}, served_by(1, {1, 0})).on({Host::kStream});
  EXPECT_TRUE(play_wall(house(), {good}, {}));
  EXPECT_FALSE(play_wall(house(), {good, bad}, {}));
  WallOptions none;
  none.only = "no such row";
  EXPECT_FALSE(play_wall(house(), {good}, none)) << "nothing was played";
}

}  // namespace
}  // namespace prx::faults
