#include "client/op_table.hpp"

#include <gtest/gtest.h>

#include <set>

namespace prx::driver {
namespace {

Operation* fake(std::uintptr_t number) {
  return reinterpret_cast<Operation*>(number * 64);
}  // never followed

TEST(OpTable, FindsWhatWasAdded) {
  OpTable table;
  const auto one = table.add(*fake(1));
  const auto two = table.add(*fake(2));
  EXPECT_EQ(table.find(one), fake(1));
  EXPECT_EQ(table.find(two), fake(2));
  EXPECT_EQ(table.size(), 2u);
}

TEST(OpTable, AHandleOfTheDeadFindsNothingAlsoAfterItsSlotIsReused) {
  OpTable table;
  const auto dead = table.add(*fake(1));
  table.remove(dead);
  const auto alive = table.add(*fake(2));
  EXPECT_EQ(table.find(dead), nullptr);
  EXPECT_EQ(table.find(alive), fake(2));
  table.remove(dead);
  EXPECT_EQ(table.find(alive), fake(2)) << "removing twice touches nobody else";
}

TEST(OpTable, NonsenseFindsNothing) {
  OpTable table;
  static_cast<void>(table.add(*fake(1)));
  for (const std::uint64_t handle : {0ull, 2ull, 0xffff'ffffull, ~0ull})
    EXPECT_EQ(table.find(handle), nullptr);
}

TEST(OpTable, HandlesDoNotRepeatSoonAndFitSubHandles) {
  OpTable table;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 10'000; ++i) {
    const auto handle = table.add(*fake(1));
    EXPECT_TRUE(seen.insert(handle).second);
    EXPECT_EQ(handle_of(sub_handle(handle, 255)), handle);
    EXPECT_EQ(number_of(sub_handle(handle, 7)), 7);
    table.remove(handle);
  }
}

}  // namespace
}  // namespace prx::driver
