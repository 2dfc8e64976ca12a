/// \file breach.hpp
/// What a plugin did and the contract forbids, as the host of the checker sees it.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prx::check {

enum class Breach {
  kEventInsideStart,
  kEventAfterEnd,  ///< of the same operation, another end included
  kEventAfterRelease,
  kEventOverlap,  ///< an event from inside another, or from two threads at once
  kEventThread,   ///< neither on the loop nor on a worker of the operation
  kGrammar,       ///< order of events
  kText,          ///< not UTF-8, or empty where a text is needed
  kToolCall,
  kEventField,  ///< size, type, finish, flags, json
  kUsage,
  kError,          ///< fields of a prx_error
  kFrame,          ///< prx_event::frame and PRX_EVF_SAME_FRAME
  kFail,           ///< prx_fail
  kOutParameter,   ///< PRX_OK, and nothing was given
  kNullOperation,  ///< PRX_OK, and NULL was given
  kServiceOp,      ///< a service call names an operation that is not there
  kServiceThread,
  kServiceArguments,
  kCreateAsks,  ///< HTTP, a timer, a post or a worker from inside init or create
  kHttpRequest,
  kHttpHost,
  kHttpKey,
  kSecret,        ///< the key where the plugin cannot have it from the host
  kExchangeLeft,  ///< runs on after release
  kWorkerStuck,
  kLog,
  kPrivate,  ///< words of a prompt or a body in the log
};

/// What the contract says there, one line.
[[nodiscard]] std::string_view expected_of(Breach breach);

struct Observed {
  Breach breach;
  std::string what;  ///< one line
};

/// Collects them. Any thread.
class Breaches {
 public:
  /// Of each kind, so that a flood of one hides no other; more are dropped: the first ones say it.
  static constexpr std::size_t kKeptMax = 256;

  void add(Breach breach, std::string what);
  /// All so far, which are then forgotten.
  [[nodiscard]] std::vector<Observed> take();

 private:
  std::mutex mutex_;
  std::vector<Observed> kept_;
  std::map<Breach, std::size_t> counts_;  ///< of those kept
};

}  // namespace prx::check
