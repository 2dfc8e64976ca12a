/// \file op_table.hpp
/// Handles of running operations: slot and generation in 64 bits, so that a plugin that speaks
/// after its end is caught instead of followed into freed memory.
#pragma once

#include <cstdint>
#include <vector>

namespace prx::driver {

class Operation;

/// Loop thread only.
class OpTable {
 public:
  /// \param first  generation of the first handles: another one for each client, so that a plugin
  /// that mixes up two clients finds nothing.
  explicit OpTable(std::uint64_t first = 1) : first_((first & kGenerationMask) | 1) {}

  static constexpr std::uint64_t kGenerationMask =
      0xff'ffff;  ///< a handle has 56 bits, see sub_handle()

  /// A handle for a new operation; never 0, at most 56 bits.
  [[nodiscard]] std::uint64_t add(Operation& operation);
  /// The handle finds nothing from now on.
  void remove(std::uint64_t handle);
  /// Counts an event whose operation was released already; how many there were.
  void note_late() { ++late_; }
  [[nodiscard]] std::uint64_t late() const { return late_; }
  [[nodiscard]] std::size_t size() const { return slots_.size() - free_.size(); }
  /// The operation of a handle, or nullptr.
  [[nodiscard]] Operation* find(std::uint64_t handle) const {
    const std::uint32_t slot = static_cast<std::uint32_t>(handle) - 1;
    if (slot >= slots_.size() || slots_[slot].generation != handle >> 32) return nullptr;
    return slots_[slot].operation;
  }

 private:
  struct Slot {
    std::uint64_t generation = 1;
    Operation* operation = nullptr;
  };
  std::uint64_t first_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::uint64_t late_ = 0;
};

/// Names a thing of an operation (an exchange, a timer): the operation's handle and a number from 1
/// to 255.
[[nodiscard]] constexpr std::uint64_t sub_handle(std::uint64_t handle, std::uint8_t number) {
  return handle << 8 | number;
}
[[nodiscard]] constexpr std::uint64_t handle_of(std::uint64_t sub) { return sub >> 8; }
[[nodiscard]] constexpr std::uint8_t number_of(std::uint64_t sub) {
  return static_cast<std::uint8_t>(sub);
}

/// What a thread of the host is doing for plugins, so that a sink's context can be a handle alone.
struct ThreadContext {
  OpTable* table = nullptr;        ///< set on a loop thread
  Operation* operation = nullptr;  ///< set on a worker, while it works for this operation
};

/// This thread's context. Threads that are not ours have an empty one.
[[nodiscard]] ThreadContext& thread_context();

/// True on any loop or worker of prx: public calls that block are refused there.
[[nodiscard]] inline bool on_prx_thread() {
  return thread_context().table != nullptr || thread_context().operation != nullptr;
}

}  // namespace prx::driver
