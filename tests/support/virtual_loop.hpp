/// \file virtual_loop.hpp
/// A Loop whose time moves only when the test says so. No thread: the test's thread is the loop.
#pragma once

#include <utility>
#include <vector>

#include "http/loop.hpp"
#include "http/timer_heap.hpp"

namespace prx::test {

/// One thread. Tasks left at the end are destroyed unrun.
class VirtualLoop final : public Loop {
 public:
  ~VirtualLoop() override {
    closed_ = true;
    std::exchange(tasks_, {}).clear();
    timers_.clear();
  }

  [[nodiscard]] MonotonicTime now() const override { return now_; }
  [[nodiscard]] bool on_loop() const override { return true; }
  void post(Task task) override {
    if (!closed_) tasks_.push_back(std::move(task));
  }
  TimerId start_timer(std::chrono::nanoseconds delay, Task task) override {
    return timers_.add(now_ + delay, std::move(task));
  }
  void cancel_timer(TimerId id) override { timers_.cancel(id); }

  /// Runs what is posted, and what that posts, until nothing is left. Time stands still, but timers
  /// that are due run too.
  void run_ready() {
    for (;;) {
      for (Task& task : std::exchange(tasks_, {})) task();
      if (!tasks_.empty()) continue;
      const Task due = timers_.pop(now_);
      if (!due) return;
      due();
    }
  }
  /// Moves time to `when`, stopping at each timer on the way.
  void run_until(MonotonicTime when) {
    run_ready();
    for (auto next = timers_.next(); next && *next <= when; next = timers_.next()) {
      now_ = *next;
      run_ready();
    }
    now_ = when;
  }
  void advance(std::chrono::nanoseconds duration) { run_until(now_ + duration); }
  /// Moves time to the next timer and runs it; false when there is none.
  bool step() {
    run_ready();
    const auto next = timers_.next();
    if (next) run_until(*next);
    return next.has_value();
  }
  [[nodiscard]] bool idle() const { return tasks_.empty() && timers_.size() == 0; }
  [[nodiscard]] std::size_t timers() const { return timers_.size(); }

 private:
  MonotonicTime now_{std::chrono::hours{1}};
  std::vector<Task> tasks_;
  TimerHeap timers_;
  bool closed_ = false;
};

}  // namespace prx::test
