#include "client/health_merge.hpp"

#include <algorithm>

namespace prx::driver {

namespace {

using reliability::Breaker;
using std::chrono::milliseconds;

milliseconds longest_rest(HealthKind kind) {
  return kind == HealthKind::kKey ? milliseconds(reliability::KeyLane::kCooling)
                                  : milliseconds(reliability::Lane::kRestMax);
}

/// An opening lasts kOpenMax and its spread.
constexpr auto kOpenLongest = Breaker::kOpenMax + Breaker::kOpenMax / 10;

void adopt_rest(const HealthRecord& record, const HealthItem& item, HealthKnown& known,
                const Moment& at) {
  const MonotonicTime until = at.local(record.rests_ms);
  const bool served = item.kind == HealthKind::kKey && known.seen.rests_ms != 0 &&
                      record.rests_ms == 0 && item.rests() == known.rests;
  if (!served && until <= item.rests()) return;
  item.set_rests(until);
  known.rests = item.rests();
}

bool answered_just_now(const Breaker& breaker, MonotonicTime now) {
  return breaker.last_success() && now - *breaker.last_success() < Breaker::kQuiet;
}

void adopt_breaker(const HealthRecord& record, Breaker& breaker, HealthKnown& known,
                   const Moment& at) {
  if (record.open_ms == 0) {
    if (known.seen.open_ms == 0 || breaker.state(at.now) == Breaker::State::kClosed) return;
    breaker.success(at.now, {false, false});  // as somebody saw
    known.success = breaker.last_success();
    known.failures = 0;
    return;
  }
  const bool stale = at.wall.count() - record.open_ms > milliseconds(kForgottenAfter).count();
  if (stale || answered_just_now(breaker, at.now)) return;
  breaker.open_until(std::max(at.local(record.open_ms), at.local(record.lease_ms)));
  known.reopens = breaker.reopens_at();
}

}  // namespace

MonotonicTime Moment::local(std::int64_t wall_ms) const {
  return ahead(wall_ms) ? now + (milliseconds(wall_ms) - wall) : MonotonicTime{};
}

std::int64_t Moment::shared(MonotonicTime time) const {
  if (time <= now) return 0;
  return (wall + std::chrono::ceil<milliseconds>(time - now)).count();
}

HealthRecord believed(HealthRecord record, HealthKind kind, milliseconds wall) {
  const std::int64_t now = wall.count();
  const std::int64_t ahead = std::max<std::int64_t>(record.written_ms, now) - now;
  const auto limit = [&](std::int64_t& time, milliseconds longest) {
    if (time == 0) return;
    time = std::max<std::int64_t>(time, 1) - ahead;
    time = std::clamp<std::int64_t>(time, 1, now + longest.count());
  };
  record.written_ms = std::clamp<std::int64_t>(record.written_ms, 0, now);
  record.failures = std::min(record.failures, kFailuresMax);
  limit(record.rests_ms, longest_rest(kind));
  limit(record.open_ms, kOpenLongest);
  limit(record.lease_ms, kLease);
  return record;
}

MonotonicTime HealthItem::rests() const {
  if (kind == HealthKind::kKey) return keys->rests(key);
  if (kind == HealthKind::kLane) return lane->cools_until;
  return key < lane->keys.size() ? lane->keys[key].until : MonotonicTime{};
}

void HealthItem::set_rests(MonotonicTime until) const {
  if (kind == HealthKind::kLane) {
    lane->cools_until = until;
    lane->cools_after = ErrorClass::kOverloaded;  // a record does not say
  } else if (kind == HealthKind::kLimit) {
    lane->key(key).until = until;
  } else {
    keys->rest(key, until);
  }
}

void adopt(const HealthRecord& record, const HealthItem& item, HealthKnown& known,
           const Moment& at) {
  if (record == known.seen) return;
  const HealthRecord news = believed(record, item.kind, at.wall);
  adopt_rest(news, item, known, at);
  if (item.kind == HealthKind::kLane) adopt_breaker(news, item.lane->breaker, known, at);
  known.seen = record;
}

HealthNews news_of(const HealthItem& item, const HealthKnown& known, MonotonicTime now) {
  HealthNews news;
  const MonotonicTime rests = item.rests();
  const bool served =
      item.kind == HealthKind::kKey && item.keys->served(item.key) && rests < known.rests;
  if (rests > std::max(known.rests, now) || served) news.rests = rests;
  if (item.kind != HealthKind::kLane) return news;
  const Breaker& breaker = item.lane->breaker;
  if (breaker.reopens_at() > std::max(known.reopens, now)) news.reopens = breaker.reopens_at();
  // None: a lane that was forgotten meanwhile, and says nothing.
  const bool answered = breaker.last_success() && breaker.last_success() != known.success;
  const bool fails = known.seen.failures > 0 || known.seen.open_ms != 0;
  news.answered = answered && fails;
  if (!answered_just_now(breaker, now))
    news.failed_calls = std::max(breaker.failures() - (answered ? 0 : known.failures), 0);
  news.lease_over = known.leased && !breaker.probing();
  return news;
}

void told(const HealthRecord& record, const HealthItem& item, const HealthNews& news,
          HealthKnown& known) {
  known.seen = record;
  known.rests = item.rests();
  if (item.kind != HealthKind::kLane) return;
  const Breaker& breaker = item.lane->breaker;
  known.reopens = breaker.reopens_at();
  if (news.answered || news.failed_calls > 0) {
    known.success = breaker.last_success();
    known.failures = breaker.failures();
  }
  if (news.lease_over) known.leased = false;
}

void tell(HealthRecord& record, HealthKind kind, const HealthNews& news, const HealthTeller& who,
          const Moment& at) {
  record = believed(record, kind, at.wall);
  const std::int64_t now = at.wall.count();
  const bool old = now - record.written_ms > milliseconds(kForgottenAfter).count();
  if (old || news.answered) record.failures = 0;
  if (news.answered) record.open_ms = record.lease_ms = 0;
  if (news.failed_calls > 0) {
    record.failures += who.call_counts * static_cast<std::uint64_t>(news.failed_calls);
    const bool too_many = record.failures >= static_cast<std::uint64_t>(who.breaker_failures);
    if (too_many && !at.ahead(record.open_ms))
      record.open_ms = now + milliseconds(Breaker::kOpenBase).count();
  }
  if (news.reopens) record.open_ms = std::max(record.open_ms, at.shared(*news.reopens));
  if (news.rests) {
    const std::int64_t until = at.shared(*news.rests);
    record.rests_ms = until == 0 ? 0 : std::max(record.rests_ms, until);
  }
  if (news.lease_over && record.lease_owner == who.owner) record.lease_ms = 0;
  if (record.lease_ms == 0) record.lease_owner = 0;
  record.written_ms = now;
}

bool take_lease(HealthRecord& record, std::uint64_t owner, const Moment& at) {
  record = believed(record, HealthKind::kLane, at.wall);
  if (at.ahead(record.open_ms)) return false;
  if (at.ahead(record.lease_ms) && record.lease_owner != owner) return false;
  if (record.open_ms == 0) record.open_ms = at.wall.count();  // ours opened, and nobody knows
  record.lease_ms = (at.wall + kLease).count();
  record.lease_owner = owner;
  record.written_ms = at.wall.count();
  return true;
}

bool renew_lease(HealthRecord& record, std::uint64_t owner, const Moment& at) {
  record = believed(record, HealthKind::kLane, at.wall);
  if (record.lease_ms == 0 || record.lease_owner != owner) return false;
  record.lease_ms = (at.wall + kLease).count();
  record.written_ms = at.wall.count();
  return true;
}

}  // namespace prx::driver
