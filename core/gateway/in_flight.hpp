/// \file in_flight.hpp
/// InFlight: how many of something there are now, within a limit, over several loops.
#pragma once

#include <atomic>

namespace prx::gateway {

/// Any thread; no lock.
class InFlight {
 public:
  /// Counts one in, until leave(). False: there are `most` already.
  [[nodiscard]] bool enter(int most) {
    if (count_.fetch_add(1, std::memory_order_relaxed) < most) return true;
    leave();
    return false;
  }
  void leave() { count_.fetch_sub(1, std::memory_order_relaxed); }
  [[nodiscard]] int count() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int> count_{0};
};

}  // namespace prx::gateway
