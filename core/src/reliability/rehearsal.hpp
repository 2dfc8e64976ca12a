/// \file rehearsal.hpp
/// Plays a chain in virtual time: what the engine does when targets behave as told. Pure; behind
/// `prx plan --fail`.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reliability/chain_engine.hpp"

namespace prx::reliability {

/// What a target does when it is asked.
struct Act {
  enum class Kind {
    kAnswer,     ///< a whole answer
    kError,      ///< a rejected status: `error`
    kReset,      ///< the connection breaks before the head
    kSilence,    ///< takes the request and says nothing
    kLateToken,  ///< a head at once, the first token after `late`
    kCut,        ///< the stream breaks after `tokens`
    kStall,      ///< the stream falls silent after `tokens`
    kMalformed,  ///< garbage after `tokens`
    kNoEnd,      ///< no end after the finish reason
    kDiffers,    ///< a whole answer with other words
  };
  Kind kind = Kind::kAnswer;
  Error error;
  int tokens = 0;  ///< 0 to kTokens
  std::chrono::milliseconds late{0};
  int times = 0;  ///< attempts that it lasts; 0: for ever
};

/// The act of each attempt on a target; after the last one comes a whole answer.
using Acts = std::vector<Act>;

/// One moment of the timeline.
struct Moment {
  enum class Kind {
    kStart,       ///< an attempt begins: `reason`, `mode`, `key`, `wait`
    kFirstToken,  ///< of the attempt
    kDeliver,     ///< the caller sees the attempt from here on
    kDiffers,     ///< a splice says other words than what was delivered
    kGoOn,        ///< a rescued stream goes on
    kComplete,    ///< a silent end after the finish reason
    kFail,        ///< the attempt: `error`
    kCancel,      ///< the attempt, since nobody needs it: `error`
    kAnswer,      ///< the call ends with the attempt's answer
    kGiveUp,      ///< the call ends without: `error`
  };
  std::chrono::milliseconds at{0};  ///< from the start of the call
  std::string what;                 ///< "openrouter starts (first)"
  Kind kind = Kind::kStart;
  AttemptNumber attempt = 0;          ///< 0: of the call
  std::optional<std::size_t> target;  ///< of the plan; nullopt: of the call
  std::string_view reason;            ///< as StartAttempt::reason; static text
  Mode mode = Mode::kWhole;
  std::size_t key = 0;
  std::chrono::milliseconds wait{0};
  std::optional<Error> error;
};

struct Rehearsal {
  static constexpr int kTokens = 60;  ///< of an answer
  static constexpr std::chrono::milliseconds kHead{100}, kFirstToken{400}, kTokenEvery{20};
  static constexpr std::size_t kMomentsMax = 1'000;

  std::vector<Moment> moments;
  bool answered = false;
  std::size_t served_by = 0;  ///< a target, when answered
  Error error;                ///< when not
  int attempts = 0;
  std::chrono::milliseconds took{0};
};

/// "2.000 s", as the moments write a time.
[[nodiscard]] std::string seconds(std::chrono::milliseconds time);

/// \param acts  one for each target of the plan, in order.
[[nodiscard]] Rehearsal rehearse(const Plan& plan, const std::vector<Acts>& acts);

}  // namespace prx::reliability
