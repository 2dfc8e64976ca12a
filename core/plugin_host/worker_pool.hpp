/// \file worker_pool.hpp
/// The threads of prx.exec/1 spawn, as many as a client has for the plugins of its own process. All
/// are made before system calls are confined: none can be made afterwards.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>

namespace prx::plugin_host {

/// Lives as long as the process; its threads are never joined.
class WorkerPool {
 public:
  static constexpr std::size_t kThreads = 16;
  static constexpr std::size_t kStackSize = 1u << 20;  ///< of each; a part of memory_max
  static constexpr std::size_t kQueueMax = 4'096;

  /// \return how many threads the system gave.
  std::size_t start();
  /// False when the queue is full or there is no thread.
  [[nodiscard]] bool run(std::function<void()> task);

 private:
  static void* work(void* self);
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  std::size_t threads_ = 0;
};

}  // namespace prx::plugin_host
