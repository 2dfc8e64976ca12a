/// \file outbox.hpp
/// Frames on their way to the host, from the loop and from workers; one write per turn of the loop.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "isolation/wire.hpp"

namespace prx::plugin_host {

class Outbox {
 public:
  /// Both descriptors are borrowed: the blocking socket, and the one that wakes the loop's poll().
  Outbox(int socket, int wake) : socket_(socket), wake_(wake) {}

  /// Adds whole frames. Any thread.
  void add(const std::string& frames);
  /// Adds one frame: `fill` is given its FrameWriter. Any thread.
  template <class Fill>
  void send(isolation::Kind kind, std::uint64_t id, Fill&& fill) {
    std::string frame;
    {
      isolation::FrameWriter writer(frame, kind, id);
      fill(writer);
    }
    add(frame);
  }
  /// Makes the loop turn. Any thread.
  void wake() const;
  /// Writes what is there. False when the host is gone. One thread.
  [[nodiscard]] bool flush();

 private:
  const int socket_, wake_;
  std::mutex mutex_;
  std::string frames_;   // under mutex
  std::string written_;  // by flush()
};

/// The thread of poll(), which needs no waking.
void set_loop_thread();
[[nodiscard]] bool on_loop();

}  // namespace prx::plugin_host
