#include "reliability/random.hpp"

#include <gtest/gtest.h>

namespace prx::reliability {
namespace {

TEST(Random, StaysFromZeroUpToOne) {
  Random random(1);
  double sum = 0.0;
  for (int i = 0; i < 10'000; ++i) {
    const double next = random.next();
    ASSERT_GE(next, 0.0);
    ASSERT_LT(next, 1.0);
    sum += next;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(Random, TheSameSeedGivesTheSameNumbers) {
  Random one(42), two(42), other(43);
  EXPECT_EQ(one.next(), two.next());
  EXPECT_NE(one.next(), other.next());
}

}  // namespace
}  // namespace prx::reliability
