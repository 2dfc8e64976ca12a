/// \file byte_stream.hpp
/// A client's connection as bytes, with or without TLS. Loop thread alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace prx::gateway {

/// At most one read and one write are under way. Handlers never run from inside the call that they
/// were given to, nor after close(); they keep the stream alive.
class ByteStream {
 public:
  /// 0: the peer has closed, or the connection is broken.
  using Read = std::function<void(std::size_t size)>;
  using Written = std::function<void(bool ok)>;

  virtual ~ByteStream() = default;
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  /// Waits for one byte or more. `room` is borrowed until the handler runs.
  virtual void read(std::span<char> room, Read handler) = 0;
  /// What is there already, without waiting; 0: nothing, or nothing more.
  [[nodiscard]] virtual std::size_t read_now(std::span<char> room) = 0;
  /// Writes all of `bytes` and empties it. True: that is done, and the handler will not run.
  /// `bytes` is borrowed until then or until the handler runs.
  [[nodiscard]] virtual bool write(std::string& bytes, Written handler) = 0;
  /// Bytes that went out so far.
  [[nodiscard]] virtual std::uint64_t written() const = 0;
  /// All that was written has arrived at the peer's machine, as far as this one knows.
  [[nodiscard]] virtual bool delivered() const = 0;
  /// The peer reads an end behind what was written; it may still send.
  virtual void end_writing() = 0;
  /// No more reads and writes. With `reset` the peer sees that something broke: a TCP reset, of
  /// which no clean end can be made. Otherwise what was written still reaches it.
  virtual void close(bool reset) = 0;
};

}  // namespace prx::gateway
