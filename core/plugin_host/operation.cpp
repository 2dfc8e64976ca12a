#include "plugin_host/operation.hpp"

#include <utility>

namespace prx::plugin_host {

void EventGate::pass(const std::string& frame) {
  credit_ -= static_cast<std::int64_t>(frame.size());
  outbox_.add(frame);
}

EventGate::Taken EventGate::send(std::string frame, bool last) {
  const std::lock_guard lock(mutex_);
  if (ended_) return Taken::kEnded;
  ended_ = last;
  if (has_room())
    pass(frame);
  else
    waiting_.push_back(std::move(frame));
  return Taken::kYes;
}

EventGate::Taken EventGate::send_from_worker(std::string frame, bool last) {
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return has_room() || stop_ || ended_; });
    if (stop_ && !last && !ended_) return Taken::kStopped;
  }
  return send(std::move(frame), last);
}

void EventGate::add_credit(std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  credit_ += bytes;
  while (credit_ > 0 && !waiting_.empty()) {
    pass(waiting_.front());
    waiting_.pop_front();
  }
  room_.notify_all();
}

void EventGate::stop() {
  const std::lock_guard lock(mutex_);
  stop_ = true;
  room_.notify_all();
}

bool EventGate::ended() {
  const std::lock_guard lock(mutex_);
  return ended_;
}

}  // namespace prx::plugin_host
