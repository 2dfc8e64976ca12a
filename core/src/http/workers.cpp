#include "http/workers.hpp"

#include <exception>
#include <utility>

#include "http/signals_blocked.hpp"

namespace prx {

Workers::Workers(Options options) : options_(options) {}

Workers::~Workers() {
  std::deque<Task> dropped;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    dropped.swap(queue_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Workers::run(Task task) {
  const std::lock_guard lock(mutex_);
  if (ending_ || queue_.size() >= options_.queue_max) return false;
  queue_.push_back(std::move(task));
  const bool short_of_threads = idle_ < queue_.size() && threads_.size() < options_.threads_max;
  if (short_of_threads && start_thread()) return true;
  if (threads_.empty()) {
    task = std::move(queue_.back());  // to die after the lock
    queue_.pop_back();
    return false;
  }
  wake_.notify_one();
  return true;
}

// The system may be out of threads or memory: then those that run must do.
bool Workers::start_thread() {
  const SignalsBlocked blocked;
  try {
    threads_.emplace_back([this] { work(); });
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

bool Workers::wait_idle(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return quiet_.wait_for(lock, limit, [this] { return busy_ == 0 && queue_.empty(); });
}

void Workers::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    --idle_;
    if (ending_) return;
    Task task = std::move(queue_.front());
    queue_.pop_front();
    ++busy_;
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
    if (--busy_ == 0 && queue_.empty()) quiet_.notify_all();
  }
}

}  // namespace prx
