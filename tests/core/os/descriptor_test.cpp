#include "os/descriptor.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <utility>

namespace prx::os {
namespace {

bool is_open(int number) { return ::fcntl(number, F_GETFD) >= 0; }
int opened() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

TEST(Descriptor, ClosesWhatItHolds) {
  const int number = opened();
  {
    const Descriptor held(number);
    EXPECT_TRUE(held.is_open());
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Descriptor, HoldsNothingByDefault) {
  Descriptor nothing;
  EXPECT_FALSE(nothing.is_open());
  EXPECT_EQ(nothing.close(), 0);
}

TEST(Descriptor, MovedFromHoldsNothingAndMovedToClosesWhatItHad) {
  const int first = opened(), second = opened();
  Descriptor a(first), b(second);
  b = std::move(a);
  EXPECT_EQ(b.get(), first);
  EXPECT_FALSE(a.is_open());
  EXPECT_FALSE(is_open(second));
  Descriptor& same = b;
  b = std::move(same);
  EXPECT_EQ(b.get(), first) << "moved to itself";
}

TEST(Descriptor, GivesAwayWhatItReleases) {
  Descriptor held(opened());
  const Descriptor other(held.release());
  EXPECT_FALSE(held.is_open());
  EXPECT_TRUE(is_open(other.get()));
}

TEST(Descriptor, TellsOfACloseThatFails) {
  const int number = opened();
  Descriptor held(number);
  ::close(number);
  EXPECT_EQ(held.close(), EBADF);
}

}  // namespace
}  // namespace prx::os
