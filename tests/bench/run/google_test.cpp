#include "bench/run/google.hpp"

#include <gtest/gtest.h>

namespace prx::bench {
namespace {

TEST(BenchGoogle, MediansAreReadInNanosecondsByTheRegisteredName) {
  const auto medians = parse_medians(
      R"({"context":{},"benchmarks":[)"
      R"({"name":"BM_A_mean","run_name":"BM_A","aggregate_name":"mean","cpu_time":9,"time_unit":"ns"},)"
      R"({"name":"BM_A_median","run_name":"BM_A","aggregate_name":"median","cpu_time":2.5,"time_unit":"us"}]})");
  ASSERT_TRUE(medians);
  EXPECT_EQ(medians->size(), 1u);
  EXPECT_DOUBLE_EQ(medians->at("BM_A"), 2'500);
}

TEST(BenchGoogle, ATimeTakenByTheBenchmarkItselfIsTheOneThatCounts) {
  const auto medians = parse_medians(
      R"({"benchmarks":[{"run_name":"BM_Load/4/iterations:50/manual_time","aggregate_name":"median",)"
      R"("real_time":3,"cpu_time":700,"time_unit":"ns"}]})");
  ASSERT_TRUE(medians);
  EXPECT_DOUBLE_EQ(medians->at("BM_Load/4"), 3);
}

TEST(BenchGoogle, TextThatIsNoReportIsAnError) {
  EXPECT_FALSE(parse_medians("cannot open shared object"));
  EXPECT_FALSE(parse_medians("{}"));
}

}  // namespace
}  // namespace prx::bench
