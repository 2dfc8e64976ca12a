/// \file call_player.hpp
/// One call of a schedule: its engine, its attempts, and what a driver does between them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/reliability/property/referee.hpp"
#include "reliability/splice.hpp"

namespace prx::reliability::test {

/// What the world has for a call.
struct Stage {
  Dice& dice;
  const World& world;
  Health& health;
  Referee& referee;
  /// The next step of an attempt comes at that time.
  std::function<void(std::size_t call, AttemptNumber, MonotonicTime)> step_at;
};

class CallPlayer {
 public:
  CallPlayer(std::size_t index, Stage& stage) : index_(index), stage_(stage) {}

  void start(MonotonicTime now);
  void cancel(MonotonicTime now);
  void pause(MonotonicTime now);
  void resume(MonotonicTime now);
  void timer(MonotonicTime now);
  /// Of an attempt; one that is gone is ignored.
  void step(AttemptNumber attempt, MonotonicTime now);
  [[nodiscard]] std::optional<MonotonicTime> next_timer() const { return next_timer_; }
  [[nodiscard]] bool paused() const { return paused_; }
  [[nodiscard]] const CallScript& script() const { return stage_.world.calls[index_]; }

 private:
  static constexpr int kStuck = 200;  ///< timers at the same moment

  enum class Stop { kHead, kToken, kFinish, kEnd, kOver };
  struct Attempt {
    Mode mode = Mode::kWhole;
    AttemptScript script;
    Stop next = Stop::kHead;
    std::size_t said = 0;    ///< bytes of the text
    std::size_t pieces = 0;  ///< so far
    std::string held;        ///< before the commit
    std::string before;      ///< what was delivered when it started
    Delivered known;
    std::unique_ptr<Splice> splice;
    bool visible = false;
  };
  void take_actions(MonotonicTime now);
  void take(const StartAttempt& start, MonotonicTime now);
  void take(const CloseAttempt& close, MonotonicTime now);
  void take(const Commit& commit);
  void say(AttemptNumber number, Attempt& attempt, MonotonicTime now);
  void splice(AttemptNumber number, Attempt& attempt, std::string_view piece, MonotonicTime now);
  void end(AttemptNumber number, Attempt& attempt, MonotonicTime now);
  void deliver(std::string_view text);
  [[nodiscard]] std::string answer_of(const Action& action) const;
  [[nodiscard]] Stop after_token(const Attempt& attempt) const;
  [[nodiscard]] Nanoseconds until(const Attempt& attempt) const;

  const std::size_t index_;
  Stage& stage_;
  std::optional<ChainEngine> engine_;
  std::map<AttemptNumber, Attempt> attempts_;
  std::string delivered_;
  Actions actions_;
  std::optional<MonotonicTime> next_timer_;
  MonotonicTime last_timer_{};
  int same_time_ = 0;
  bool paused_ = false;
};

}  // namespace prx::reliability::test
