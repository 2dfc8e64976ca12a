/// \file rolling_window.hpp
/// Counts of two kinds of event over the last so many seconds, in slots: constant memory, no timer.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "monotonic_time.hpp"

namespace prx::reliability {

/// The last kSlots seconds, the current one included. Time may stand still, but not go back.
template <std::size_t kSlots>
class RollingWindow {
 public:
  struct Counts {
    std::uint32_t all = 0;     ///< events
    std::uint32_t marked = 0;  ///< those of them that add() marked
  };

  void add(MonotonicTime now, bool marked) {
    Counts& slot = slots_[turn_to(now) % kSlots];
    ++slot.all;
    ++total_.all;
    if (!marked) return;
    ++slot.marked;
    ++total_.marked;
  }
  /// Of the whole window.
  [[nodiscard]] Counts total(MonotonicTime now) {
    turn_to(now);
    return total_;
  }
  /// Of the second that `now` is in.
  [[nodiscard]] Counts current(MonotonicTime now) { return slots_[turn_to(now) % kSlots]; }
  void clear() {
    slots_ = {};
    total_ = {};
  }

 private:
  std::uint64_t turn_to(MonotonicTime now) {
    const auto second = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
    if (second <= second_) return second_;
    const std::uint64_t stale = second - second_ < kSlots ? second - second_ : kSlots;
    for (std::uint64_t i = 1; i <= stale; ++i) forget(slots_[(second_ + i) % kSlots]);
    second_ = second;
    return second_;
  }
  void forget(Counts& slot) {
    total_.all -= slot.all;
    total_.marked -= slot.marked;
    slot = {};
  }

  std::array<Counts, kSlots> slots_{};
  Counts total_;
  std::uint64_t second_ = 0;  ///< of the newest slot
};

}  // namespace prx::reliability
