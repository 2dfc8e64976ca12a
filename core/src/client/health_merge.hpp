/// \file health_merge.hpp
/// What the records of a health file mean, for lanes and keys: how one is believed, adopted and
/// told. Pure: no file, no clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "client/health_file.hpp"
#include "reliability/health.hpp"

namespace prx::driver {

/// Between processes a failed call counts as that many failures in a row: it has retried, and who
/// made it may not live to make another. With the default `breaker_failures` the next process
/// leaves the target alone at once. Within a process it counts as what it is, one.
inline constexpr std::uint64_t kCallCounts = 3;
inline constexpr std::uint64_t kFailuresMax = 1'000'000;  ///< more are not counted
/// After it, failures and a breaker that nobody probed are forgotten.
inline constexpr std::chrono::minutes kForgottenAfter{10};
/// How long a prober has the place to itself; when it was killed, that is how long nobody probes.
inline constexpr std::chrono::seconds kLease{20};
/// A probe that lasts longer renews its lease so often.
inline constexpr std::chrono::seconds kLeaseRenewal{8};

/// One moment on both clocks.
struct Moment {
  std::chrono::milliseconds wall{0};  ///< since 1970; may jump
  MonotonicTime now{};

  /// The same on the other clock; the zero of that clock for what is over or was never.
  [[nodiscard]] MonotonicTime local(std::int64_t wall_ms) const;
  [[nodiscard]] std::int64_t shared(MonotonicTime time) const;
  /// Whether that lies ahead.
  [[nodiscard]] bool ahead(std::int64_t wall_ms) const { return wall_ms > wall.count(); }
};

/// What a record is about.
enum class HealthKind : std::uint8_t {
  kLane,   ///< a target: its Retry-After, its breaker
  kLimit,  ///< a key at a target, after a rate limit
  kKey,    ///< a key of a provider that was refused
};

/// As far as it can be true at `wall`: no time is further away than such a rest can be long, and
/// what was written by a clock that was ahead of ours counts as written now.
[[nodiscard]] HealthRecord believed(HealthRecord record, HealthKind kind,
                                    std::chrono::milliseconds wall);

/// What this process has of a lane or key, at one place.
struct HealthItem {
  HealthKind kind = HealthKind::kLane;
  reliability::Lane* lane = nullptr;     ///< kLane, kLimit
  reliability::KeyLane* keys = nullptr;  ///< kKey
  std::size_t key = 0;                   ///< kLimit, kKey

  [[nodiscard]] MonotonicTime rests() const;
  void set_rests(MonotonicTime until) const;
};

/// The item when it was last compared with its record, so that only news travel.
struct HealthKnown {
  HealthRecord seen;      ///< as it was in the file
  MonotonicTime rests{};  ///< of the item; see the two below
  MonotonicTime reopens{};
  int failures = 0;
  std::optional<MonotonicTime> success;
  bool leased = false;  ///< we have the place of the probe
};

/// Takes over what others found: a record as it stands in the file, if it is not the one seen. A
/// rest only ever grows, but for a refused key that served since. A target that answered us just
/// now is not given up on another's word.
void adopt(const HealthRecord& record, const HealthItem& item, HealthKnown& known,
           const Moment& at);

/// What the others do not know yet.
struct HealthNews {
  std::optional<MonotonicTime> rests;    ///< longer than known; the past: not any more
  std::optional<MonotonicTime> reopens;  ///< the breaker opened, again perhaps
  bool answered = false;                 ///< and the file says that it fails
  int failed_calls = 0;                  ///< since it answered, if that is a while ago
  bool lease_over = false;
  [[nodiscard]] bool any() const {
    return rests || reopens || answered || failed_calls > 0 || lease_over;
  }
};
[[nodiscard]] HealthNews news_of(const HealthItem& item, const HealthKnown& known,
                                 MonotonicTime now);
/// They are told, and `record` is what the file says now.
void told(const HealthRecord& record, const HealthItem& item, const HealthNews& news,
          HealthKnown& known);

/// Who tells.
struct HealthTeller {
  std::uint64_t owner = 0;   ///< of this process
  int breaker_failures = 3;  ///< of the call's policy
  std::uint64_t call_counts = kCallCounts;
};
/// Puts the news into what the file says now.
void tell(HealthRecord& record, HealthKind kind, const HealthNews& news, const HealthTeller& who,
          const Moment& at);

/// Half-open: takes the place of the probe if nobody has it. False when the lane is to be left
/// alone; `record` then says until when.
[[nodiscard]] bool take_lease(HealthRecord& record, std::uint64_t owner, const Moment& at);
/// The probe goes on. False when the place is not ours any more.
[[nodiscard]] bool renew_lease(HealthRecord& record, std::uint64_t owner, const Moment& at);

}  // namespace prx::driver
