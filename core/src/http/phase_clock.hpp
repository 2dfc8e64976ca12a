/// \file phase_clock.hpp
/// The three clocks of one exchange: connect, head, idle. One lazy timer, kept from one exchange to
/// the next: touching it per byte is a store, and most exchanges neither set nor cancel one.
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
  void touch() {
    if (!in_all_) since_ = loop_.now();
  }
  /// Enters kBody, of an error: all of it may take `limit`, or the error_body or idle limit if one
  /// of them is less. Signs of life and set_idle do nothing from here on.
  void enter_short_body(std::chrono::milliseconds limit);
  /// Another idle limit. In the body its clock starts anew.
  void set_idle(std::optional<std::chrono::milliseconds> limit);
  void pause();
  void resume();
  void stop() { running_ = false; }

  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] bool paused() const { return paused_; }
  /// The limit of this phase.
  [[nodiscard]] std::optional<std::chrono::milliseconds> limit() const;

 private:
  void arm();
  void fire();

  Loop& loop_;
  MonotonicTime since_{};
  Phase phase_ = Phase::kConnect;
  bool running_ = false;
  bool paused_ = false;
  bool in_all_ = false;  ///< the limit is of the whole phase
  const std::function<void()> expired_;
  Clocks limits_;
  MonotonicTime paused_at_{};
  Loop::TimerId timer_ = 0;
  MonotonicTime armed_{};
};

}  // namespace prx::http
