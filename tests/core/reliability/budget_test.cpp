#include "reliability/budget.hpp"

#include <gtest/gtest.h>

namespace prx::reliability {
namespace {

using namespace std::chrono_literals;

constexpr MonotonicTime kStart{1h};

int taken(RetryBudget& budget, MonotonicTime now, double share, int wanted) {
  int count = 0;
  for (int i = 0; i < wanted; ++i) count += budget.take(now, share) ? 1 : 0;
  return count;
}

TEST(RetryBudget, ThreeASecondAreAlwaysAllowed) {
  RetryBudget budget;
  EXPECT_EQ(taken(budget, kStart, 0.2, 10), 3);
  EXPECT_EQ(taken(budget, kStart + 999ms, 0.2, 10), 0);
  EXPECT_EQ(taken(budget, kStart + 1s, 0.2, 10), 3);
}

TEST(RetryBudget, BeyondThemAShareOfTheCalls) {
  RetryBudget budget;
  for (int i = 0; i < 100; ++i) budget.call_started(kStart);
  EXPECT_EQ(taken(budget, kStart, 0.2, 100), 20);
}

TEST(RetryBudget, CallsCountForTenSeconds) {
  RetryBudget budget;
  for (int i = 0; i < 100; ++i) budget.call_started(kStart);
  EXPECT_EQ(taken(budget, kStart + 9s, 0.2, 100), 20);
  RetryBudget late;
  for (int i = 0; i < 100; ++i) late.call_started(kStart);
  EXPECT_EQ(taken(late, kStart + 10s, 0.2, 100), 3);
}

TEST(RetryBudget, AShareOfNothingLeavesTheThree) {
  RetryBudget budget;
  for (int i = 0; i < 100; ++i) budget.call_started(kStart);
  EXPECT_EQ(taken(budget, kStart, 0.0, 100), 3);
}

TEST(HedgeBudget, StartsWithABurstOfFive) {
  HedgeBudget budget;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(budget.take(0.1));
  EXPECT_FALSE(budget.take(0.1));
}

TEST(HedgeBudget, EarnsAShareOfEachCallUpToTheBurst) {
  HedgeBudget budget;
  while (budget.take(0.25)) continue;
  for (int i = 0; i < 4; ++i) budget.call_started(0.25);
  EXPECT_TRUE(budget.take(0.25));
  EXPECT_FALSE(budget.take(0.25));
  for (int i = 0; i < 1'000; ++i) budget.call_started(0.25);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(budget.take(0.25));
  EXPECT_FALSE(budget.take(0.25));
}

TEST(HedgeBudget, AShareOfZeroIsNever) {
  HedgeBudget budget;
  EXPECT_FALSE(budget.take(0.0));
}

}  // namespace
}  // namespace prx::reliability
