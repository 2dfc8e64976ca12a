/// \file limits.hpp
/// What a key has used of its limits: numbers that several loops change at once, without a lock.
/// No clock: each question is told the time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "gateway/in_flight.hpp"
#include "monotonic_time.hpp"

namespace prx::gateway {

using WallTime = std::chrono::system_clock::time_point;

/// Requests a minute as a bucket of that many, refilled evenly (GCRA: one number says when it will
/// be full again). Any thread.
/// \see https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
class Rate {
 public:
  /// Takes one and gives 0, or gives how long it is until there is one. `per_minute`: 1 or more.
  [[nodiscard]] std::chrono::nanoseconds take(int per_minute, MonotonicTime now);

 private:
  std::atomic<std::int64_t> full_at_{std::numeric_limits<std::int64_t>::min()};
};

/// Which stretch of time a budget counts in: all machines agree on it, since it is counted from
/// 1970. A stretch that never ends is number 0.
[[nodiscard]] std::int64_t window_of(std::optional<std::chrono::milliseconds> size, WallTime now);
/// Until the next one; nullopt: there will be none.
[[nodiscard]] std::optional<std::chrono::milliseconds> until_next_window(
    std::optional<std::chrono::milliseconds> size, WallTime now);

/// Of US dollars, in nanodollars; what is no amount is 0.
[[nodiscard]] std::int64_t nanodollars(double dollars);

/// Nanodollars of one window. Window and sum are one number, so that they change together: the
/// window's last 16 bits, and 48 bits of sum (281,474 dollars, of which no more is known). Any
/// thread.
class Spent {
 public:
  static constexpr std::int64_t kMax = (std::int64_t{1} << 48) - 1;

  void add(std::int64_t window, std::int64_t nanodollars);
  [[nodiscard]] std::int64_t in(std::int64_t window) const;

 private:
  std::atomic<std::uint64_t> word_{0};
};

}  // namespace prx::gateway
