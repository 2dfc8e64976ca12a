#include "plugin_host/outbox.hpp"

#include <unistd.h>

#include <cerrno>

namespace prx::plugin_host {

namespace {
thread_local bool is_loop = false;
}  // namespace

void set_loop_thread() { is_loop = true; }
bool on_loop() { return is_loop; }

void Outbox::add(const std::string& frames) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = frames_.empty();
    frames_ += frames;
  }
  if (first && !on_loop()) wake();
}

void Outbox::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto done = ::write(wake_, &one, sizeof one);
}

bool Outbox::flush() {
  {
    const std::lock_guard lock(mutex_);
    written_.clear();
    written_.swap(frames_);
  }
  for (std::size_t at = 0; at < written_.size();) {
    const auto done = ::write(socket_, written_.data() + at, written_.size() - at);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    at += static_cast<std::size_t>(done);
  }
  return true;
}

}  // namespace prx::plugin_host
