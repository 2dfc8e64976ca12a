/// \file loop.hpp
/// A loop of the checker's host under a virtual clock: tasks in the order of their times.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <utility>

namespace prx::check {

class Call;
class Loop;

/// The clock of all loops of one world. Any thread.
class Clock {
 public:
  [[nodiscard]] std::int64_t now_ns() const { return now_ns_.load(); }
  void advance_to(std::int64_t at_ns) {
    std::int64_t now = now_ns_.load();
    while (now < at_ns && !now_ns_.compare_exchange_weak(now, at_ns)) continue;
  }

 private:
  std::atomic<std::int64_t> now_ns_{1'000'000'000};
};

/// Where the code that runs here belongs.
struct Here {
  Loop* loop = nullptr;          ///< whose task it is
  const Call* worker = nullptr;  ///< whose worker this thread is
};
[[nodiscard]] Here& here();

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

/// One thread runs it at a time; tasks come from any.
class Loop {
 public:
  using Task = std::function<void()>;

  explicit Loop(Clock& clock) : clock_(clock) {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] Clock& clock() const { return clock_; }
  /// \return names it for cancel(); never 0
  std::uint64_t at(std::int64_t due_ns, Task task);
  std::uint64_t post(Task task) { return at(clock_.now_ns(), std::move(task)); }
  /// Unknown and run ones are ignored.
  void cancel(std::uint64_t id);
  /// Runs the first task whose time is not after `until_ns`, and moves the clock to it.
  /// \return false when there is none
  bool run_one(std::int64_t until_ns = kNever);
  /// Until a task is there whose time has come, by the machine's clock. \return whether one is
  bool wait(std::chrono::milliseconds longest);

  /// The calling thread is this loop's as long as that lives.
  class Scope {
   public:
    explicit Scope(Loop& loop) : before_(here()) { here() = {&loop, nullptr}; }
    ~Scope() { here() = before_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    const Here before_;
  };

 private:
  using Key = std::pair<std::int64_t, std::uint64_t>;  ///< time, number

  Clock& clock_;
  std::mutex mutex_;  ///< guards what is below
  std::condition_variable posted_;
  std::map<Key, Task> tasks_;
  std::uint64_t last_ = 0;
};

}  // namespace prx::check
