#include "http/workers.hpp"

#include <signal.h>

#include <utility>

namespace prx {

namespace {

// Signals belong to the program's own threads; a new thread inherits the mask.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

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
  if (idle_ < queue_.size() && threads_.size() < options_.threads_max) {
    const SignalsBlocked blocked;
    threads_.emplace_back([this] { work(); });
  } else {
    wake_.notify_one();
  }
  return true;
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
