/// \file phase_clock.hpp
/// The three clocks of one exchange: connect, head, idle. One lazy timer: touching it per byte is a
/// store.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "http/loop.hpp"
#include "http/transport.hpp"

namespace prx::http {

/// Loop thread only. `expired` runs on the loop, once per start at most, never while paused.
class PhaseClock {
 public:
  PhaseClock(Loop& loop, std::function<void()> expired);
  ~PhaseClock();
  PhaseClock(const PhaseClock&) = delete;
  PhaseClock& operator=(const PhaseClock&) = delete;

  void start(const Clocks& limits);  ///< enters Phase::kConnect, not paused
  void enter(Phase phase);           ///< kHead or kBody; its clock starts now
  /// A sign of life: the clock of this phase starts anew.
  void touch() { since_ = loop_.now(); }
  /// Another idle limit. In the body its clock starts anew.
  void set_idle(std::optional<std::chrono::milliseconds> limit);
  void pause();
  void resume();
  void stop();

  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] bool paused() const { return paused_; }
  /// The limit of this phase.
  [[nodiscard]] std::optional<std::chrono::milliseconds> limit() const;

 private:
  void arm();
  void fire();

  Loop& loop_;
  const std::function<void()> expired_;
  Clocks limits_;
  Phase phase_ = Phase::kConnect;
  MonotonicTime since_{};
  MonotonicTime paused_at_{};
  bool paused_ = false;
  Loop::TimerId timer_ = 0;
  MonotonicTime armed_{};
};

}  // namespace prx::http
