/// \file body.hpp
/// The body of a reply as steps that are made when they are needed: bytes, the wait before them,
/// and how it ends. No socket, no clock: the connection plays the steps.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace prx::sim {

enum class Ending {
  kNone,      ///< more comes
  kComplete,  ///< the reply is whole; the connection lives on if it may
  kCut,       ///< orderly close (FIN) now
  kReset,     ///< close with RST now
  kStall,     ///< nothing more; the connection stays open until the client leaves
};

struct Step {
  std::string bytes;
  std::chrono::milliseconds wait{0};  ///< before the bytes
  Ending ending = Ending::kNone;      ///< after the bytes
};

struct Framing {
  bool chunked = false;
  bool crlf = false;                        ///< LF becomes CR LF inside the body
  std::size_t piece = 0;                    ///< bytes per piece, each its own chunk; 0: whole
  std::chrono::milliseconds piece_wait{0};  ///< before each piece
};

/// One thread. Ends exactly once: after a step with an ending, next() must not be called again.
class Body {
 public:
  explicit Body(Framing framing) : framing_(framing) {}
  virtual ~Body() = default;
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  [[nodiscard]] Step next();

 protected:
  /// Calls emit() or end(); is called again when nothing came of it.
  virtual void refill() = 0;
  void emit(std::string_view bytes, std::chrono::milliseconds wait);
  void end(Ending ending, std::chrono::milliseconds wait = {});

 private:
  [[nodiscard]] std::string framed(std::string_view bytes) const;

  Framing framing_;
  std::vector<Step> ready_;
  std::size_t at_ = 0;
};

/// Bytes that are all known, sent after `wait` and followed by `ending`.
class FixedBody final : public Body {
 public:
  FixedBody(std::string bytes, Framing framing, std::chrono::milliseconds wait, Ending ending)
      : Body(framing), bytes_(std::move(bytes)), wait_(wait), ending_(ending) {}

 private:
  void refill() override;

  std::string bytes_;
  std::chrono::milliseconds wait_;
  Ending ending_;
};

}  // namespace prx::sim
