// Events that come from a worker thread: copied, queued within a limit, and delivered on the loop.

#include <array>
#include <utility>

#include "client/abi_convert.hpp"
#include "client/operation.hpp"

namespace prx::driver {

std::int32_t Operation::emit_from_worker(const prx_event& event) {
  {
    std::unique_lock lock(worker_mutex_);
    worker_room_.wait(lock, [this] { return worker_events_ < kWorkerEventsMax || worker_stop_; });
    if (worker_stop_ && event.type < PRX_EV_DONE) return 1;
    ++worker_events_;
  }
  runtime_.loop.post([self = shared_from_this(), owned = WorkerEvent(event)]() mutable {
    self->worker_queue_.push_back(std::move(owned));
    self->take_worker_events();
  });
  return 0;
}

/// While the call is paused they wait, and so does the worker once there is no room.
void Operation::take_worker_events() {
  const auto self = shared_from_this();
  while (!worker_queue_.empty() && (!paused_ || state_ == State::kEnded)) {
    const WorkerEvent event = std::move(worker_queue_.front());
    worker_queue_.pop_front();
    {
      const std::lock_guard lock(worker_mutex_);
      --worker_events_;
    }
    worker_room_.notify_one();
    if (!invalidated_ && !released_) static_cast<void>(emit(event.view()));
  }
}

}  // namespace prx::driver
