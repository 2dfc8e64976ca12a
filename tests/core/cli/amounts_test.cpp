#include "cli/amounts.hpp"

#include <gtest/gtest.h>

#include <cmath>
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
}

TEST(Amounts, WhatNobodyHasIsShownByItsFirstFigures) {
  EXPECT_EQ(dollars(kDollarsWholeMax - 1.0), "$999,999,999,999.00");
  EXPECT_EQ(dollars(kDollarsWholeMax), "$1.00e+12");
  EXPECT_EQ(dollars(123456789012345678901234567890.0), "$1.23e+29");
  EXPECT_EQ(dollars(1e300), "$1.00e+300");
  EXPECT_EQ(dollars(-1e300), "-$1.00e+300");
  EXPECT_EQ(dollars(std::numeric_limits<double>::max()), "$1.80e+308");
  for (const double amount : {-std::nextafter(kDollarsWholeMax, 0.0), -1e-12, -9.9e-12, -1e308})
    EXPECT_LE(dollars(amount).size(), 22U) << dollars(amount);
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
