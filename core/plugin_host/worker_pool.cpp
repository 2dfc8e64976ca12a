#include "plugin_host/worker_pool.hpp"

#include <pthread.h>

#include <utility>

namespace prx::plugin_host {

std::size_t WorkerPool::start() {
  pthread_attr_t how;
  if (::pthread_attr_init(&how) != 0) return 0;
  ::pthread_attr_setstacksize(&how, kStackSize);  // else it is the user's ulimit -s
  ::pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
  pthread_t thread{};
  while (threads_ < kThreads && ::pthread_create(&thread, &how, &WorkerPool::work, this) == 0)
    ++threads_;
  ::pthread_attr_destroy(&how);
  return threads_;
}

bool WorkerPool::run(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (threads_ == 0 || queue_.size() >= kQueueMax) return false;
  queue_.push_back(std::move(task));
  wake_.notify_one();
  return true;
}

void* WorkerPool::work(void* self) {
  auto& pool = *static_cast<WorkerPool*>(self);
  for (;;) {
    std::unique_lock lock(pool.mutex_);
    pool.wake_.wait(lock, [&pool] { return !pool.queue_.empty(); });
    const std::function<void()> task = std::move(pool.queue_.front());
    pool.queue_.pop_front();
    lock.unlock();
    task();
  }
}

}  // namespace prx::plugin_host
