#include "check/host/loop.hpp"

#include <algorithm>

namespace prx::check {

Here& here() {
  thread_local Here of_this_thread;
  return of_this_thread;
}

std::uint64_t Loop::at(std::int64_t due_ns, Task task) {
  const std::lock_guard lock(mutex_);
  tasks_.emplace(Key{due_ns, ++last_}, std::move(task));
  posted_.notify_one();
  return last_;
}

void Loop::cancel(std::uint64_t id) {
  Task dropped;  // after the lock
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(tasks_.begin(), tasks_.end(),
                                  [id](const auto& task) { return task.first.second == id; });
  if (found == tasks_.end()) return;
  dropped = std::move(found->second);
  tasks_.erase(found);
}

bool Loop::run_one(std::int64_t until_ns) {
  Task task;
  {
    const std::lock_guard lock(mutex_);
    if (tasks_.empty() || tasks_.begin()->first.first > until_ns) return false;
    clock_.advance_to(tasks_.begin()->first.first);
    task = std::move(tasks_.begin()->second);
    tasks_.erase(tasks_.begin());
  }
  const Scope on_this(*this);
  task();
  return true;
}

bool Loop::wait(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  return posted_.wait_for(lock, longest, [this] {
    return !tasks_.empty() && tasks_.begin()->first.first <= clock_.now_ns();
  });
}

}  // namespace prx::check
