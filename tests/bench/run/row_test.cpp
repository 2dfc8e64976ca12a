#include "bench/run/row.hpp"

#include <gtest/gtest.h>

namespace prx::bench {
namespace {

Row row(Kind kind, double value, double goal) {
  Row r;
  r.name = "x";
  r.unit = "u";
  r.kind = kind;
  r.value = value;
  r.goal = goal;
  return r;
}

TEST(BenchRow, ARatioFailsOnlyAboveItsSlack) {
  EXPECT_EQ(exit_code({row(Kind::kRatio, 1.15 * kRatioSlack - 0.001, 1.15)}), 0);
  EXPECT_EQ(exit_code({row(Kind::kRatio, 1.15 * kRatioSlack + 0.001, 1.15)}), 1);
}

TEST(BenchRow, ALeastIsKeptFromBelow) {
  Row least = row(Kind::kRatio, 35, 35);
  least.at_least = true;
  EXPECT_TRUE(least.within_goal());
  least.value = 35 / kRatioSlack + 0.001;
  EXPECT_FALSE(least.within_goal());
  EXPECT_EQ(exit_code({least}), 0);
  least.value = 35 / kRatioSlack - 0.001;
  EXPECT_EQ(exit_code({least}), 1);
}

TEST(BenchRow, ACountFailsAboveItsGoal) {
  EXPECT_EQ(exit_code({row(Kind::kCount, 100, 100)}), 0);
  EXPECT_EQ(exit_code({row(Kind::kCount, 100.1, 100)}), 1);
}

TEST(BenchRow, ATripwireStandsInForAGoalThatIsNotReachedYet) {
  Row above = row(Kind::kCount, 140, 100);
  above.tripwire = 150;
  EXPECT_EQ(exit_code({above}), 0);
  EXPECT_FALSE(above.within_goal());
  above.value = 150.1;
  EXPECT_EQ(exit_code({above}), 1);
}

TEST(BenchRow, ATimeNeverFails) {
  EXPECT_EQ(exit_code({row(Kind::kTime, 1e9, 1)}), 0);
  EXPECT_FALSE(row(Kind::kTime, 1e9, 1).within_goal());
}

TEST(BenchRow, ABrokenRowIsNeitherSuccessNorASlowResult) {
  EXPECT_EQ(exit_code({broken_row("x", "why")}), 2);
  EXPECT_EQ(exit_code({skipped_row("x", "why")}), 0);
}

TEST(BenchRow, TheTableSaysWhyARowWasSkipped) {
  EXPECT_NE(table({skipped_row("start.tls_cpu", "nghttpx is not installed")})
                .find("nghttpx is not installed"),
            std::string::npos);
}

TEST(BenchRow, TheJsonLineHasNullWhereNothingIsKnown) {
  EXPECT_EQ(json_line({skipped_row("a", "why"), row(Kind::kRatio, 1.5, 1.15)}),
            R"([{"name":"a","value":null,"unit":"","goal":null,"ok":null},)"
            R"({"name":"x","value":1.5,"unit":"u","goal":1.15,"ok":false}])");
}

}  // namespace
}  // namespace prx::bench
