/// \file doorbell.hpp
/// Asks a loop to look after something, from threads that may outlive it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "http/loop.hpp"

namespace prx::driver {

/// Any thread. Shared by who rings it and by the loop's owner, who takes it down before the loop
/// goes.
class Doorbell {
 public:
  Doorbell(Loop& loop, Task look) : loop_(&loop), look_(std::move(look)) {}
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  /// Posts the look; nothing happens once it was taken down.
  void ring() {
    const std::lock_guard lock(mutex_);
    if (loop_ != nullptr) loop_->post(look_);
  }
  /// The loop is not touched any more when this returned.
  void take_down() {
    const std::lock_guard lock(mutex_);
    loop_ = nullptr;
  }

 private:
  std::mutex mutex_;
  Loop* loop_;  ///< null once it was taken down
  const Task look_;
};

}  // namespace prx::driver
