/// \file health_board.hpp
/// What the clients of one process that work together (client_group.hpp) tell each other of targets
/// and keys. Who finds that nothing changed has read one atomic number and taken no lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "client/health_file.hpp"

namespace prx::driver {

/// Any thread. A lock is held for a copy of 16 KiB, and only when something failed or came back.
class HealthBoard final : public HealthStore {
 public:
  HealthBoard();
  HealthBoard(const HealthBoard&) = delete;
  HealthBoard& operator=(const HealthBoard&) = delete;

  [[nodiscard]] Access read(HealthTable& out) override;
  [[nodiscard]] Access change(HealthTable& table,
                              const std::function<void(HealthTable&)>& edit) override;
  [[nodiscard]] const HealthSalt& salt() const override { return salt_; }
  [[nodiscard]] std::optional<std::uint64_t> version() const override {
    return version_.load(std::memory_order_acquire);
  }

 private:
  const HealthSalt salt_{};  // names are nobody else's: nothing is to be hidden
  std::atomic<std::uint64_t> version_{1};
  std::mutex mutex_;
  HealthTable table_;  ///< guarded
};

}  // namespace prx::driver
