#include "reliability/breaker.hpp"

#include <algorithm>

namespace prx::reliability {

Breaker::State Breaker::state(MonotonicTime now) const {
  if (!open_) return State::kClosed;
  return now < reopens_at_ ? State::kOpen : State::kHalfOpen;
}

bool Breaker::take_probe(MonotonicTime now) {
  if (state(now) != State::kHalfOpen || probing_) return false;
  probing_ = true;
  return true;
}

void Breaker::success(MonotonicTime now, const Report& report) {
  if (open_) window_.clear();  // what it failed before the pause says nothing about it now
  if (report.call) window_.add(now, false);
  if (report.probe) probing_ = false;
  last_success_ = now;
  in_a_row_ = 0;
  open_ = false;
  open_for_ = kOpenBase;
}

void Breaker::failure(MonotonicTime now, const BreakerOptions& options, double jitter,
                      const Report& report) {
  if (report.call) window_.add(now, true);
  if (report.call) ++in_a_row_;
  if (report.probe) probing_ = false;
  if (!open_) {
    if (tripped(now, options)) open(now, jitter);
  } else if (report.probe) {
    open_for_ = std::min(open_for_ * 2, kOpenMax);
    open(now, jitter);
  }
}

bool Breaker::tripped(MonotonicTime now, const BreakerOptions& options) {
  const bool quiet = !last_success_ || now - *last_success_ >= kQuiet;
  if (in_a_row_ >= options.failures && quiet) return true;
  const auto counts = window_.total(now);
  return counts.all >= kCallsMin && counts.marked >= options.failure_rate * counts.all;
}

void Breaker::open(MonotonicTime now, double jitter) {
  const double share = 1.0 - kSpread + 2 * kSpread * std::clamp(jitter, 0.0, 1.0);
  open_ = true;
  const auto time = std::chrono::duration_cast<MonotonicTime::duration>(open_for_ * share);
  reopens_at_ = std::max(reopens_at_, now + time);
}

void Breaker::forget() {
  const bool probing = probing_;
  *this = {};
  probing_ = probing;
}

void Breaker::open_until(MonotonicTime until) {
  open_ = true;
  reopens_at_ = std::max(reopens_at_, until);
}

}  // namespace prx::reliability
