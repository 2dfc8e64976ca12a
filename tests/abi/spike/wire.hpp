/// \file wire.hpp
/// Frames between a host and a child that runs a plugin: length, kind, id, fields. See decision
/// record 0002.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prx/plugin.h"

namespace prx::spike {

enum class Kind : std::uint32_t {
  kStart,
  kCancel,
  kRelease,
  kHead,
  kData,
  kEnd,
  kFired,  // host to child; id: operation, exchange, timer
  kHello,
  kEvent,
  kSend,
  kStop,
  kTimer,
  kTimerCancel,
  kLog,  // child to host; kStop ends an exchange
};

constexpr std::size_t kFrameMax = 16u << 20;

struct Frame {
  std::uint32_t size = 0;
  Kind kind{};
  std::uint64_t id = 0;
};

/// Fields of a frame that is being built, or read: numbers as 8 bytes, texts with their length
/// before them.
class Writer {
 public:
  template <class... Values>
  explicit Writer(const Values&... values) {
    (put(values), ...);
  }
  void put(prx_str text) {
    put(text.len);
    bytes_.append(text.ptr == nullptr ? "" : text.ptr, text.len);
  }
  template <class Number>
  void put(Number number) {
    static_assert(sizeof number <= 8);
    char raw[8] = {};
    std::memcpy(raw, &number, sizeof number);
    bytes_.append(raw, 8);
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Reads outside the frame give zeros and make ok() false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}
  template <class... Values>
  void get(Values&... values) {
    (get_one(values), ...);
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::string_view take(std::size_t size) {
    ok_ = ok_ && size <= left_.size();
    const auto part = left_.substr(0, ok_ ? size : 0);
    left_.remove_prefix(part.size());
    return part;
  }
  void get_one(prx_str& text) {
    std::size_t size = 0;
    get_one(size);
    const auto part = take(size);
    text = {part.data(), part.size()};
  }
  template <class Number>
  void get_one(Number& number) {
    const auto raw = take(8);
    if (ok_) std::memcpy(&number, raw.data(), sizeof number);
  }
  std::string_view left_;
  bool ok_ = true;
};

inline bool move_all(int fd, char* bytes, std::size_t size, bool out) {
  while (size > 0) {
    const auto done =
        out ? ::send(fd, bytes, size, MSG_NOSIGNAL) : ::recv(fd, bytes, size, MSG_WAITALL);
    if (done <= 0) return false;
    bytes += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

/// False when the other side is gone.
inline bool send_frame(int fd, Kind kind, std::uint64_t id, const Writer& fields = Writer()) {
  const Frame frame{static_cast<std::uint32_t>(fields.bytes().size()), kind, id};
  std::string all(reinterpret_cast<const char*>(&frame), sizeof frame);
  all += fields.bytes();
  return move_all(fd, all.data(), all.size(), true);
}

/// False when the other side is gone or does not keep the framing.
inline bool receive_frame(int fd, Frame& frame, std::string& fields) {
  if (!move_all(fd, reinterpret_cast<char*>(&frame), sizeof frame, false)) return false;
  if (frame.size > kFrameMax) return false;
  fields.resize(frame.size);
  return move_all(fd, fields.data(), fields.size(), false);
}

inline Writer pack(const prx_error& e) {
  return Writer(e.code, e.http_status, e.flags, e.retryable, e.phase, e.retry_after_ms, e.message,
                e.provider_code, e.request_id, e.raw);
}
inline void unpack(Reader& in, prx_error& e) {
  e.size = sizeof e;
  in.get(e.code, e.http_status, e.flags, e.retryable, e.phase, e.retry_after_ms, e.message,
         e.provider_code, e.request_id, e.raw);
}
inline Writer pack(const prx_usage& u) {
  return Writer(u.flags, u.prompt_tokens, u.completion_tokens, u.total_tokens, u.reasoning_tokens,
                u.cached_tokens, u.cache_write_tokens, u.cost);
}
inline void unpack(Reader& in, prx_usage& u) {
  u.size = sizeof u;
  in.get(u.flags, u.prompt_tokens, u.completion_tokens, u.total_tokens, u.reasoning_tokens,
         u.cached_tokens, u.cache_write_tokens, u.cost);
}
inline prx_str str(std::string_view text) { return {text.data(), text.size()}; }
inline std::string text(prx_str value) {
  return {value.ptr == nullptr ? "" : value.ptr, value.len};
}

}  // namespace prx::spike
