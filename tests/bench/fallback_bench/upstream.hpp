/// \file upstream.hpp
/// Two targets on two ports, served by one thread that notes when each request was there. The first
/// answers every third request with 503 (one in three opens no breaker), all else with a short
/// answer; connections are kept.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/upstream/connection.hpp"

namespace prx::bench {

/// From before the last response was sent until the next request was received whole. What lies
/// between: the response's way to the client, what the client does, the request's way back.
struct Turns {
  std::vector<double> fallback_us;  ///< after a 503: the fallback's request
  std::vector<double> direct_us;    ///< after an answer: the caller's next call
};

/// Loopback only; trusts its client. One thread.
class FallbackUpstream {
 public:
  FallbackUpstream();
  ~FallbackUpstream();
  FallbackUpstream(const FallbackUpstream&) = delete;
  FallbackUpstream& operator=(const FallbackUpstream&) = delete;

  [[nodiscard]] std::string origin(std::size_t target) const;
  /// Serves until `fallbacks` of them came after the first `warmup`. Dies when nothing comes for
  /// ten seconds.
  [[nodiscard]] Turns run(std::size_t warmup, std::size_t fallbacks);

 private:
  static constexpr std::size_t kTargets = 2;
  struct Peer {
    std::unique_ptr<Connection> connection;
    std::size_t target = 0;
  };

  void accept_from(std::size_t target);
  /// False when the peer is gone.
  [[nodiscard]] bool serve(Peer& peer);
  void note(std::size_t target);
  [[nodiscard]] bool answer(Peer& peer);

  std::array<int, kTargets> listeners_{-1, -1};
  std::array<std::uint16_t, kTargets> ports_{};
  std::vector<Peer> peers_;
  const std::string answer_, refusal_;
  std::size_t asked_ = 0;  ///< requests to the first target
  std::size_t fallbacks_ = 0;
  bool refused_ = false;  ///< the last response was a 503
  std::chrono::steady_clock::time_point sent_{};
  Turns turns_;
};

}  // namespace prx::bench
