/// \file fault.hpp
/// What can go wrong, as data, and the little language that names it in model names and scripts:
///
///     faults = fault *( "+" fault )            "late-head?ms=500+cut?after=3"
///     fault  = name [ "@" after ] [ "?" key "=" value *( "&" key "=" value ) ]
///            | name [ "@" after ] *( ":" key "=" value )       "cut@3", "429:retry-after=2"
///     model  = "sim/" faults | any-model "#" faults
///
/// The second form needs no quotes in a shell. Values may hold %XX for any byte; a "-" in a key is
/// a "_". Every fault takes `times=N`: it happens for the first N
/// requests that name it, then all is well; and `for=MS`: it happens until so long after the first
/// of them. core/docs/sim.md lists names and parameters; fault.cpp
/// has the same table.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "prx/sdk/error.hpp"

namespace prx::sim {

enum class FaultKind {
  kOk,              ///< nothing is wrong
  kStatus,          ///< an error status with a body in the vendor's shape: "429", "503"
  kContextLength,   ///< the prompt is too long for the model
  kPolicy,          ///< moderation refused the prompt
  kQuota,           ///< the account is empty
  kRefusePrefill,   ///< 400 when the last message is the assistant's
  kHtml,            ///< a proxy's HTML page instead of JSON
  kEmptyBody,       ///< a status and no body
  kTruncatedJson,   ///< a JSON body that ends early, with a true Content-Length
  kReset,           ///< TCP reset: before the head, or after `after` tokens
  kHangUp,          ///< orderly close before the head
  kSilence,         ///< the request is read and never answered
  kLateHead,        ///< the head comes after `ms`
  kLateToken,       ///< the first token comes `ms` after the head
  kSlow,            ///< the body trickles: `size` bytes every `ms`
  kCut,             ///< orderly close after `after` tokens, without the end of the body
  kStall,           ///< nothing more after `after` tokens, connection open
  kTrickle,         ///< after `after` tokens one byte every `ms`, of an event that never ends
  kMalformed,       ///< one broken JSON event after `after` tokens
  kErrorFrame,      ///< an error under HTTP 200 after `after` tokens, `shape` 1 to 5
  kNoDone,          ///< the stream ends without [DONE]
  kNoEnd,           ///< everything but [DONE] and the end of the stream: the connection stays
  kNoFinish,        ///< the stream ends without finish_reason and without [DONE]
  kFinishTwice,     ///< finish_reason is repeated on the usage chunk
  kUsageNoChoices,  ///< usage chunk with `"choices":[]` under OpenRouter too
  kWrongType,       ///< Content-Type: text/plain
  kPlainJson,       ///< a JSON answer to a streaming request
  kSplit,           ///< every event in pieces of `size` bytes, each its own HTTP chunk
  kCrlf,            ///< events end with CR LF
  kEmpty,           ///< an answer of nothing: no content, no tokens used
  kOversized,       ///< one event (or a body) of `bytes` bytes
  kOversizedHead,   ///< a response head of `bytes` bytes
  kFlap,            ///< well for `up`, `status` for `down`, and again
  kAnswer,          ///< the answer is `text`
  kParallelTools,   ///< calls every tool of the request
  kToolQuirk,       ///< tool-call deltas as some backends send them, `shape` 1 to 4
  kToolAnswer,      ///< `arguments` of each tool call, and before them the words of kAnswer
  kStrict,          ///< 400 for each member that OpenAI does not know
  kOldServer,       ///< refuses stream_options and max_completion_tokens, `shape` 1 or 2
  kHalfPairs,       ///< characters beyond U+FFFF in two deltas, an escaped surrogate each
};

/// Where a wait is announced: header in seconds, retry-after-ms, HTTP date, the vendor's reset
/// header, or only inside the body.
enum class RetryAfterForm { kSeconds, kMilliseconds, kDate, kReset, kBody };

/// How `error.code` is written.
enum class CodeForm { kVendor, kString, kWord, kNull };

inline constexpr int kFaultsMax = 8;                       ///< joined by '+'
inline constexpr std::size_t kFaultBytesMax = 256u << 20;  ///< of `bytes`
inline constexpr std::chrono::milliseconds kFaultDelayMax{3'600'000};

/// A value type. Members a kind does not use keep their defaults.
struct Fault {
  FaultKind kind = FaultKind::kOk;
  int status = 0;  ///< 200 to 599; 0: the kind's own
  int after = 0;   ///< tokens (text, reasoning, tool deltas) before it
  int shape = 1;
  std::size_t size = 7;  ///< bytes of a piece
  std::size_t bytes = 0;
  std::chrono::milliseconds delay{0};     ///< `ms`; of kCut and kReset: before the end
  std::chrono::milliseconds comments{0};  ///< keep-alive comments while nothing else comes; 0: none
  std::chrono::milliseconds up{0}, down{0};
  std::chrono::milliseconds retry_after{-1};  ///< -1: not announced
  RetryAfterForm form = RetryAfterForm::kSeconds;
  CodeForm code = CodeForm::kVendor;
  std::string text;                    ///< also `arguments`
  int times = 0;                       ///< from 1; 0: always
  std::chrono::milliseconds lasts{0};  ///< `for`: since the first request that met it; 0: always
  friend bool operator==(const Fault&, const Fault&) = default;
};

using Faults = std::vector<Fault>;

/// What faults are read for: requests of a server, or one call, where time does not pass between
/// requests and `for` is no parameter.
enum class FaultUse { kServer, kOneCall };

/// Reads the language above. Errors: kInvalidRequest naming the fault or parameter and the valid
/// ones.
[[nodiscard]] Result<Faults> parse_faults(std::string_view text, FaultUse use = FaultUse::kServer);

/// Splits a model name in the model and its faults' text ("" when it names none).
/// "sim/cut?after=3" -> {"sim/cut?after=3", "cut?after=3"}; "a/b#crlf" -> {"a/b", "crlf"}.
struct NamedFaults {
  std::string_view model;
  std::string_view faults;
};
[[nodiscard]] NamedFaults split_model(std::string_view name);

/// True when a flapping service is down, `elapsed` after its first request.
[[nodiscard]] bool flap_is_down(const Fault& fault, std::chrono::milliseconds elapsed);

/// The fault of that kind, or nullptr. Valid as long as `faults` is unchanged.
[[nodiscard]] const Fault* find_fault(const Faults& faults, FaultKind kind);

/// One rule of a script. Empty members match everything.
struct FaultRule {
  std::string path;     ///< end of the path: "/chat/completions"
  std::string model;    ///< as asked for; a final '*' matches any rest
  std::string key;      ///< the API key, whole
  int nth = 0;          ///< only the nth request that matches the above, from 1; 0: each
  int times = 0;        ///< at most so many requests; 0: no limit
  double chance = 1.0;  ///< 0.0 to 1.0: at random, for that share of the requests it would apply to
  Faults faults;
};

/// Rules in order; the first that applies decides. A request that no rule takes is judged by its
/// model name.
struct FaultScript {
  std::vector<FaultRule> rules;
  std::uint64_t seed = 1;  ///< of what `chance` draws, in the order of the requests
};

inline constexpr std::size_t kScriptRulesMax = 1'000;

/// Reads `{"rules":[{"model":"openai/*","nth":2,"fault":"429?retry_after=2","times":1}]}`: members
/// path, model, key, nth, times, chance and fault, the last required. Unknown members are errors;
/// `rules` may be empty or missing. A script in TOML has the same shape (`[[rules]]`):
/// prx::toml_to_json makes this text of it. Errors: kInvalidRequest with the rule's number and the
/// member.
[[nodiscard]] Result<FaultScript> script_from_json(std::string_view json);

}  // namespace prx::sim
