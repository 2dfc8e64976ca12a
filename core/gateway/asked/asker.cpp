#include "gateway/asked/asker.hpp"

#include <system_error>
#include <utility>

#include "http/signals_blocked.hpp"

namespace prx::gateway {

Asker::~Asker() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    waiting_.clear();
  }
  stop_.request_stop();
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Asker::ask(Question question) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kWaitingMax) return false;
  if (!thread_.joinable()) {
    try {
      const SignalsBlocked blocked;
      thread_ = std::thread([this] { work(); });
    } catch (const std::system_error&) {
      return false;
    }
  }
  waiting_.push_back(std::move(question));
  changed_.notify_one();
  return true;
}

void Asker::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
    if (closing_) return;
    const Question question = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    question(stop_.get_token());
    lock.lock();
  }
}

}  // namespace prx::gateway
