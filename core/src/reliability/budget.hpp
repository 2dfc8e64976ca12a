/// \file budget.hpp
/// What all calls of a client together may spend on second tries. Pure.
#pragma once

#include <algorithm>

#include "reliability/rolling_window.hpp"

namespace prx::reliability {

/// Retries on the same lane: a share of the calls of the last 10 s, and never fewer than 3 a
/// second, so that a quiet client may retry too.
class RetryBudget {
 public:
  static constexpr std::size_t kWindow = 10;      ///< seconds
  static constexpr std::uint32_t kPerSecond = 3;  ///< always allowed

  void call_started(MonotonicTime now) { calls_.add(now, false); }
  /// Takes one retry, or says no.
  [[nodiscard]] bool take(MonotonicTime now, double share) {
    const bool free = retries_.current(now).all < kPerSecond ||
                      retries_.total(now).all < share * calls_.total(now).all;
    if (free) retries_.add(now, false);
    return free;
  }

 private:
  RollingWindow<kWindow> calls_, retries_;
};

/// Hedges: a share of the calls, with a burst.
class HedgeBudget {
 public:
  static constexpr double kBurst = 5.0;

  void call_started(double share) { tokens_ = std::min(kBurst, tokens_ + share); }
  /// Takes one hedge, or says no. With a share of 0 there is none.
  [[nodiscard]] bool take(double share) {
    if (share <= 0.0 || tokens_ < 1.0) return false;
    tokens_ -= 1.0;
    return true;
  }

 private:
  double tokens_ = kBurst;
};

}  // namespace prx::reliability
