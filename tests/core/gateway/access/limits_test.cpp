// What a key has used: rate, calls, dollars; pure, and by many threads at once.
#include "gateway/access/limits.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <thread>
#include <vector>

namespace prx::gateway {
namespace {

using namespace std::chrono_literals;

constexpr MonotonicTime kStart{1'000s};

WallTime date(std::chrono::milliseconds since_1970) { return WallTime(since_1970); }

template <class Task>
void at_once(int threads, Task task) {
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i) all.emplace_back(task);
  for (auto& one : all) one.join();
}

TEST(Rate, AMinutesRequestsMayComeAtOnceAndThenOneAfterTheOther) {
  Rate rate;
  for (int i = 0; i < 60; ++i) EXPECT_EQ(rate.take(60, kStart), 0ns) << i;
  EXPECT_EQ(rate.take(60, kStart), 1s) << "until the next one";
  EXPECT_EQ(rate.take(60, kStart + 400ms), 600ms);
  EXPECT_EQ(rate.take(60, kStart + 1s), 0ns);
  EXPECT_EQ(rate.take(60, kStart + 1s), 1s);
}

TEST(Rate, WhatWasNotUsedIsNotSavedBeyondAMinute) {
  Rate rate;
  EXPECT_EQ(rate.take(2, kStart), 0ns);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(rate.take(2, kStart + 1h), 0ns);
  EXPECT_EQ(rate.take(2, kStart + 1h), 30s);
}

TEST(Rate, OneAMinuteIsOne) {
  Rate rate;
  EXPECT_EQ(rate.take(1, kStart), 0ns);
  EXPECT_EQ(rate.take(1, kStart + 59s), 1s);
  EXPECT_EQ(rate.take(1, kStart + 60s), 0ns);
}

TEST(Rate, ManyThreadsGetNoMoreThanOneWould) {
  Rate rate;
  std::atomic<int> taken{0};
  at_once(8, [&] {
    for (int i = 0; i < 1'000; ++i)
      if (rate.take(500, kStart) == 0ns) ++taken;
  });
  EXPECT_EQ(taken, 500);
}

TEST(InFlight, NoMoreThanTheLimitAreInAtOnce) {
  InFlight calls;
  EXPECT_TRUE(calls.enter(2));
  EXPECT_TRUE(calls.enter(2));
  EXPECT_FALSE(calls.enter(2));
  EXPECT_EQ(calls.count(), 2) << "what was refused is not in";
  calls.leave();
  EXPECT_TRUE(calls.enter(2));
}

TEST(InFlight, ManyThreadsNeverExceedIt) {
  InFlight calls;
  std::atomic<int> in{0}, most{0};
  at_once(8, [&] {
    for (int i = 0; i < 2'000; ++i) {
      if (!calls.enter(3)) continue;
      const int now = ++in;
      int seen = most;
      while (now > seen && !most.compare_exchange_weak(seen, now)) continue;
      --in;
      calls.leave();
    }
  });
  EXPECT_LE(most, 3);
  EXPECT_EQ(calls.count(), 0);
}

TEST(Window, IsCountedFrom1970AndMayBeForGood) {
  EXPECT_EQ(window_of(24h, date(24h - 1ms)), 0);
  EXPECT_EQ(window_of(24h, date(24h)), 1);
  EXPECT_EQ(until_next_window(24h, date(25h)), 23h);
  EXPECT_EQ(window_of(std::nullopt, date(1'000'000h)), 0);
  EXPECT_EQ(until_next_window(std::nullopt, date(1h)), std::nullopt);
}

TEST(Spent, EachWindowBeginsAnew) {
  Spent spent;
  spent.add(20'000, nanodollars(0.25));
  spent.add(20'000, nanodollars(0.25));
  EXPECT_EQ(spent.in(20'000), 500'000'000);
  EXPECT_EQ(spent.in(20'001), 0);
  spent.add(20'001, 7);
  EXPECT_EQ(spent.in(20'001), 7);
  EXPECT_EQ(spent.in(20'000), 0) << "it is over";
}

TEST(Spent, WhatIsNoAmountIsNothing) {
  EXPECT_EQ(nanodollars(-1.0), 0);
  EXPECT_EQ(nanodollars(std::nan("")), 0);
  EXPECT_EQ(nanodollars(0.0000000014), 1);
  EXPECT_EQ(nanodollars(1e300), Spent::kMax);
}

TEST(Spent, StaysAtItsMost) {
  Spent spent;
  spent.add(65'535, Spent::kMax);
  spent.add(65'535, Spent::kMax);
  EXPECT_EQ(spent.in(65'535), Spent::kMax);
}

TEST(Spent, NothingIsLostBetweenThreads) {
  Spent spent;
  at_once(8, [&] {
    for (int i = 0; i < 10'000; ++i) spent.add(3, 2);
  });
  EXPECT_EQ(spent.in(3), 160'000);
}

}  // namespace
}  // namespace prx::gateway
