/// \file channel.hpp
/// The host's end of the socket to a plugin's process: frames in, frames out, never blocking a
/// loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/asio_loop.hpp"
#include "isolation/wire.hpp"
#include "os/descriptor.hpp"

namespace prx::isolation {

/// Hears of a channel, on the thread that reads it. It may close the channel from any callback, and
/// let go of it.
class ChannelObserver {
 public:
  /// The fields are borrowed for the call.
  virtual void on_frame(Kind kind, std::uint64_t id, std::string_view fields) = 0;
  /// Once, and nothing after it. \param why  "" when the other side closed it; else what it did.
  virtual void on_channel_end(const std::string& why) = 0;

 protected:
  ~ChannelObserver() = default;
};

/// One thread at a time: whoever opens it, and the loop since attach().
class Channel : public std::enable_shared_from_this<Channel> {
 public:
  static constexpr std::size_t kTurnMax = 256 << 10;   ///< bytes read before others get a turn
  static constexpr std::size_t kQueueMax = 192 << 20;  ///< bytes not yet read by the other side

  Channel(AsioLoop& loop, os::Descriptor socket, ChannelObserver& observer);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// A frame to fill; it is on its way once it is destroyed and the loop has turned.
  [[nodiscard]] FrameWriter frame(Kind kind, std::uint64_t id);
  /// One without fields.
  void send(Kind kind, std::uint64_t id) { static_cast<void>(frame(kind, id)); }
  /// Whole frames that were made before.
  void append(const std::string& frames);
  /// Waits for what comes, and handles it. Before attach() alone. False when the time is up.
  [[nodiscard]] bool pump(std::chrono::steady_clock::time_point until);
  /// From here on the loop reads and writes. Loop thread.
  void attach();
  /// Nothing is heard of it any more.
  void close();

 private:
  struct Watch;
  [[nodiscard]] bool read_once();
  [[nodiscard]] bool handle_all();
  void end(const std::string& why);
  void flush();
  void flush_later();
  void wait_readable();
  void wait_writable();

  AsioLoop& loop_;
  os::Descriptor socket_;
  ChannelObserver* observer_;  ///< nullptr: closed
  std::unique_ptr<Watch> watch_;
  std::vector<char> in_;
  std::size_t in_end_ = 0;
  std::string out_;
  std::size_t out_begin_ = 0;
  bool flush_posted_ = false, writing_ = false;
};

}  // namespace prx::isolation
