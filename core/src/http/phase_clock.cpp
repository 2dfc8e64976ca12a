#include "http/phase_clock.hpp"

#include <algorithm>
#include <utility>

namespace prx::http {

PhaseClock::PhaseClock(Loop& loop, std::function<void()> expired)
    : loop_(loop), expired_(std::move(expired)) {}

PhaseClock::~PhaseClock() {
  if (timer_ != 0) loop_.cancel_timer(timer_);
}

void PhaseClock::start(const Clocks& limits) {
  limits_ = limits;
  running_ = true;
  paused_ = in_all_ = false;
  enter(Phase::kConnect);
}

void PhaseClock::enter(Phase phase) {
  phase_ = phase;
  touch();
  arm();
}

void PhaseClock::enter_short_body(std::chrono::milliseconds limit) {
  limit = std::min(limit, limits_.error_body.value_or(limit));
  limits_.idle = std::min(limits_.idle.value_or(limit), limit);
  enter(Phase::kBody);
  in_all_ = true;
}

void PhaseClock::set_idle(std::optional<std::chrono::milliseconds> limit) {
  if (in_all_) return;
  limits_.idle = limit;
  if (phase_ == Phase::kBody) enter(Phase::kBody);
}

void PhaseClock::pause() {
  if (std::exchange(paused_, true)) return;
  paused_at_ = loop_.now();
}

void PhaseClock::resume() {
  if (!std::exchange(paused_, false)) return;
  since_ += loop_.now() - std::max(paused_at_, since_);
  arm();
}

std::optional<std::chrono::milliseconds> PhaseClock::limit() const {
  switch (phase_) {
    case Phase::kConnect:
      return limits_.connect;
    case Phase::kHead:
      return limits_.head;
    default:
      return limits_.idle;
  }
}

// A timer that is due before the deadline stays: it arms itself again when it fires. So it stays
// for the next exchange too.
void PhaseClock::arm() {
  const auto allowed = limit();
  if (!allowed || paused_ || !running_) return;
  const MonotonicTime deadline = since_ + *allowed;
  if (timer_ != 0 && armed_ <= deadline) return;
  if (timer_ != 0) loop_.cancel_timer(timer_);
  armed_ = deadline;
  timer_ = loop_.start_timer(deadline - loop_.now(), [this] { fire(); });
}

void PhaseClock::fire() {
  timer_ = 0;
  const auto allowed = limit();
  if (!allowed || paused_ || !running_) return;
  if (loop_.now() < since_ + *allowed) return arm();
  expired_();
}

}  // namespace prx::http
