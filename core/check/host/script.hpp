/// \file script.hpp
/// What the scripted HTTP service says to one request, in virtual time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "check/subject.hpp"
#include "prx/plugin.h"

namespace prx::check {

struct Piece {
  std::string bytes;
  std::chrono::milliseconds wait{0};  ///< before it
  std::size_t times = 1;              ///< the same bytes again and again, waiting each time
};

struct Script {
  bool head = true;  ///< false: it fails before there is one
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::milliseconds head_wait{0};
  std::vector<Piece> pieces;
  std::int32_t code = PRX_OK;  ///< of the end
  std::int32_t phase = PRX_PHASE_BODY;
  std::string message;
  bool hangs = false;  ///< no end ever comes
};

/// The answer as it is, its body at once.
[[nodiscard]] Script whole(const Sample& sample);
/// Its body in two pieces.
[[nodiscard]] Script split(const Sample& sample, std::size_t at);
/// Its body in pieces of that size (1 or more), each after a wait.
[[nodiscard]] Script pieces(const Sample& sample, std::size_t size,
                            std::chrono::milliseconds wait = std::chrono::milliseconds(0));
/// The first bytes of it; then the connection breaks, or the body is over as if it were whole.
[[nodiscard]] Script cut(const Sample& sample, std::size_t size, bool clean_end);
/// A failure of the transport, in that phase: before the head, or after a head and `body`.
[[nodiscard]] Script broken(std::int32_t code, std::int32_t phase, std::string body = {});

}  // namespace prx::check
