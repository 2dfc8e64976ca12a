#include "client/pull_stream.hpp"

#include <utility>

#include "client/op_table.hpp"

namespace prx::driver {

Error blocking_on_loop() {
  Error error;
  error.message = "a blocking call on a thread of prx would wait for itself; use start() there";
  return error;
}

PullStream::~PullStream() {
  if (call_->forked()) {
    static_cast<void>(meeting_.release());
    return;
  }
  if (!call_->gone() && call_->on_own_loop())
    *flush_posted_ = false;  // the posted flush must not find us
  call_->close();
}

/// The queue belongs to the batch of a turn: the flush runs after everything that the turn brought.
void PullStream::on_event(const StreamEvent& event) {
  turn_.emplace_back(event);
  if (std::exchange(*flush_posted_, true)) return;
  loop_.post([this, posted = flush_posted_] {
    if (*posted) flush();
  });
}

void PullStream::flush() {
  *flush_posted_ = false;
  bool full = false;
  {
    const std::lock_guard lock(meeting_->mutex);
    for (auto& event : turn_) {
      queued_bytes_ += event.size();
      queue_.push_back(std::move(event));
    }
    full = (queue_.size() > kEventsMax || queued_bytes_ > kBytesMax) && !paused_;
    if (full) paused_ = true;
  }
  turn_.clear();
  meeting_->ready.notify_one();
  if (full) call_->pause();
}

void PullStream::on_end(ChatResult result) {
  flush();
  {
    const std::lock_guard lock(meeting_->mutex);
    result_.emplace(std::move(result));
  }
  meeting_->ready.notify_all();
}

bool PullStream::take_batch() {
  bool go_on = false;
  if (call_->forked()) return false;
  {
    std::unique_lock lock(meeting_->mutex);
    meeting_->ready.wait(lock, [this] { return !queue_.empty() || result_.has_value(); });
    std::swap(batch_, queue_);
    queued_bytes_ = 0;
    go_on = std::exchange(paused_, false);
  }
  if (go_on) call_->resume();
  return !batch_.empty();
}

const StreamEvent* PullStream::next() {
  if (on_prx_thread()) return nullptr;
  if (batch_.empty() && !take_batch()) return nullptr;
  current_owner_.emplace(std::move(batch_.front()));
  batch_.pop_front();
  current_ = current_owner_->view();
  return &current_;
}

const ChatResult& PullStream::result() {
  while (next() != nullptr) {
  }
  if (call_->forked()) {
    forked_.emplace(Unexpected(CallError(used_after_fork())));
    return *forked_;
  }
  const std::lock_guard lock(meeting_->mutex);
  return result_ ? *result_ : misuse_;
}

void BlockingSink::on_end(ChatResult result) {
  {
    const std::lock_guard lock(mutex_);
    result_.emplace(std::move(result));
  }
  ready_.notify_all();
}

ChatResult BlockingSink::wait() {
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [this] { return result_.has_value(); });
  return std::move(*result_);
}

EndpointResult EndpointSink::wait() {
  PRX_TRY_SET(ChatResponse answer, BlockingSink::wait());
  EndpointResponse out;
  out.json = std::move(json_);
  out.provider = std::move(answer.provider);
  out.model = std::move(answer.model);
  out.usage = std::move(answer.usage);
  out.attempts = std::move(answer.attempts);
  return out;
}

}  // namespace prx::driver
