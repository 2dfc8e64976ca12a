// Op::park: an operation that waits for another one, and is woken from any thread.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "prx/plugin.hpp"
#include "prx/sdk/testing.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;
using sdk::Op;
using sdk::Waker;
using sdk::testing::TestCall;
using sdk::testing::TestInstance;

/// Looks each time it is woken, and says so; ends when `open`.
struct Door {
  std::vector<Waker> wakers;
  bool open = false;
  int looks = 0;
  bool wake_before_park = false;
};
Door* door = nullptr;  // of the test at hand

class Waits {
 public:
  Waits(const sdk::Config&, sdk::Host) {}
  static std::string describe() { return "{}"; }
  void start(Op op, const sdk::Request&) const {
    door->wakers.push_back(op.waker());
    if (door->wake_before_park) door->wakers.back().wake();
    look(std::move(op));
  }

 private:
  static void look(Op op) {
    ++door->looks;
    if (door->open) {
      op.finish(sdk::FinishReason::kStop);
      return op.done();
    }
    if (op.progress("waits")) std::move(op).park(1min, look);
  }
};

class Park : public ::testing::Test {
 protected:
  Park() { door = &door_; }
  ~Park() override { door = nullptr; }
  static const prx_plugin& plugin() {
    static constexpr prx_plugin table = sdk::detail::Entry<Waits>::plugin("waits", "1");
    return table;
  }
  Door door_;
  TestInstance instance{plugin(), "{}", "waits"};
};

TEST_F(Park, ItIsWokenOnTheNextTurn) {
  const TestCall call(instance);
  instance.host.run();
  EXPECT_EQ(door_.looks, 1);
  door_.open = true;
  door_.wakers[0].wake();
  EXPECT_FALSE(call.ended()) << "on its loop, not on the thread that wakes";
  instance.host.run();
  EXPECT_TRUE(call.done());
  EXPECT_TRUE(instance.host.breaches.empty());
}

TEST_F(Park, ItLooksByItselfWhenTheTimeIsOver) {
  const TestCall call(instance);
  instance.host.advance(59s);
  EXPECT_EQ(door_.looks, 1);
  instance.host.advance(1s);
  EXPECT_EQ(door_.looks, 2);
  instance.host.advance(1min);
  EXPECT_EQ(door_.looks, 3);
}

TEST_F(Park, ManyWakesAreOneLook) {
  const TestCall call(instance);
  instance.host.run();
  for (int i = 0; i < 5; ++i) door_.wakers[0].wake();
  instance.host.run();
  EXPECT_EQ(door_.looks, 2);
  instance.host.advance(59s);
  EXPECT_EQ(door_.looks, 2) << "and its old timer is gone";
}

TEST_F(Park, AWakeThatCameBeforeIsNotLost) {
  door_.wake_before_park = true;
  const TestCall call(instance);
  instance.host.run();
  EXPECT_EQ(door_.looks, 2);
}

TEST_F(Park, ACancelEndsItAtOnceAndNoWakeComesAfter) {
  TestCall call(instance);
  instance.host.run();
  door_.wakers[0].wake();
  call.cancel();
  ASSERT_TRUE(call.ended());
  EXPECT_EQ(call.error()->error_class, ErrorClass::kCancelled);
  door_.wakers[0].wake();
  instance.host.run();
  EXPECT_EQ(door_.looks, 1);
  EXPECT_TRUE(instance.host.breaches.empty());
}

TEST_F(Park, WhatIsOverIsNotWoken) {
  {
    const TestCall call(instance);
    instance.host.run();
  }
  door_.wakers[0].wake();
  instance.host.run();
  EXPECT_EQ(door_.looks, 1);
  EXPECT_TRUE(instance.host.breaches.empty());
}

}  // namespace
}  // namespace prx::test
