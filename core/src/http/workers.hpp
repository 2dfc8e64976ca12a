/// \file workers.hpp
/// Threads for what blocks: name resolution, and the work a plugin asks for (prx.exec/1 spawn).
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "http/loop.hpp"

namespace prx {

/// A pool that starts threads on demand, keeps at most `threads_max` and queues the rest, at most
/// `queue_max`. The destructor drops queued tasks unrun and joins the running ones.
class Workers {
 public:
  struct Options {
    std::size_t threads_max = 16;
    std::size_t queue_max = 4'096;
  };
  explicit Workers(Options options);
  Workers() : Workers(Options{}) {}
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Runs a task on some worker. False when the queue is full, the pool is ending, or it has no
  /// thread and the system gives none; then the task never runs. Any thread.
  [[nodiscard]] bool run(Task task);
  /// Waits until no task is queued or running, at most `limit`; whether that is so. Any thread but
  /// a worker.
  [[nodiscard]] bool wait_idle(std::chrono::milliseconds limit);

 private:
  void work();
  bool start_thread();

  const Options options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable quiet_;
  std::deque<Task> queue_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  std::size_t busy_ = 0;
  bool ending_ = false;
};

}  // namespace prx
