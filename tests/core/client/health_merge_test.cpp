#include "client/health_merge.hpp"

#include <gtest/gtest.h>

namespace prx::driver {
namespace {

using namespace std::chrono_literals;
using reliability::Breaker;

constexpr std::chrono::milliseconds kWall{1'790'000'000'000};
constexpr std::uint64_t kMe = 7, kOther = 8;

Moment at(std::chrono::milliseconds later = 0ms) {
  return {kWall + later, MonotonicTime{} + 1h + later};
}

std::int64_t wall(std::chrono::milliseconds later) { return (kWall + later).count(); }

HealthRecord written() {
  HealthRecord record;
  record.name = 1;
  record.written_ms = kWall.count();
  return record;
}

struct OneLane {
  reliability::Lane lane;
  HealthItem item{HealthKind::kLane, &lane, nullptr, 0};
  HealthKnown known;

  [[nodiscard]] Breaker::State state(std::chrono::milliseconds later) const {
    return lane.breaker.state(at(later).now);
  }
  void fail_call(std::chrono::milliseconds later) {
    lane.breaker.failure(at(later).now, {}, 0.5, {true, false});
  }
  void tell_to(HealthRecord& record, std::chrono::milliseconds later, int breaker_failures = 3) {
    const HealthNews news = news_of(item, known, at(later).now);
    if (!news.any()) return;
    tell(record, HealthKind::kLane, news, {kMe, breaker_failures}, at(later));
    told(record, item, news, known);
  }
};

TEST(HealthMerge, ACoolingOfAnotherIsKeptOnOurClock) {
  OneLane us;
  HealthRecord record = written();
  record.rests_ms = wall(30s);
  adopt(record, us.item, us.known, at(10s));
  EXPECT_EQ(us.lane.cools_until, at(30s).now);
}

TEST(HealthMerge, ALaneThatWasForgottenMeanwhileSaysNothingAboutItsTarget) {
  OneLane us;
  us.known.success = at().now;  // of a lane that was told of; this one is new
  HealthRecord record = written();
  record.open_ms = wall(30s);
  record.written_ms = wall(20s);
  adopt(record, us.item, us.known, at(20s));
  EXPECT_EQ(us.state(20s), Breaker::State::kOpen);
  EXPECT_FALSE(news_of(us.item, us.known, at(20s).now).any());
}

TEST(HealthMerge, ALongerCoolingOfOursStays) {
  OneLane us;
  us.lane.cools_until = at(60s).now;
  HealthRecord record = written();
  record.rests_ms = wall(30s);
  adopt(record, us.item, us.known, at());
  EXPECT_EQ(us.lane.cools_until, at(60s).now);
}

TEST(HealthMerge, OneFailedCallOpensForOthersByDefault) {
  OneLane us, other;
  HealthRecord record = written();
  us.fail_call(0ms);
  us.tell_to(record, 0ms);
  EXPECT_EQ(us.state(1ms), Breaker::State::kClosed);  // our own policy decides for us
  adopt(record, other.item, other.known, at(1s));
  EXPECT_EQ(other.state(1s), Breaker::State::kOpen);
  EXPECT_EQ(other.state(10s), Breaker::State::kHalfOpen);
}

TEST(HealthMerge, APatientPolicyNeedsSeveralCalls) {
  HealthRecord record = written();
  for (int call = 1; call <= 4; ++call) {
    OneLane process;
    process.fail_call(0ms);
    process.tell_to(record, 0ms, 12);
    EXPECT_EQ(record.open_ms != 0, call == 4) << call;
  }
}

TEST(HealthMerge, FailuresOfLongAgoDoNotAddUp) {
  HealthRecord record = written();
  record.failures = 11;
  OneLane us;
  us.fail_call(kForgottenAfter + 1s);
  us.tell_to(record, kForgottenAfter + 1s, 12);
  EXPECT_EQ(record.failures, kCallCounts);
  EXPECT_EQ(record.open_ms, 0);
}

TEST(HealthMerge, AFailureAfterASuccessOfAMomentAgoIsKeptForOurselves) {
  OneLane us;
  us.lane.breaker.success(at().now, {true, false});
  us.fail_call(1s);
  EXPECT_FALSE(news_of(us.item, us.known, at(1s).now).any());
  EXPECT_TRUE(news_of(us.item, us.known, at(6s).now).any());
}

TEST(HealthMerge, ATargetThatAnsweredUsJustNowIsNotGivenUpAndIsClearedByTheNextAnswer) {
  OneLane us;
  HealthRecord record = written();
  record.open_ms = wall(10s);
  us.lane.breaker.success(at(-1s).now, {true, false});
  adopt(record, us.item, us.known, at());
  EXPECT_EQ(us.state(0ms), Breaker::State::kClosed);
  us.lane.breaker.success(at(1s).now, {true, false});
  us.tell_to(record, 1s);
  EXPECT_EQ(record.open_ms, 0);
}

TEST(HealthMerge, AnAnswerOfATargetThatNobodyDoubtsIsNoNews) {
  OneLane us;
  us.lane.breaker.success(at().now, {true, false});
  EXPECT_FALSE(news_of(us.item, us.known, at().now).any());
}

TEST(HealthMerge, WhatIsToldIsNoNewsAnyMore) {
  OneLane us;
  HealthRecord record = written();
  us.fail_call(0ms);
  us.lane.cools_until = at(30s).now;
  us.tell_to(record, 0ms);
  EXPECT_FALSE(news_of(us.item, us.known, at(1s).now).any());
}

TEST(HealthMerge, AnAnswerThatAnotherGotClosesOurs) {
  OneLane us;
  HealthRecord record = written();
  record.open_ms = wall(10s);
  adopt(record, us.item, us.known, at());
  record.open_ms = 0;
  record.written_ms += 5'000;
  adopt(record, us.item, us.known, at(5s));
  EXPECT_EQ(us.state(5s), Breaker::State::kClosed);
}

TEST(HealthMerge, AnOpeningOfOursThatNobodyWasToldIsNotClosedByARecord) {
  OneLane us;
  us.lane.breaker.open_until(at(10s).now);
  adopt(written(), us.item, us.known, at());
  EXPECT_EQ(us.state(0ms), Breaker::State::kOpen);
}

TEST(HealthMerge, ARecordThatDidNotChangeChangesNothingTwice) {
  OneLane us;
  HealthRecord record = written();
  record.rests_ms = wall(30s);
  adopt(record, us.item, us.known, at());
  us.lane.cools_until = {};
  adopt(record, us.item, us.known, at());
  EXPECT_EQ(us.lane.cools_until, MonotonicTime{});
}

TEST(HealthMerge, AnOldBreakerThatNobodyProbedIsForgotten) {
  OneLane us;
  HealthRecord record = written();
  record.open_ms = wall(10s);
  adopt(record, us.item, us.known, at(10s + kForgottenAfter + 1s));
  EXPECT_EQ(us.lane.breaker.state(at(1h).now), Breaker::State::kClosed);
}

TEST(HealthMerge, ARefusedKeyRestsAndIsBackWhenItServedAnother) {
  reliability::KeyLane keys;
  const HealthItem item{HealthKind::kKey, nullptr, &keys, 2};
  HealthKnown known;
  HealthRecord record = written();
  record.rests_ms = wall(4min);
  adopt(record, item, known, at());
  EXPECT_EQ(keys.rests(2), at(4min).now);
  record.rests_ms = 0;
  adopt(record, item, known, at(1s));
  EXPECT_LE(keys.rests(2), at(1s).now);
}

TEST(HealthMerge, AKeyThatServesAgainIsNews) {
  reliability::KeyLane keys;
  const HealthItem item{HealthKind::kKey, nullptr, &keys, 0};
  HealthKnown known;
  HealthRecord record = written();
  record.rests_ms = wall(4min);
  adopt(record, item, known, at());
  keys.record(0, nullptr, at(1s).now);
  const HealthNews news = news_of(item, known, at(1s).now);
  ASSERT_TRUE(news.any());
  tell(record, HealthKind::kKey, news, {kMe, 3}, at(1s));
  EXPECT_EQ(record.rests_ms, 0);
}

TEST(HealthMerge, ARateLimitOfAKeyIsOfThatKeyAlone) {
  reliability::Lane lane;
  const HealthItem item{HealthKind::kLimit, &lane, nullptr, 1};
  HealthKnown known;
  HealthRecord record = written();
  record.rests_ms = wall(30s);
  adopt(record, item, known, at());
  EXPECT_EQ(lane.usable_at(1), at(30s).now);
  EXPECT_LE(lane.usable_at(0), at().now);
}

// --- clocks that jump

struct Cap {
  HealthKind kind;
  std::int64_t HealthRecord::*time;
  std::chrono::milliseconds longest;
};

class HealthCap : public ::testing::TestWithParam<Cap> {};

TEST_P(HealthCap, HoldsWhateverIsWritten) {
  HealthRecord record = written();
  record.*GetParam().time = INT64_MAX;
  EXPECT_EQ(believed(record, GetParam().kind, kWall).*GetParam().time,
            (kWall + GetParam().longest).count());
}

INSTANTIATE_TEST_SUITE_P(Times, HealthCap,
                         ::testing::Values(Cap{HealthKind::kLane, &HealthRecord::rests_ms, 24h},
                                           Cap{HealthKind::kLimit, &HealthRecord::rests_ms, 24h},
                                           Cap{HealthKind::kKey, &HealthRecord::rests_ms, 5min},
                                           Cap{HealthKind::kLane, &HealthRecord::open_ms, 22s},
                                           Cap{HealthKind::kLane, &HealthRecord::lease_ms,
                                               kLease}));

TEST(HealthMerge, WhatAClockAheadOfOursWroteLastsAsLongAsItWasMeantTo) {
  HealthRecord record = written();
  record.written_ms = wall(24h * 365);
  record.rests_ms = wall(24h * 365 + 30s);
  const HealthRecord news = believed(record, HealthKind::kLane, kWall);
  EXPECT_EQ(news.written_ms, kWall.count());
  EXPECT_EQ(news.rests_ms, wall(30s));
}

TEST(HealthMerge, TimesThatWouldOverflowAreNoHarm) {
  HealthRecord record = written();
  for (const std::int64_t wild : {INT64_MIN, INT64_MIN + 1, std::int64_t{-1}, INT64_MAX}) {
    for (auto* time : {&record.written_ms, &record.rests_ms, &record.open_ms, &record.lease_ms})
      *time = wild;
    record.failures = UINT64_MAX;
    OneLane us;
    us.fail_call(0ms);
    HealthRecord changed = record;
    us.tell_to(changed, 0ms);
    adopt(record, us.item, us.known, at());
    EXPECT_LE(us.lane.cools_until, at(24h).now);
    EXPECT_LE(us.lane.breaker.reopens_at(), at(22s).now);
  }
}

// --- probes

TEST(HealthMerge, OneTakesTheProbeAndAnotherDoesNot) {
  HealthRecord record = written();
  record.open_ms = wall(-1s);
  EXPECT_TRUE(take_lease(record, kMe, at()));
  EXPECT_FALSE(take_lease(record, kOther, at(1s)));
}

TEST(HealthMerge, TheLeaseOfAKilledProberEnds) {
  HealthRecord record = written();
  record.open_ms = wall(-1s);
  ASSERT_TRUE(take_lease(record, kMe, at()));
  EXPECT_FALSE(take_lease(record, kOther, at(kLease - 1ms)));
  EXPECT_TRUE(take_lease(record, kOther, at(kLease)));
}

TEST(HealthMerge, ABreakerThatAnotherOpenedAgainIsNotProbed) {
  HealthRecord record = written();
  record.open_ms = wall(5s);
  EXPECT_FALSE(take_lease(record, kMe, at()));
}

TEST(HealthMerge, AProbeThatIsNotMadeGivesItsPlaceBack) {
  OneLane us;
  HealthRecord record = written();
  record.open_ms = wall(-1s);
  adopt(record, us.item, us.known, at());
  ASSERT_TRUE(take_lease(record, kMe, at()));
  us.known.leased = true;
  us.tell_to(record, 1s);
  EXPECT_TRUE(take_lease(record, kOther, at(1s)));
}

TEST(HealthMerge, AProbeThatFailsOpensAgainForAll) {
  OneLane us;
  HealthRecord record = written();
  record.open_ms = wall(-1s);
  adopt(record, us.item, us.known, at());
  ASSERT_TRUE(take_lease(record, kMe, at()));
  us.known.leased = us.lane.breaker.take_probe(at().now);
  us.lane.breaker.failure(at(1s).now, {}, 0.5, {true, true});
  us.tell_to(record, 1s);
  EXPECT_EQ(record.open_ms, wall(21s));
  EXPECT_EQ(record.lease_ms, 0);
}

TEST(HealthLease, IsRenewedByItsOwnerAlone) {
  const Moment at{1'000'000ms, MonotonicTime{} + 1h};
  HealthRecord record;
  record.open_ms = 900'000;
  record.lease_ms = 1'001'000;
  record.lease_owner = 7;
  HealthRecord others = record;
  EXPECT_FALSE(renew_lease(others, 8, at));
  EXPECT_EQ(others.lease_ms, 1'001'000);
  ASSERT_TRUE(renew_lease(record, 7, at));
  EXPECT_EQ(record.lease_ms, 1'000'000 + std::chrono::milliseconds(kLease).count());
  record.lease_ms = 0;
  EXPECT_FALSE(renew_lease(record, 7, at)) << "somebody saw it answer";
}

}  // namespace
}  // namespace prx::driver
