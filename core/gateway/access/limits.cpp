#include "gateway/access/limits.hpp"

#include <algorithm>
#include <cmath>

namespace prx::gateway {

using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kMinute = std::chrono::nanoseconds(1min).count();
constexpr unsigned kSumBits = 48;

std::uint64_t tag_of(std::int64_t window) {
  return static_cast<std::uint64_t>(window) << kSumBits;  // the rest falls off
}

std::int64_t sum_of(std::uint64_t word, std::int64_t window) {
  const auto sum_mask = static_cast<std::uint64_t>(Spent::kMax);
  return (word & ~sum_mask) == tag_of(window) ? static_cast<std::int64_t>(word & sum_mask) : 0;
}

std::int64_t milliseconds(WallTime now) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  return std::max<std::int64_t>(since.count(), 0);
}

}  // namespace

std::chrono::nanoseconds Rate::take(int per_minute, MonotonicTime now) {
  const std::int64_t one = kMinute / per_minute;
  const std::int64_t at = std::chrono::nanoseconds(now.time_since_epoch()).count();
  std::int64_t full_at = full_at_.load(std::memory_order_relaxed);
  for (;;) {
    const std::int64_t then = std::max(full_at, at) + one;
    if (then - at > kMinute) return std::chrono::nanoseconds(then - at - kMinute);
    if (full_at_.compare_exchange_weak(full_at, then, std::memory_order_relaxed)) return 0ns;
  }
}

std::int64_t window_of(std::optional<std::chrono::milliseconds> size, WallTime now) {
  return size ? milliseconds(now) / size->count() : 0;
}

std::optional<std::chrono::milliseconds> until_next_window(
    std::optional<std::chrono::milliseconds> size, WallTime now) {
  if (!size) return std::nullopt;
  return std::chrono::milliseconds(size->count() - milliseconds(now) % size->count());
}

std::int64_t nanodollars(double dollars) {
  if (!(dollars > 0.0)) return 0;  // NaN too
  return static_cast<std::int64_t>(
      std::min(std::round(dollars * 1e9), static_cast<double>(Spent::kMax)));
}

void Spent::add(std::int64_t window, std::int64_t nanodollars) {
  if (nanodollars <= 0) return;
  std::uint64_t word = word_.load(std::memory_order_relaxed);
  std::uint64_t then = 0;
  do {
    const std::int64_t sum = std::min(sum_of(word, window) + std::min(nanodollars, kMax), kMax);
    then = tag_of(window) | static_cast<std::uint64_t>(sum);
  } while (!word_.compare_exchange_weak(word, then, std::memory_order_relaxed));
}

std::int64_t Spent::in(std::int64_t window) const {
  return sum_of(word_.load(std::memory_order_relaxed), window);
}

}  // namespace prx::gateway
