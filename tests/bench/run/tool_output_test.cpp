#include "bench/run/tool_output.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace prx::bench {
namespace {

TEST(BenchToolOutput, CallgrindsTotalIsFoundUnderEitherName) {
  std::istringstream summary("events: Ir\nsummary: 123456\n\nfn=(1)\n16 4\n");
  std::istringstream totals("events: Ir\nfn=(1)\n16 4\ntotals: 789\n");
  std::istringstream neither("events: Ir\n");
  EXPECT_EQ(read_callgrind(summary), 123456);
  EXPECT_EQ(read_callgrind(totals), 789);
  EXPECT_EQ(read_callgrind(neither), std::nullopt);
}

TEST(BenchToolOutput, StracesTotalIsTheFourthWordWithAndWithoutErrors) {
  std::istringstream with(
      "% time     seconds  usecs/call     calls    errors syscall\n"
      " 50.00    0.000100           1       400        12 read\n"
      "100.00    0.000200           1       512        12 total\n");
  std::istringstream without("100.00    0.000000           0        29           total\n");
  EXPECT_EQ(read_strace(with), 512);
  EXPECT_EQ(read_strace(without), 29);
}

}  // namespace
}  // namespace prx::bench
