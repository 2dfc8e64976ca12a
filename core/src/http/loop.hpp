/// \file loop.hpp
/// The event loop as the rest of the core sees it: one thread, tasks, timers, a monotonic clock.
///
/// AsioLoop (asio_loop.hpp) is the real one; tests/support/virtual_loop.hpp runs the same code in
/// virtual time. Everything of one request happens on one loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "monotonic_time.hpp"

namespace prx {

using Task = std::function<void()>;

class Loop {
 public:
  using TimerId = std::uint64_t;  ///< never 0

  virtual ~Loop() = default;
  Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// The time of this turn, or now when called off the loop. Any thread.
  [[nodiscard]] virtual MonotonicTime now() const = 0;
  /// True on the loop's own thread. Any thread.
  [[nodiscard]] virtual bool on_loop() const = 0;
  /// Runs a task on the loop, later, in order of posting; never from inside. Any thread. Tasks
  /// posted after the loop was stopped are destroyed unrun.
  virtual void post(Task task) = 0;
  /// Runs a task once, `delay` from now, never from inside. Loop thread only.
  virtual TimerId start_timer(std::chrono::nanoseconds delay, Task task) = 0;
  /// The task will not run after this. An unknown or fired id is ignored. Loop thread only.
  virtual void cancel_timer(TimerId id) = 0;
};

}  // namespace prx
