/// \file breaker.hpp
/// Stops asking a target that fails. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "monotonic_time.hpp"
#include "reliability/rolling_window.hpp"

namespace prx::reliability {

/// What opens a breaker; of the policy of the call that failed.
struct BreakerOptions {
  int failures = 3;           ///< calls in a row, with no success for kQuiet
  double failure_rate = 0.5;  ///< of at least kCallsMin calls in kWindow seconds
};

/// Closed, open, half-open. One call counts once. Not thread-safe.
class Breaker {
 public:
  static constexpr std::chrono::seconds kQuiet{5};
  static constexpr std::size_t kWindow = 30;  ///< seconds
  static constexpr std::uint32_t kCallsMin = 20;
  static constexpr std::chrono::seconds kOpenBase{10}, kOpenMax{20};
  static constexpr double kSpread = 0.1;  ///< an opening lasts +-10 %

  enum class State { kClosed, kOpen, kHalfOpen };

  [[nodiscard]] State state(MonotonicTime now) const;
  [[nodiscard]] bool closed() const { return !open_; }  ///< State::kClosed, at any time
  /// Of an open one; the past when it is not.
  [[nodiscard]] MonotonicTime reopens_at() const { return reopens_at_; }
  /// Half-open: takes the one place of a probe; false when it is taken. Who has it gives it back,
  /// by the outcome of its call or by probe_over(), and nobody else does.
  [[nodiscard]] bool take_probe(MonotonicTime now);
  [[nodiscard]] bool probing() const { return probing_; }
  [[nodiscard]] int failures() const { return in_a_row_; }  ///< calls in a row
  [[nodiscard]] const std::optional<MonotonicTime>& last_success() const { return last_success_; }
  /// The probe ended and said nothing about the target.
  void probe_over() { probing_ = false; }

  /// What a call makes of its outcome.
  struct Report {
    bool call = true;    ///< false: the call counts already
    bool probe = false;  ///< it has the place of the probe, and gives it back
  };
  /// The target answered: closes, whoever asked.
  void success(MonotonicTime now, const Report& report);
  /// Opens a closed one when it is one failure too many. Half-open, a probe opens it again; who
  /// asked before it opened, or as the last resort, changes nothing.
  /// \param jitter  0.0 to 1.0.
  void failure(MonotonicTime now, const BreakerOptions& options, double jitter,
               const Report& report);
  /// As new, but that who probes still has the place, and gives it back.
  void forget();
  /// Opened by what another process saw: at least until then. `until` is at most kOpenMax away.
  void open_until(MonotonicTime until);

 private:
  void open(MonotonicTime now, double jitter);
  [[nodiscard]] bool tripped(MonotonicTime now, const BreakerOptions& options);

  bool open_ = false, probing_ = false;
  int in_a_row_ = 0;
  std::chrono::seconds open_for_{kOpenBase};
  MonotonicTime reopens_at_{};
  std::optional<MonotonicTime> last_success_;
  RollingWindow<kWindow> window_;
};

}  // namespace prx::reliability
