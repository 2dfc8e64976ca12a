/// \file listener.hpp
/// A port that notes when the first byte of a request came, and answers it. One connection at a
/// time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "prx/sdk/error.hpp"

namespace prx::bench {

class Listener {
 public:
  /// Errors: kInternal.
  [[nodiscard]] static Result<Listener> open();
  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Accepts, waits for a request whose body ends with `}`, sends `answer` and closes. Returns when
  /// the first byte of the request was there. Errors: kTimeout, kNetwork.
  [[nodiscard]] Result<std::chrono::steady_clock::time_point> serve(
      std::string_view answer, std::chrono::milliseconds timeout);

 private:
  Listener(int file, std::uint16_t port) : file_(file), port_(port) {}
  int file_;
  std::uint16_t port_;
};

/// Waits until something listens on a port of this machine. Errors: kTimeout.
[[nodiscard]] Result<void> wait_for_port(std::uint16_t port, std::chrono::milliseconds timeout);

}  // namespace prx::bench
