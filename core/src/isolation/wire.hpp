/// \file wire.hpp
/// Frames between a host and the process of an isolated plugin: size, kind, id, fields. Both sides
/// are built together and run on one machine, so numbers are as the machine has them. What the host
/// reads comes from code that nobody trusts: every length is checked against the frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "prx/plugin.h"

namespace prx::isolation {

/// Who sends it, and what its id names.
enum class Kind : std::uint32_t {
  kCreate = 1,  ///< host; none. The process answers with kCreated or kFailed, once
  kStart,       ///< host; operation
  kCancel,      ///< host; operation
  kRelease,     ///< host; operation
  kCredit,      ///< host; operation: so many bytes of events more
  kHead,        ///< host; exchange
  kData,        ///< host; exchange
  kEnd,         ///< host; exchange
  kPing,        ///< host; its number

  kCreated = 64,  ///< process; none
  kFailed,        ///< process; none
  kEvent,         ///< process; operation
  kSend,          ///< process; operation
  kStop,          ///< process; operation: ends one of its exchanges
  kLog,           ///< process; kOfInstance or kOfModule
  kBreach,        ///< process; none: the plugin broke its contract
  kPong,          ///< process; the ping's number
};

/// Bytes of fields; a larger frame is a breach. A request of the core has a body of 64 MiB at most.
inline constexpr std::size_t kFrameMax = 65u << 20;
inline constexpr std::int64_t kCreditMax = 256 << 10;  ///< bytes of events on the way, see kCredit
inline constexpr std::size_t kHeadersMax = 256;        ///< of one head; of a request 64
inline constexpr std::size_t kExchangesMax = 64;       ///< of one operation at once

/// Whose a line of the log is; the process itself speaks as the module.
inline constexpr std::uint64_t kOfInstance = 0, kOfModule = 1;

struct FrameHead {
  std::uint32_t size = 0;  ///< of the fields
  Kind kind{};
  std::uint64_t id = 0;
};
static_assert(sizeof(FrameHead) == 16);

/// Appends one frame to a text; the frame is whole when this is destroyed.
class FrameWriter {
 public:
  FrameWriter(std::string& out, Kind kind, std::uint64_t id) : out_(out), begin_(out.size()) {
    const FrameHead head{0, kind, id};
    out_.append(reinterpret_cast<const char*>(&head), sizeof head);
  }
  ~FrameWriter() {
    const auto size = static_cast<std::uint32_t>(out_.size() - begin_ - sizeof(FrameHead));
    std::memcpy(out_.data() + begin_, &size, sizeof size);
  }
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;

  template <class Number>
  FrameWriter& put(Number number) {
    static_assert(std::is_arithmetic_v<Number>);
    out_.append(reinterpret_cast<const char*>(&number), sizeof number);
    return *this;
  }
  FrameWriter& put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    out_.append(text);
    return *this;
  }
  FrameWriter& put(prx_str text) {
    return put(text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len));
  }

 private:
  std::string& out_;
  const std::size_t begin_;
};

/// Reads the fields of a frame in order. Outside of it there are zeros, and ok() is false.
class FrameReader {
 public:
  explicit FrameReader(std::string_view fields) : left_(fields) {}

  template <class Number>
  [[nodiscard]] Number number() {
    static_assert(std::is_arithmetic_v<Number>);
    Number out{};
    const std::string_view raw = take(sizeof out);
    if (ok_) std::memcpy(&out, raw.data(), sizeof out);
    return out;
  }
  /// Borrowed from the frame.
  [[nodiscard]] prx_str text() {
    const std::string_view part = take(number<std::uint32_t>());
    return {part.data(), part.size()};
  }
  /// Bytes not read yet.
  [[nodiscard]] std::size_t size() const { return left_.size(); }
  /// Everything so far was there.
  [[nodiscard]] bool ok() const { return ok_; }
  /// And nothing else.
  [[nodiscard]] bool done() const { return ok_ && left_.empty(); }

 private:
  std::string_view take(std::size_t size) {
    ok_ = ok_ && size <= left_.size();
    if (!ok_) return {};
    const std::string_view part = left_.substr(0, size);
    left_.remove_prefix(size);
    return part;
  }
  std::string_view left_;
  bool ok_ = true;
};

}  // namespace prx::isolation
