#include "client/op_table.hpp"

namespace prx::driver {

std::uint64_t OpTable::add(Operation& operation) {
  if (free_.empty()) {
    slots_.emplace_back().generation = first_;
    free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  slots_[slot].operation = &operation;
  return slots_[slot].generation << 32 | (slot + 1);
}

void OpTable::remove(std::uint64_t handle) {
  if (find(handle) == nullptr) return;
  const std::uint32_t slot = static_cast<std::uint32_t>(handle) - 1;
  slots_[slot].operation = nullptr;
  slots_[slot].generation = (slots_[slot].generation + 1) & kGenerationMask;
  if (slots_[slot].generation == 0) slots_[slot].generation = 1;
  free_.push_back(slot);
}

ThreadContext& thread_context() {
  thread_local ThreadContext context;
  return context;
}

}  // namespace prx::driver
