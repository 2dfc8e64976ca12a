#include "isolation/restarts.hpp"

#include <gtest/gtest.h>

namespace prx::isolation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Restarts, TheFirstEndCostsNoWaitAndLaterOnesDoubleItToALimit) {
  EXPECT_EQ(Restarts::wait_after(1), milliseconds(0));
  EXPECT_EQ(Restarts::wait_after(2), Restarts::kBackoffBase);
  EXPECT_EQ(Restarts::wait_after(3), 2 * Restarts::kBackoffBase);
  EXPECT_EQ(Restarts::wait_after(10), 256 * Restarts::kBackoffBase);
  EXPECT_EQ(Restarts::wait_after(11), Restarts::kBackoffMax);
  EXPECT_EQ(Restarts::wait_after(4'000'000'000u), Restarts::kBackoffMax);
}

class RestartsTest : public ::testing::Test {
 protected:
  Restarts restarts;
  MonotonicTime now{seconds(1'000)};
};

TEST_F(RestartsTest, OneThatServedLongStartsAnew) {
  restarts.ended(now);
  EXPECT_EQ(restarts.ended(now), Restarts::kBackoffBase);
  restarts.up(now);
  EXPECT_EQ(restarts.ended(now + Restarts::kStableAfter), milliseconds(0));
}

TEST_F(RestartsTest, OneThatServedNotQuiteSoLongDoesNot) {
  restarts.ended(now);
  restarts.up(now);
  now += Restarts::kStableAfter - milliseconds(1);
  EXPECT_EQ(restarts.ended(now), Restarts::kBackoffBase);
  EXPECT_EQ(restarts.next(), now + Restarts::kBackoffBase);
}

TEST_F(RestartsTest, OneThatNeverServedIsAnEndHoweverLongTheLastOneDid) {
  restarts.up(now);
  now += seconds(60);
  EXPECT_EQ(restarts.ended(now), milliseconds(0));
  EXPECT_EQ(restarts.ended(now), Restarts::kBackoffBase) << "could not be started";
  now += seconds(60);
  EXPECT_EQ(restarts.ended(now), 2 * Restarts::kBackoffBase) << "took its time to load";
}

}  // namespace
}  // namespace prx::isolation
