// Events that come from a worker thread: copied, queued within a limit, and delivered on the loop.

#include <array>
#include <utility>

#include "client/abi_convert.hpp"
#include "client/operation.hpp"

namespace prx::driver {

std::int32_t Operation::emit_from_worker(const prx_event& event) {
  WorkerSide& side = *worker_side_;  // there since spawn()
  {
    std::unique_lock lock(side.mutex);
    side.room.wait(lock, [&side] { return side.events < kWorkerEventsMax || side.stop; });
    if (side.stop && event.type < PRX_EV_DONE) return 1;
    ++side.events;
  }
  runtime_.loop.post([self = shared_from_this(), owned = WorkerEvent(event)]() mutable {
    self->worker_side_->queue.push_back(std::move(owned));
    self->take_worker_events();
  });
  return 0;
}

void Operation::stop_workers() {
  if (!worker_side_) return;
  {
    const std::lock_guard lock(worker_side_->mutex);
    worker_side_->stop = true;
  }
  worker_side_->room.notify_all();
}

/// While the call is paused they wait, and so does the worker once there is no room.
void Operation::take_worker_events() {
  if (!worker_side_) return;
  const auto self = shared_from_this();
  WorkerSide& side = *worker_side_;
  while (!side.queue.empty() && (!paused_ || state_ == State::kEnded)) {
    const WorkerEvent event = std::move(side.queue.front());
    side.queue.pop_front();
    {
      const std::lock_guard lock(side.mutex);
      --side.events;
    }
    side.room.notify_one();
    if (!invalidated_ && !released_) static_cast<void>(emit(event.view()));
  }
}

}  // namespace prx::driver
