#include "reliability/rolling_window.hpp"

#include <gtest/gtest.h>

namespace prx::reliability {
namespace {

using namespace std::chrono_literals;

TEST(RollingWindow, CountsAllAndMarked) {
  RollingWindow<10> window;
  const MonotonicTime now{1h};
  window.add(now, true);
  window.add(now, false);
  EXPECT_EQ(window.total(now).all, 2u);
  EXPECT_EQ(window.total(now).marked, 1u);
  EXPECT_EQ(window.current(now).all, 2u);
}

TEST(RollingWindow, HoldsTheCurrentSecondAndThoseBefore) {
  RollingWindow<10> window;
  const MonotonicTime now{1h};
  window.add(now, false);
  EXPECT_EQ(window.total(now + 9s).all, 1u);
  EXPECT_EQ(window.current(now + 9s).all, 0u);
  EXPECT_EQ(window.total(now + 10s).all, 0u);
}

TEST(RollingWindow, ForgetsSlotBySlot) {
  RollingWindow<3> window;
  MonotonicTime now{1h};
  for (int i = 0; i < 10; ++i, now += 1s) window.add(now, i % 2 == 0);
  EXPECT_EQ(window.total(now - 1s).all, 3u);
  EXPECT_EQ(window.total(now - 1s).marked, 1u);
}

TEST(RollingWindow, SurvivesAPauseOfManyTurns) {
  RollingWindow<3> window;
  const MonotonicTime now{1h};
  window.add(now, true);
  EXPECT_EQ(window.total(now + 100h).all, 0u);
  window.add(now + 100h, true);
  EXPECT_EQ(window.total(now + 100h).marked, 1u);
}

TEST(RollingWindow, TimeThatGoesBackCountsAsTheNewestSecond) {
  RollingWindow<3> window;
  const MonotonicTime now{1h};
  window.add(now, false);
  window.add(now - 5s, false);
  EXPECT_EQ(window.current(now).all, 2u);
}

TEST(RollingWindow, ClearForgetsAll) {
  RollingWindow<3> window;
  const MonotonicTime now{1h};
  window.add(now, true);
  window.clear();
  EXPECT_EQ(window.total(now).all, 0u);
  EXPECT_EQ(window.total(now).marked, 0u);
}

}  // namespace
}  // namespace prx::reliability
