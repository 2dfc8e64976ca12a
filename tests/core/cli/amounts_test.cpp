#include "cli/amounts.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace prx::cli {
namespace {

TEST(Amounts, DollarsHaveCentsAndGroups) {
  EXPECT_EQ(dollars(0.0), "$0.00");
  EXPECT_EQ(dollars(3.0), "$3.00");
  EXPECT_EQ(dollars(0.25), "$0.25");
  EXPECT_EQ(dollars(1'234.5), "$1,234.50");
  EXPECT_EQ(dollars(1'234'567.0), "$1,234,567.00");
  EXPECT_EQ(dollars(-0.5), "-$0.50");
}

TEST(Amounts, BelowACentTwoFiguresAreShown) {
  EXPECT_EQ(dollars(0.0000123), "$0.000012");
  EXPECT_EQ(dollars(0.001), "$0.001");
  EXPECT_EQ(dollars(1e-30), "$0.00");
}

TEST(Amounts, WhatIsNoNumberHasNoFigures) {
  EXPECT_EQ(dollars(std::numeric_limits<double>::infinity()), "?");
  EXPECT_EQ(dollars(std::numeric_limits<double>::quiet_NaN()), "?");
  EXPECT_EQ(dollars(std::numeric_limits<double>::max()).substr(0, 5), "$179,");
}

TEST(Amounts, NumbersAreGrouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(200'000), "200,000");
  EXPECT_EQ(grouped(-1'000), "-1,000");
  EXPECT_EQ(grouped(std::numeric_limits<std::int64_t>::min()), "-9,223,372,036,854,775,808");
}

}  // namespace
}  // namespace prx::cli
