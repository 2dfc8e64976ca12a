/// \file timer_heap.hpp
/// Timers by deadline, for AsioLoop and for the virtual loop of the tests. Pure: no clock, no
/// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "http/loop.hpp"

namespace prx {

/// A binary heap whose entries know their place: add, cancel and pop are O(log n) and allocate
/// nothing once warm. Equal deadlines come out in order of adding. One thread.
class TimerHeap {
 public:
  using Id = Loop::TimerId;

  Id add(MonotonicTime deadline, Task task) {
    const std::uint32_t slot = take_slot();
    slots_[slot].task = std::move(task);
    heap_.push_back({deadline, ++sequence_, slot});
    slots_[slot].place = heap_.size() - 1;
    sift_up(heap_.size() - 1);
    return id_of(slot);
  }

  /// The task is destroyed unrun. An unknown or fired id is ignored.
  void cancel(Id id) {
    const std::uint64_t slot = (id & kSlotMask) - 1;
    if (slot >= slots_.size() || id_of(static_cast<std::uint32_t>(slot)) != id) return;
    if (slots_[slot].place == kFree) return;
    const Task dropped = remove(slots_[slot].place);  // destroyed last: it may call back
  }

  /// The earliest deadline.
  [[nodiscard]] std::optional<MonotonicTime> next() const {
    return heap_.empty() ? std::nullopt : std::optional(heap_.front().deadline);
  }

  /// Takes out the earliest task if it is due at `now`; else an empty one.
  [[nodiscard]] Task pop(MonotonicTime now) {
    return heap_.empty() || heap_.front().deadline > now ? Task() : remove(0);
  }

  /// The same, but only what was added before newest() said `newest`: a timer that sets itself
  /// again with no delay waits for the next round.
  [[nodiscard]] Task pop(MonotonicTime now, std::uint64_t newest) {
    return heap_.empty() || heap_.front().sequence > newest ? Task() : pop(now);
  }
  [[nodiscard]] std::uint64_t newest() const { return sequence_; }

  [[nodiscard]] std::size_t size() const { return heap_.size(); }

  /// Destroys every task unrun. What their destructors add stays.
  void clear() {
    std::vector<Task> dropped;
    dropped.reserve(heap_.size());
    while (!heap_.empty()) dropped.push_back(remove(heap_.size() - 1));
  }

 private:
  static constexpr std::size_t kFree = static_cast<std::size_t>(-1);
  static constexpr std::uint64_t kSlotMask = 0xffff'ffffu;

  struct Slot {
    Task task;
    std::size_t place = kFree;
    std::uint32_t generation = 0;
  };
  struct Entry {
    MonotonicTime deadline;
    std::uint64_t sequence;
    std::uint32_t slot;
    bool operator<(const Entry& other) const {
      return std::tie(deadline, sequence) < std::tie(other.deadline, other.sequence);
    }
  };

  [[nodiscard]] Id id_of(std::uint32_t slot) const {
    return (std::uint64_t{slots_[slot].generation} << 32) | (slot + 1u);
  }

  std::uint32_t take_slot() {
    if (free_.empty()) {
      slots_.emplace_back();
      return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
  }

  Task remove(std::size_t place) {
    const std::uint32_t slot = heap_[place].slot;
    Task task = std::move(slots_[slot].task);
    slots_[slot].task = nullptr;
    slots_[slot].place = kFree;
    ++slots_[slot].generation;
    free_.push_back(slot);
    const Entry last = heap_.back();
    heap_.pop_back();
    if (place < heap_.size()) {
      put(place, last);
      sift_down(place);
      sift_up(slots_[last.slot].place);
    }
    return task;
  }

  void put(std::size_t place, const Entry& entry) {
    heap_[place] = entry;
    slots_[entry.slot].place = place;
  }

  void sift_up(std::size_t place) {
    const Entry entry = heap_[place];
    for (; place > 0 && entry < heap_[(place - 1) / 2]; place = (place - 1) / 2)
      put(place, heap_[(place - 1) / 2]);
    put(place, entry);
  }

  void sift_down(std::size_t place) {
    const Entry entry = heap_[place];
    for (;;) {
      std::size_t child = 2 * place + 1;
      if (child >= heap_.size()) break;
      if (child + 1 < heap_.size() && heap_[child + 1] < heap_[child]) ++child;
      if (!(heap_[child] < entry)) break;
      put(place, heap_[child]);
      place = child;
    }
    put(place, entry);
  }

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<Entry> heap_;
  std::uint64_t sequence_ = 0;
};

}  // namespace prx
