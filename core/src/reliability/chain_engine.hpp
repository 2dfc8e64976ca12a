/// \file chain_engine.hpp
/// Decides what a call does next: which target and key, when again, when beside another, when to
/// deliver, how to rescue a stream that broke, and when to give up. Pure: it is told what happened
/// and when, and answers with actions. It knows no socket, plugin, clock or random source; the
/// driver (client/chat_call.hpp) carries its actions out.
///
/// The rules are those of the guide, core/docs/reliability.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "monotonic_time.hpp"
#include "prx/config.hpp"
#include "prx/sdk/error.hpp"
#include "reliability/failure.hpp"
#include "reliability/health.hpp"
#include "reliability/random.hpp"
#include "reliability/verdict.hpp"

namespace prx::reliability {

using AttemptNumber = std::uint32_t;  ///< 1 for the first attempt of a call

/// What the engine has to know of a target.
struct PlanTarget {
  std::string name;      ///< the provider instance's name; its keys are shared by that name
  std::string lane;      ///< names its health record: provider, model and options
  std::size_t keys = 0;  ///< in the pool; 0: it needs none
  std::string key_pool;  ///< names the health records of its keys; "": `name`
  std::string plugin;    ///< names the health record of its plugin; "": it has none
  TimeoutConfig clocks;
  std::optional<std::int64_t> context_length;  ///< tokens; nullopt: unknown
  bool continues = false;  ///< goes on from the beginning of an answer that it is given
  /// What its extra_body says about streaming; nullopt: nothing, so that the call decides
  std::optional<bool> stream = std::nullopt;
  std::string label = {};  ///< in messages, where `name` alone does not tell it; "": `name`

  /// What messages call it.
  [[nodiscard]] const std::string& shown() const { return label.empty() ? name : label; }
};

/// What belongs to one call alone.
struct Terms {
  bool stream = true;                    ///< upstreams answer token by token
  std::uint64_t seed = 0;                ///< of the call's jitter
  std::optional<Milliseconds> deadline;  ///< of the whole call, from its begin; nullopt: none
  std::optional<Milliseconds> deadline_shown = std::nullopt;  ///< in errors; nullopt: `deadline`
};

/// A chain, and the terms of a call that has none of its own. Immutable; calls may share it.
struct Plan {
  std::vector<PlanTarget> targets;  ///< 1 or more
  ReliabilityConfig policy;
  bool stream = true;
  std::uint64_t seed = 0;

  [[nodiscard]] Terms terms() const { return {stream, seed, policy.deadline}; }
};

/// How an attempt serves the call.
enum class Mode : std::uint8_t {
  kWhole,     ///< the answer
  kSplice,    ///< the whole answer again, after part of another was delivered
  kContinue,  ///< the rest of an answer, given its beginning
};

/// Actions, in the order in which the driver carries them out.
struct StartAttempt {
  AttemptNumber attempt = 0;
  std::size_t target = 0;  ///< index into Plan::targets
  std::size_t key = 0;     ///< index into the provider's keys
  /// "first", "fallback", "retry", "next key", "probe", "hedge", "splice", "continue",
  /// "last resort"; static text
  std::string_view reason;
  Mode mode = Mode::kWhole;
  std::chrono::nanoseconds wait{0};  ///< since the failure before it
};
/// Nothing more of this attempt is wanted, and the engine is told nothing more of it.
struct CancelAttempt {
  AttemptNumber attempt = 0;
  Error why;  ///< for the trail
};
/// From now on the caller sees what this attempt says; first of all what it said before.
struct Commit {
  AttemptNumber attempt = 0;
};
/// The answer has its finish reason, and the rest does not come: the attempt is over as complete.
/// The driver checks the answer and calls on_end().
struct CloseAttempt {
  AttemptNumber attempt = 0;
};
/// The call ends with this attempt's answer.
struct Finish {
  AttemptNumber attempt = 0;
};
/// The call ends without an answer. Every attempt was cancelled or has ended.
struct GiveUp {
  Error error;
};
using Action = std::variant<StartAttempt, CancelAttempt, Commit, CloseAttempt, Finish, GiveUp>;
using Actions = std::vector<Action>;

/// One per call. Not thread-safe: all on the call's loop. After Finish or GiveUp nothing more is
/// answered. What it is told of an attempt that it does not know (any more) is ignored.
class ChainEngine {
 public:
  static constexpr std::size_t kLiveMax = 2;  ///< attempts at the same time
  static constexpr int kWaitsMax = 64;        ///< of one call; a target may cool again and again

  /// Plan and health are borrowed for the engine's life.
  ChainEngine(const Plan& plan, const Terms& terms, Health& health, MonotonicTime now);
  ChainEngine(const Plan& plan, Health& health, MonotonicTime now)
      : ChainEngine(plan, plan.terms(), health, now) {}
  /// A call that is destroyed before its end gives back the probe's places that it has.
  ~ChainEngine();
  ChainEngine(const ChainEngine&) = delete;
  ChainEngine& operator=(const ChainEngine&) = delete;

  void start(MonotonicTime now, Actions& out);
  /// The response head of an attempt came, or it has none to wait for: the first token is next.
  void on_head(AttemptNumber attempt, MonotonicTime now);
  /// A first or further piece of text, reasoning or tool call came. The hot path: no allocation
  /// after the commit.
  void on_content(AttemptNumber attempt, MonotonicTime now, Actions& out);
  /// A sign of life that is no piece of the answer, such as a model being loaded.
  void on_progress(AttemptNumber attempt, MonotonicTime now);
  /// The attempt's key has no request left at its target for so long, though this one is answered:
  /// both rest as after a Retry-After.
  void on_exhausted(AttemptNumber attempt, Milliseconds wait, MonotonicTime now);
  /// A choice of the answer has its finish reason; content of another may still follow.
  void on_finish_reason(AttemptNumber attempt, MonotonicTime now);
  /// The attempt is over; nullopt: its answer is complete, and was checked.
  void on_end(AttemptNumber attempt, const std::optional<Error>& error, MonotonicTime now,
              Actions& out);
  /// A Mode::kSplice attempt has said again all that was delivered (or nothing that counts had
  /// been): the caller sees it from now on.
  void on_spliced(AttemptNumber attempt);
  /// A Mode::kSplice attempt contradicts what the caller has read. The attempt is cancelled.
  void on_differs(AttemptNumber attempt, MonotonicTime now, Actions& out);
  /// The caller was given what cannot be said again (a whole tool call, another choice): from now
  /// on a broken stream is an error.
  void forbid_rescue() { rescue_ = Rescue::kNever; }
  /// The answer is inside of a tool call or a structured output: no Mode::kContinue.
  void forbid_continue() {
    if (rescue_ == Rescue::kContinue) rescue_ = Rescue::kSplice;
  }
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
  [[nodiscard]] std::optional<MonotonicTime> deadline() const { return deadline_; }

 private:
  enum class State : std::uint8_t { kIdle, kRunning, kEnded };
  enum class Clock : std::uint8_t { kHead, kFirstToken, kProgress, kFinish, kClosed };
  enum class Rescue : std::uint8_t { kNever, kSplice, kContinue };

  struct Live {
    AttemptNumber number = 0;
    std::size_t target = 0, key = 0;
    Mode mode = Mode::kWhole;
    Clock clock = Clock::kHead;
    bool hedge = false;         ///< beside an attempt that was there before
    bool hedge_tried = false;   ///< nobody can be started beside it
    bool token = false;         ///< content came
    int tokens = 0;             ///< pieces of content before the commit
    MonotonicTime started;      ///< in the call's time, as are the two below
    MonotonicTime since;        ///< the clock in force began
    MonotonicTime first_token;  ///< when `token`
  };
  struct TargetState {
    Lane* lane = nullptr;  ///< looked up on first use
    KeyLane* keys = nullptr;
    int tries = 0;                ///< attempts but key rotations
    bool spent = false;           ///< not asked again by this call
    bool failed = false;          ///< an attempt failed in a way that counts
    bool recorded = false;        ///< the call counts in the lane
    bool probing = false;         ///< has the lane's place for a probe
    bool plugin_probing = false;  ///< has that of its plugin
    bool plugin_failed = false;   ///< the call counts there
    bool refuses_prefix = false;
  };
  struct BadKey {
    const KeyLane* keys;
    std::size_t key;
  };
  struct Pending {
    std::size_t target = 0;
    MonotonicTime at;
    MonotonicTime since;  ///< the failure before it
    std::string_view reason;
    bool others = true;  ///< when it is not ready then, another target may be
  };
  struct Admission {
    enum class Kind : std::uint8_t { kReady, kProbe, kCooling, kOpen, kDeadKey, kNever };
    Kind kind = Kind::kNever;
    std::size_t key = 0;
    MonotonicTime at{};  ///< kCooling, kOpen, kDeadKey: when that ends
  };
  struct Launch {
    std::size_t target = 0, key = 0;
    std::string_view reason;
    Mode mode = Mode::kWhole;
    bool hedge = false, rotation = false;
    std::chrono::nanoseconds wait{0};
  };

  // chain_engine.cpp: what happens to attempts
  [[nodiscard]] Live* find(AttemptNumber attempt);
  void differs(const Live& live, MonotonicTime now, Actions& out);
  void choose_winner(Live& winner, MonotonicTime now, Actions& out);
  void maybe_commit(const Live& live, MonotonicTime now, Actions& out);
  [[nodiscard]] std::optional<MonotonicTime> hold_ends(const Live& live) const;
  [[nodiscard]] bool refused_prefix(const Live& live, const Error& error,
                                    const Verdict& what) const;
  void fail_uncommitted(const Live& live, const Error& error, const Verdict& what,
                        MonotonicTime now, Actions& out);
  void succeed(const Live& live, MonotonicTime now, Actions& out);
  void fail(const Live& live, const Error& error, MonotonicTime now, Actions& out);
  void drop(AttemptNumber attempt);
  void give_up(Error error, MonotonicTime now, Actions& out);
  void give_up(MonotonicTime now, Actions& out);
  void cancel_all(const Error& why, Actions& out);
  // chain_clocks.cpp
  /// The call's own time: that of the clock, but it stands still while the call is paused, and
  /// resume() moves what was measured in it.
  [[nodiscard]] MonotonicTime own(MonotonicTime now) const { return paused_at_.value_or(now); }
  [[nodiscard]] bool expired(MonotonicTime now) const {
    return deadline_ && own(now) >= *deadline_;
  }
  void expire(MonotonicTime now, Actions& out);
  void ring(const Live& live, MonotonicTime now, Actions& out);
  void hedge(Live& live, MonotonicTime now, Actions& out);
  void fire_pending(MonotonicTime now, Actions& out);
  [[nodiscard]] bool streams(const Live& live) const {
    return plan_.targets[live.target].stream.value_or(terms_.stream);
  }
  [[nodiscard]] std::optional<MonotonicTime> due(const Live& live) const;
  [[nodiscard]] std::optional<MonotonicTime> whole_due(const Live& live) const;
  [[nodiscard]] std::optional<MonotonicTime> hedge_due(const Live& live) const;
  [[nodiscard]] Error timeout(const Live& live) const;
  // chain_choice.cpp: who is asked next
  void launch(const Launch& what, MonotonicTime now, Actions& out);
  void next_step(const Live& failed, const Error& error, MonotonicTime now, Actions& out);
  [[nodiscard]] bool rotate(const Live& failed, MonotonicTime now, Actions& out);
  [[nodiscard]] bool retry(const Live& failed, const Error& error, MonotonicTime now);
  [[nodiscard]] bool ask_untried(std::string_view reason, Mode mode, MonotonicTime now,
                                 Actions& out);
  [[nodiscard]] bool ask_last_resort(Mode mode, MonotonicTime now, Actions& out);
  [[nodiscard]] std::optional<Pending> soonest(std::optional<std::size_t> only, bool again,
                                               MonotonicTime now);
  [[nodiscard]] bool wait_for_one(std::optional<std::size_t> only, MonotonicTime now);
  [[nodiscard]] bool wait(const Pending& what, MonotonicTime now);
  void ask_anyone(std::string_view reason, MonotonicTime now, Actions& out);
  void nobody_asked(MonotonicTime now, Actions& out);
  [[nodiscard]] Admission admit(std::size_t target, MonotonicTime now);
  [[nodiscard]] Admission behind_plugin(std::size_t target, const Admission& who,
                                        MonotonicTime now);
  [[nodiscard]] Admission pass(const Breaker& breaker, const Admission& who,
                               MonotonicTime now) const;
  void take_probe(std::size_t target, MonotonicTime now);
  [[nodiscard]] bool may_ask(std::size_t target) const;
  [[nodiscard]] int untried(MonotonicTime now);
  [[nodiscard]] int attempts_left() const {
    return plan_.policy.attempts_max - static_cast<int>(attempts_);
  }
  [[nodiscard]] bool in_time(MonotonicTime at, MonotonicTime now) const {
    return !deadline_ || at < *deadline_ + (now - own(now));
  }
  [[nodiscard]] std::optional<MonotonicTime> first_back(MonotonicTime now);
  [[nodiscard]] TargetState& state_of(std::size_t target);
  // chain_rescue.cpp: after the commit point
  void rescue(const Live& failed, const Error& error, MonotonicTime now, Actions& out);
  void find_rescuer(std::size_t from, bool others, MonotonicTime now, Actions& out);
  [[nodiscard]] bool wait_for_rescuer(std::size_t from, bool others, MonotonicTime now);
  [[nodiscard]] Mode rescue_mode(std::size_t target) const;
  // chain_accounts.cpp: what lanes and keys learn
  void note_failure(const Live& live, const Error& error, const Verdict& verdict,
                    MonotonicTime now);
  void blame(std::size_t target, MonotonicTime now);
  void blame_plugin(std::size_t target, MonotonicTime now);
  void give_back_plugin(std::size_t target);
  void praise_plugin(std::size_t target, bool whole, MonotonicTime now);
  void answered(std::size_t target, bool whole, MonotonicTime now);
  [[nodiscard]] bool silent(const Live& live, MonotonicTime now) const;
  void leave(std::size_t target, MonotonicTime now);
  void settle(MonotonicTime now);
  void let_go();
  [[nodiscard]] bool is_bad_key(const KeyLane* keys, std::size_t key) const;

  const Plan& plan_;
  const Terms terms_;
  Health& health_;
  Random random_;
  const MonotonicTime begun_;  ///< of the call
  State state_ = State::kIdle;
  Rescue rescue_ = Rescue::kSplice;
  bool hedge_failed_ = false;    ///< a failed hedge starts no other
  bool differed_ = false;        ///< a splice contradicted what was delivered
  bool context_full_ = false;    ///< a target said that the request is too long for it
  AttemptNumber attempts_ = 0;   ///< started so far
  int waits_ = 0;                ///< begun so far; at most kWaitsMax
  AttemptNumber committed_ = 0;  ///< whose words the caller has; 0: none
  std::optional<MonotonicTime> paused_at_;
  boost::container::small_vector<Live, kLiveMax> live_;  // each piece of text looks up to here
  std::optional<MonotonicTime> deadline_;
  std::int64_t context_tried_ = 0;  ///< the largest known context that was too small
  boost::container::small_vector<TargetState, 4> targets_;
  boost::container::small_vector<BadKey, 2> bad_keys_;
  std::optional<Pending> pending_;
  std::vector<Failure> failures_;
  std::unique_ptr<const Error> broken_;  ///< what broke the stream that the caller was given
};

}  // namespace prx::reliability
