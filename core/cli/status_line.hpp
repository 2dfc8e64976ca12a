/// \file status_line.hpp
/// What happened, in one line for a person. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "prx/chat.hpp"

namespace prx::cli {

/// Times as the caller saw them, from the start of the call.
struct CallTimes {
  std::optional<std::chrono::microseconds> first_token;  ///< nullopt: nothing came
  std::chrono::microseconds total{0};
};

/// Provider, model, tokens, cost, time to first token, total time of a finished answer:
/// "openrouter (Anthropic) | anthropic/claude-sonnet-4 | 12 tokens in, 34 out | $0.000546 | ...".
/// What the provider did not say is called unknown. Several attempts are counted, with what they
/// cost in all when that is more than the answer's cost or not fully known. A finish reason other
/// than stop is named. Targets that were skipped are counted apart. An estimated cost has "~"
/// before it. What a server chose itself (names, words, messages) is cut to a bounded
/// length, with "..."; control characters are left to message().
[[nodiscard]] std::string status_line(const ChatResponse& response, const CallTimes& times);

/// One attempt: "attempt 2 (retry): openrouter anthropic/claude-sonnet-4, key OPENROUTER_API_KEY,
/// waited 412 ms | connected 1.00 ms, ..., HTTP/2 503, 99 bytes, $0 | overloaded: ...". A cost that
/// nobody knows is left out. Of a target that was not asked: "skipped: openai gpt-3.5-turbo |
/// unsupported: ...".
[[nodiscard]] std::string trace_line(const Attempt& attempt, int number);

/// What several calls cost: "$0.0012 in all", "~$0.0012 in all", "at least $0.0012 in all", "cost
/// in all unknown".
[[nodiscard]] std::string format_cost_in_all(const CallCost& cost);

/// US dollars without an exponent: "$0.000546", "$1.20", "$0"; with one from 1e9 on.
[[nodiscard]] std::string format_cost(double dollars);

}  // namespace prx::cli
