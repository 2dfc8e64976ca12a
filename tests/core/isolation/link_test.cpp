#include "isolation/link.hpp"

#include <gtest/gtest.h>

namespace prx::isolation {
namespace {

using std::chrono::milliseconds;

TEST(Link, TheFirstEndCostsNoWaitAndLaterOnesDoubleItToALimit) {
  EXPECT_EQ(Link::wait_after(1), milliseconds(0));
  EXPECT_EQ(Link::wait_after(2), Link::kBackoffBase);
  EXPECT_EQ(Link::wait_after(3), 2 * Link::kBackoffBase);
  EXPECT_EQ(Link::wait_after(10), 256 * Link::kBackoffBase);
  EXPECT_EQ(Link::wait_after(11), Link::kBackoffMax);
  EXPECT_EQ(Link::wait_after(4'000'000'000u), Link::kBackoffMax);
}

}  // namespace
}  // namespace prx::isolation
