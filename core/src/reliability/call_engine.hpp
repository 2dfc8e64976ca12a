/// \file call_engine.hpp
/// Decides what a call does next. Pure: it is told what happened and when, and answers with
/// actions. It knows no socket, plugin, clock or random source; the driver (client/chat_call.hpp)
/// carries its actions out.
///
/// Today a plan holds one target and a call makes one attempt; ordered chains, retries, hedges and
/// recovery grow inside this interface.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "http/loop.hpp"
#include "prx/config.hpp"
#include "prx/sdk/error.hpp"

namespace prx::reliability {

using AttemptNumber = std::uint32_t;  ///< 1 for the first attempt of a call

/// What the engine has to know of a target.
struct PlanTarget {
  std::string name;  ///< for messages: the provider instance's name
  TimeoutConfig clocks;
};

/// Immutable for the time of a call.
struct Plan {
  std::vector<PlanTarget> targets;  ///< 1 or more
  ReliabilityConfig policy;
  bool stream = true;  ///< the upstream answers token by token
};

/// Actions, in the order in which the driver carries them out.
struct StartAttempt {
  AttemptNumber attempt;
  std::size_t target;       ///< index into Plan::targets
  std::string_view reason;  ///< "first", "retry", "fallback" ...; static text
};
struct CancelAttempt {
  AttemptNumber attempt;
};
/// From now on the caller sees what this attempt says; first of all what it said before.
struct Commit {
  AttemptNumber attempt;
};
/// The call ends with this attempt's answer.
struct Finish {
  AttemptNumber attempt;
};
/// The call ends without an answer.
struct GiveUp {
  Error error;
};
using Action = std::variant<StartAttempt, CancelAttempt, Commit, Finish, GiveUp>;
using Actions = std::vector<Action>;

/// One per call. Not thread-safe: all on the call's loop. After Finish or GiveUp nothing more is
/// answered.
class CallEngine {
 public:
  /// The plan is borrowed for the engine's life.
  CallEngine(const Plan& plan, MonotonicTime now);

  void start(MonotonicTime now, Actions& out);
  /// The response head of an attempt came, or it has none to wait for: the first token is next.
  void on_head(AttemptNumber attempt, MonotonicTime now);
  /// A first or further piece of text, reasoning or tool call came. The hot path: no allocation
  /// after the commit.
  void on_content(AttemptNumber attempt, MonotonicTime now, Actions& out);
  /// A sign of life that is no piece of the answer, such as a model being loaded.
  void on_progress(AttemptNumber attempt, MonotonicTime now);
  /// A choice of the answer has its finish reason; content of another may still follow.
  void on_finish_reason(AttemptNumber attempt, MonotonicTime now);
  /// The attempt is over; nullopt: its answer is complete.
  void on_end(AttemptNumber attempt, const std::optional<Error>& error, MonotonicTime now,
              Actions& out);
  /// The time that next_timer() named has come (earlier calls do no harm).
  void on_timer(MonotonicTime now, Actions& out);
  /// The caller wants no more.
  void cancel(MonotonicTime now, Actions& out);
  /// The host holds the call back for a slow reader: no clock runs until it resumes.
  void pause(MonotonicTime now);
  void resume(MonotonicTime now);

  /// When on_timer() has to be called next; nullopt: not.
  [[nodiscard]] std::optional<MonotonicTime> next_timer() const;
  [[nodiscard]] bool ended() const { return state_ == State::kEnded; }

 private:
  enum class State { kIdle, kWaitingForHead, kWaitingForToken, kStreaming, kFinishing, kEnded };

  void end_with(Error error, Actions& out);
  void time_out(MonotonicTime now, Actions& out);
  [[nodiscard]] std::optional<MonotonicTime> phase_timer() const;
  [[nodiscard]] Error timeout_error(std::string_view clock, Milliseconds limit, Phase phase) const;

  const Plan& plan_;
  State state_ = State::kIdle;
  AttemptNumber attempt_ = 0;
  bool committed_ = false;
  MonotonicTime phase_since_;  ///< entered the state, or saw the last token
  std::optional<MonotonicTime> deadline_;
  std::optional<MonotonicTime> paused_at_;
};

}  // namespace prx::reliability
