#include "reliability/breaker.hpp"

#include <gtest/gtest.h>

namespace prx::reliability {
namespace {

using namespace std::chrono_literals;
using State = Breaker::State;

constexpr double kMiddle = 0.5;  // an opening of exactly its time
constexpr Breaker::Report kCall{true, false}, kProbe{true, true};
constexpr MonotonicTime kStart{1h};

class BreakerTest : public ::testing::Test {
 protected:
  void fail(const Breaker::Report& report = kCall, double jitter = kMiddle) {
    breaker_.failure(now_, options_, jitter, report);
  }
  void fail_times(int times) {
    for (int i = 0; i < times; ++i) fail();
  }
  void succeed(const Breaker::Report& report = kCall) { breaker_.success(now_, report); }
  State state() const { return breaker_.state(now_); }
  void open() {
    fail_times(3);
    ASSERT_EQ(state(), State::kOpen);
  }
  void half_open() {
    open();
    now_ += 10s;
    ASSERT_EQ(state(), State::kHalfOpen);
  }

  Breaker breaker_;
  BreakerOptions options_;
  MonotonicTime now_ = kStart;
};

TEST_F(BreakerTest, OpensAtTheThirdFailureInARow) {
  fail_times(2);
  EXPECT_EQ(state(), State::kClosed);
  fail();
  EXPECT_EQ(state(), State::kOpen);
}

TEST_F(BreakerTest, ASuccessStartsTheRowAgain) {
  fail_times(2);
  succeed();
  now_ += 10s;
  fail_times(2);
  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerTest, ARowDoesNotOpenWhileASuccessIsFresh) {
  succeed();
  fail_times(5);
  EXPECT_EQ(state(), State::kClosed);
  now_ += Breaker::kQuiet;
  fail();
  EXPECT_EQ(state(), State::kOpen);
}

TEST_F(BreakerTest, HalfOfTwentyCallsOpenIt) {
  for (int i = 0; i < 9; ++i) {
    succeed();
    fail();
  }
  succeed();
  EXPECT_EQ(state(), State::kClosed);
  fail();
  EXPECT_EQ(state(), State::kOpen);
}

TEST_F(BreakerTest, HalfOfNineteenDoNot) {
  for (int i = 0; i < 9; ++i) {
    succeed();
    fail();
  }
  fail();  // 10 of 19
  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerTest, CallsLeaveTheWindowAfterHalfAMinute) {
  for (int i = 0; i < 9; ++i) {
    succeed();
    fail();
  }
  now_ += std::chrono::seconds(Breaker::kWindow);
  succeed();
  fail();
  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerTest, ACallThatCountsAlreadyIsNotCountedAgain) {
  fail_times(2);
  fail({false, false});
  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerTest, LimitsAreThoseOfThePolicy) {
  options_.failures = 1;
  fail();
  EXPECT_EQ(state(), State::kOpen);
}

TEST_F(BreakerTest, IsHalfOpenAfterTenSeconds) {
  open();
  now_ += 10s - 1ns;
  EXPECT_EQ(state(), State::kOpen);
  now_ += 1ns;
  EXPECT_EQ(state(), State::kHalfOpen);
}

TEST_F(BreakerTest, AnOpeningIsSpreadByATenth) {
  options_.failures = 1;
  Breaker early, late;
  early.failure(now_, options_, 0.0, kCall);
  late.failure(now_, options_, 1.0, kCall);
  EXPECT_EQ(early.reopens_at(), now_ + 9s);
  EXPECT_EQ(late.reopens_at(), now_ + 11s);
}

TEST_F(BreakerTest, HasOnePlaceForAProbe) {
  half_open();
  EXPECT_TRUE(breaker_.take_probe(now_));
  EXPECT_FALSE(breaker_.take_probe(now_));
  breaker_.probe_over();
  EXPECT_TRUE(breaker_.take_probe(now_));
}

TEST_F(BreakerTest, HasNoPlaceForAProbeUnlessHalfOpen) {
  EXPECT_FALSE(breaker_.take_probe(now_));
  open();
  EXPECT_FALSE(breaker_.take_probe(now_));
}

TEST_F(BreakerTest, AProbesSuccessCloses) {
  half_open();
  ASSERT_TRUE(breaker_.take_probe(now_));
  succeed(kProbe);
  EXPECT_EQ(state(), State::kClosed);
  EXPECT_FALSE(breaker_.probing());
}

TEST_F(BreakerTest, AProbesFailureOpensForTwiceAsLongAndThenNoLonger) {
  half_open();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(breaker_.take_probe(now_));
    fail(kProbe);
    EXPECT_EQ(breaker_.reopens_at(), now_ + 20s);
    now_ += 20s;
  }
}

TEST_F(BreakerTest, AProbeOfACallThatCountsAlreadyOpensToo) {
  half_open();
  ASSERT_TRUE(breaker_.take_probe(now_));
  fail({false, true});
  EXPECT_EQ(state(), State::kOpen);
}

TEST_F(BreakerTest, ASuccessForgetsTheDoubling) {
  half_open();
  ASSERT_TRUE(breaker_.take_probe(now_));
  fail(kProbe);
  now_ += 20s;
  ASSERT_TRUE(breaker_.take_probe(now_));
  succeed(kProbe);
  now_ += Breaker::kQuiet;
  fail_times(3);
  EXPECT_EQ(breaker_.reopens_at(), now_ + 10s);
}

TEST_F(BreakerTest, ALateFailureOfAnotherLeavesTheProbeItsPlace) {
  half_open();
  ASSERT_TRUE(breaker_.take_probe(now_));
  fail(kCall);
  EXPECT_EQ(state(), State::kHalfOpen);
  EXPECT_FALSE(breaker_.take_probe(now_));
}

TEST_F(BreakerTest, ALateSuccessOfAnotherClosesAndLeavesTheProbeItsPlace) {
  half_open();
  ASSERT_TRUE(breaker_.take_probe(now_));
  succeed(kCall);
  EXPECT_EQ(state(), State::kClosed);
  EXPECT_TRUE(breaker_.probing());
}

TEST_F(BreakerTest, ALastResortsFailureDoesNotMoveTheOpening) {
  open();
  const auto before = breaker_.reopens_at();
  now_ += 5s;
  fail();
  EXPECT_EQ(breaker_.reopens_at(), before);
}

TEST_F(BreakerTest, ClosingForgetsWhatFailedBefore) {
  fail_times(30);
  now_ += 10s;
  ASSERT_TRUE(breaker_.take_probe(now_));
  succeed(kProbe);
  fail();
  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerTest, WhatIsForgottenIsAllButThePlaceOfAProbe) {
  half_open();
  ASSERT_TRUE(breaker_.take_probe(now_));
  breaker_.forget();
  EXPECT_EQ(state(), State::kClosed);
  EXPECT_EQ(breaker_.failures(), 0);
  half_open();
  EXPECT_FALSE(breaker_.take_probe(now_));
  breaker_.probe_over();
  EXPECT_TRUE(breaker_.take_probe(now_));
}

TEST_F(BreakerTest, AnotherProcessOpensIt) {
  breaker_.open_until(now_ + 7s);
  EXPECT_EQ(state(), State::kOpen);
  breaker_.open_until(now_ + 3s);
  EXPECT_EQ(breaker_.reopens_at(), now_ + 7s);
}

}  // namespace
}  // namespace prx::reliability
