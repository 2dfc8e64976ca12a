// Events that come from a worker thread: copied, queued within a limit, and delivered on the loop.

#include <array>
#include <utility>

#include "client/abi_convert.hpp"
#include "client/operation.hpp"

namespace prx::driver {

namespace {

/// An event with everything it points to.
class OwnedEvent {
 public:
  explicit OwnedEvent(const prx_event& event) : event_(event) {
    for (auto& text : {&event_.text, &event_.id, &event_.name, &event_.json, &event_.frame})
      keep(*text);
    if (event.usage != nullptr && event.usage->size >= sizeof(prx_usage)) usage_ = *event.usage;
    if (event.error != nullptr && event.error->size >= sizeof(prx_error)) keep_error(*event.error);
  }

  /// Points into this object.
  [[nodiscard]] prx_event view() const {
    prx_event out = event_;
    std::size_t at = 0;
    for (auto* text : {&out.text, &out.id, &out.name, &out.json, &out.frame}) restore(*text, at);
    out.usage = usage_ ? &*usage_ : nullptr;
    out.error = nullptr;
    if (error_) {
      for (auto* text :
           {&error_->message, &error_->provider_code, &error_->request_id, &error_->raw})
        restore(*text, at);
      out.error = &*error_;
    }
    return out;
  }

 private:
  void keep(const prx_str& text) {
    if (text.ptr != nullptr) bytes_.append(text.ptr, text.len);
  }
  void keep_error(const prx_error& error) {
    error_ = error;
    for (const auto* text : {&error.message, &error.provider_code, &error.request_id, &error.raw})
      keep(*text);
  }
  void restore(prx_str& text, std::size_t& at) const {
    if (text.ptr == nullptr) return;
    text.ptr = bytes_.data() + at;
    at += text.len;
  }

  prx_event event_;
  std::string bytes_;
  std::optional<prx_usage> usage_;
  mutable std::optional<prx_error> error_;
};

}  // namespace

std::int32_t Operation::emit_from_worker(const prx_event& event) {
  {
    std::unique_lock lock(worker_mutex_);
    worker_room_.wait(lock, [this] { return worker_events_ < kWorkerEventsMax || worker_stop_; });
    if (worker_stop_ && event.type < PRX_EV_DONE) return 1;
    ++worker_events_;
  }
  runtime_.loop.post([self = shared_from_this(), owned = OwnedEvent(event)] {
    {
      const std::lock_guard lock(self->worker_mutex_);
      --self->worker_events_;
    }
    self->worker_room_.notify_one();
    if (!self->invalidated_ && !self->released_) static_cast<void>(self->emit(owned.view()));
  });
  return 0;
}

}  // namespace prx::driver
