#include "bench/run/statistics.hpp"

#include <gtest/gtest.h>

namespace prx::bench {
namespace {

TEST(BenchStatistics, TheMedianOfAnEvenNumberIsTheMeanOfTheMiddle) {
  EXPECT_DOUBLE_EQ(median({4, 1, 100, 2}), 3);
  EXPECT_DOUBLE_EQ(median({7, 1, 3}), 3);
  EXPECT_DOUBLE_EQ(median({}), 0);
}

TEST(BenchStatistics, RatiosArePairedByRound) {
  EXPECT_EQ(ratios({2, 6, 8}, {1, 2}), (std::vector<double>{2, 3}));
}

TEST(BenchStatistics, AReportHoldsTheNumbersOfALine) {
  const Report report = parse_report("count=20 cpu_ns=1500 word=abc loose x=\n");
  EXPECT_EQ(report.size(), 2u);
  EXPECT_DOUBLE_EQ(report.at("count"), 20);
  EXPECT_DOUBLE_EQ(report.at("cpu_ns"), 1500);
}

}  // namespace
}  // namespace prx::bench
