/// \file answer.hpp
/// What the simulated model says: a function of the request, nothing else.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/chat_call.hpp"
#include "sim/fault.hpp"

namespace prx::sim {

struct ToolCall {
  std::string id, name, arguments;
};

/// A value type.
struct Answer {
  std::string reasoning;  ///< shown reasoning
  std::string text;
  std::vector<ToolCall> calls;
  std::string_view finish_reason = "stop";  ///< a literal
  std::size_t prompt_tokens = 0;
  std::size_t completion_tokens = 0;  ///< reasoning included
  std::size_t reasoning_tokens = 0;
};

struct AnswerOptions {
  std::string text;             ///< instead of the answer that echoes the prompt
  std::size_t tokens = 0;       ///< more than 0: filler of exactly so many tokens
  bool shows_reasoning = true;  ///< false: the dialect only counts it
};

/// Deterministic. `faults` may ask for another text, an empty answer or parallel tools.
[[nodiscard]] Answer make_answer(const ChatCall& call, const Faults& faults,
                                 const AnswerOptions& options);

}  // namespace prx::sim
