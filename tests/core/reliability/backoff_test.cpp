#include "reliability/backoff.hpp"

#include <gtest/gtest.h>

namespace prx::reliability {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesFromTheBase) {
  const ReliabilityConfig policy;
  EXPECT_EQ(backoff(1, policy, 1.0), 500ms);
  EXPECT_EQ(backoff(2, policy, 1.0), 1'000ms);
  EXPECT_EQ(backoff(3, policy, 1.0), 2'000ms);
}

TEST(Backoff, EndsAtItsMaximum) {
  const ReliabilityConfig policy;
  EXPECT_EQ(backoff(5, policy, 1.0), 8'000ms);
  EXPECT_EQ(backoff(6, policy, 1.0), 8'000ms);
  EXPECT_EQ(backoff(1'000'000, policy, 1.0), 8'000ms);
}

TEST(Backoff, JitterTakesUpToHalfAway) {
  const ReliabilityConfig policy;
  EXPECT_EQ(backoff(1, policy, 0.0), 250ms);
  EXPECT_EQ(backoff(1, policy, 0.5), 375ms);
  EXPECT_EQ(backoff(1, policy, 2.0), 500ms);
  EXPECT_EQ(backoff(1, policy, -1.0), 250ms);
}

TEST(Backoff, ABaseAboveTheMaximumIsTheMaximum) {
  ReliabilityConfig policy;
  policy.backoff_base = 20s;
  EXPECT_EQ(backoff(1, policy, 1.0), 8'000ms);
}

TEST(Backoff, DoesNotOverflow) {
  ReliabilityConfig policy;
  policy.backoff_base = policy.backoff_max = Milliseconds::max() / 2;
  EXPECT_GT(backoff(100, policy, 1.0), 0ms);
}

TEST(Backoff, AnUnnamedRestIsASecondAtLeastAndHalfAMinuteAtMost) {
  ReliabilityConfig policy;
  EXPECT_EQ(unnamed_cooling(1, policy), 1s);
  EXPECT_EQ(unnamed_cooling(2, policy), 2s);
  EXPECT_EQ(unnamed_cooling(5, policy), 16s);
  EXPECT_EQ(unnamed_cooling(6, policy), 30s);
  EXPECT_EQ(unnamed_cooling(1'000, policy), 30s);
  policy.backoff_base = 3s;
  EXPECT_EQ(unnamed_cooling(1, policy), 3s);
  policy.backoff_base = 60s;
  EXPECT_EQ(unnamed_cooling(1, policy), 30s);
}

}  // namespace
}  // namespace prx::reliability
