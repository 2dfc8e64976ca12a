#include "reliability/backoff.hpp"

#include <algorithm>

namespace prx::reliability {

namespace {

constexpr int kDoublingsMax = 20;  // far beyond every cap, far below an overflow

Milliseconds doubled(Milliseconds base, int times, Milliseconds max) {
  const auto factor = std::int64_t{1} << std::clamp(times, 0, kDoublingsMax);
  return base > max / factor ? max : base * factor;
}

}  // namespace

Milliseconds backoff(int failures, const ReliabilityConfig& policy, double jitter) {
  const auto full = doubled(policy.backoff_base, failures - 1, policy.backoff_max);
  const double share = 0.5 + 0.5 * std::clamp(jitter, 0.0, 1.0);
  return Milliseconds(static_cast<std::int64_t>(static_cast<double>(full.count()) * share));
}

Milliseconds unnamed_cooling(int limits, const ReliabilityConfig& policy) {
  constexpr Milliseconds kLeast{1'000}, kMost{30'000};
  return doubled(std::clamp(policy.backoff_base, kLeast, kMost), limits - 1, kMost);
}

}  // namespace prx::reliability
