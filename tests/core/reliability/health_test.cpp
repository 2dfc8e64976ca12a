#include "reliability/health.hpp"

#include <gtest/gtest.h>

namespace prx::reliability {
namespace {

using namespace std::chrono_literals;

constexpr MonotonicTime kStart{1h};

Error of(ErrorClass error_class, std::optional<Milliseconds> retry_after = {}) {
  Error error;
  error.error_class = error_class;
  error.retry_after = retry_after;
  return error;
}

TEST(KeyLane, AuthAndCreditRestAKeyForFiveMinutes) {
  KeyLane keys;
  const Error auth = of(ErrorClass::kAuth), credit = of(ErrorClass::kCredit);
  keys.record(0, &auth, kStart);
  keys.record(2, &credit, kStart);
  EXPECT_EQ(keys.rests(0), kStart + 5min);
  EXPECT_EQ(keys.rests(1), MonotonicTime{});
  EXPECT_EQ(keys.rests(2), kStart + 5min);
}

TEST(KeyLane, OtherFailuresSayNothingAboutAKey) {
  KeyLane keys;
  for (const auto one : {ErrorClass::kNetwork, ErrorClass::kPermission, ErrorClass::kRateLimit}) {
    const Error error = of(one);
    keys.record(0, &error, kStart);
  }
  EXPECT_EQ(keys.rests(0), MonotonicTime{});
}

TEST(KeyLane, AKeyThatServesRestsNoLonger) {
  KeyLane keys;
  const Error auth = of(ErrorClass::kAuth);
  keys.record(0, &auth, kStart);
  keys.record(0, nullptr, kStart);
  keys.record(7, nullptr, kStart);
  EXPECT_EQ(keys.rests(0), MonotonicTime{});
  EXPECT_TRUE(keys.served(0));
}

TEST(KeyLane, AKeyThatIsForgottenOrRestsAgainDidNotServe) {
  KeyLane keys;
  const Error auth = of(ErrorClass::kAuth);
  keys.record(0, &auth, kStart);
  keys.record(0, nullptr, kStart);
  keys.rest(0, kStart + 1min);
  EXPECT_EQ(keys.rests(0), kStart + 1min);
  EXPECT_FALSE(keys.served(0));
  keys.record(0, nullptr, kStart);
  keys.forget();
  EXPECT_EQ(keys.rests(0), MonotonicTime{});
  EXPECT_FALSE(keys.served(0));
}

TEST(Lane, ARateLimitRestsOneKey) {
  Lane lane;
  lane.limited(1, of(ErrorClass::kRateLimit, 7s), {}, kStart);
  EXPECT_EQ(lane.usable_at(0), MonotonicTime{});
  EXPECT_EQ(lane.usable_at(1), kStart + 7s);
}

TEST(Lane, AShorterRetryAfterDoesNotEndALongerOne) {
  Lane lane;
  lane.limited(0, of(ErrorClass::kRateLimit, 7s), {}, kStart);
  lane.limited(0, of(ErrorClass::kRateLimit, 1s), {}, kStart + 1s);
  lane.limited(0, of(ErrorClass::kRateLimit), {}, kStart + 1s);
  EXPECT_EQ(lane.usable_at(0), kStart + 7s);
}

TEST(Lane, AnUnnamedRestDoublesWithEachLimitAfterIt) {
  Lane lane;
  lane.limited(0, of(ErrorClass::kRateLimit), {}, kStart);
  EXPECT_EQ(lane.usable_at(0), kStart + 1s);
  lane.limited(0, of(ErrorClass::kRateLimit), {}, kStart + 1s);
  EXPECT_EQ(lane.usable_at(0), kStart + 3s);
}

TEST(Lane, LimitsOfCallsThatWereUnderWayDoNotDoubleIt) {
  Lane lane;
  for (int i = 0; i < 100; ++i) lane.limited(0, of(ErrorClass::kRateLimit), {}, kStart);
  EXPECT_EQ(lane.usable_at(0), kStart + 1s);
}

TEST(Lane, APauseConcernsEveryKey) {
  Lane lane;
  lane.limited(0, of(ErrorClass::kRateLimit, 7s), {}, kStart);
  lane.pause(3s, kStart);
  EXPECT_EQ(lane.usable_at(0), kStart + 7s);
  EXPECT_EQ(lane.usable_at(1), kStart + 3s);
}

TEST(Lane, NoRestIsLongerThanADay) {
  Lane lane;
  lane.limited(0, of(ErrorClass::kRateLimit, Milliseconds::max()), {}, kStart);
  lane.pause(Milliseconds::max(), kStart);
  EXPECT_EQ(lane.usable_at(0), kStart + Lane::kRestMax);
  EXPECT_EQ(lane.usable_at(1), kStart + Lane::kRestMax);
}

TEST(Health, ALaneIsOneRecordByName) {
  Health health;
  Lane& lane = health.lane("a");
  EXPECT_EQ(&health.lane("a"), &lane);
  EXPECT_NE(&health.lane("b"), &lane);
  EXPECT_EQ(&health.keys("a"), &health.keys("a"));
}

TEST(Health, BeyondItsLimitLanesInUseStayAndNewOnesShareOneRecord) {
  Health health;
  Lane& first = health.lane("lane 0");
  for (std::size_t i = 0; i < Health::kLanesMax; ++i)
    health.lane("lane " + std::to_string(i)).users = 1;
  Lane& over = health.lane("one more");
  EXPECT_EQ(&health.lane("yet another"), &over);
  EXPECT_EQ(&health.lane("lane 0"), &first);
  EXPECT_NE(&health.lane("lane 4095"), &over);
}

TEST(Health, BeyondItsLimitLanesThatAreWellAndIdleAreForgotten) {
  Health health;
  for (std::size_t i = 0; i < Health::kLanesMax; ++i)
    (void)health.lane("lane " + std::to_string(i));
  health.lane("lane 7").pause(3s, kStart);
  health.lane("lane 8").breaker.open_until(kStart + 3s);
  Lane& fresh = health.lane("one more", kStart);
  EXPECT_NE(&health.lane("yet another", kStart), &fresh);
  EXPECT_GT(health.lane("lane 7", kStart).usable_at(0), kStart) << "what is known stays";
  EXPECT_EQ(health.lane("lane 8", kStart).breaker.state(kStart), Breaker::State::kOpen);
}

TEST(Health, KeysThatNobodyUsesAreForgottenWithEachConfiguration) {
  Health health;
  KeyLane& used = health.keys("used");
  ++used.users;
  for (int i = 0; i < 10'000; ++i) {
    (void)health.keys("provider " + std::to_string(i));
    health.forget_keys();
  }
  EXPECT_EQ(health.key_lanes(), 1u);
  EXPECT_EQ(&health.keys("used"), &used);
}

TEST(Health, ForgettingKeysLeavesLanes) {
  Health health;
  const Error auth = of(ErrorClass::kAuth);
  health.keys("a").record(0, &auth, kStart);
  health.lane("a").pause(3s, kStart);
  health.forget_keys();
  EXPECT_EQ(health.keys("a").rests(0), MonotonicTime{});
  EXPECT_EQ(health.lane("a").usable_at(0), kStart + 3s);
}

}  // namespace
}  // namespace prx::reliability
