/// \file chat_call.hpp
/// A chat request, read as far as the simulator needs it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prx/sdk/error.hpp"

namespace prx::sim {

struct ToolAsk {
  std::string name;
  std::string arguments;  ///< sample arguments made from the tool's schema, JSON text
};

/// The parameters that a server may refuse. A value type.
struct Parameters {
  bool max_tokens = false, max_completion_tokens = false, stream_options = false;
  std::optional<std::size_t> system_at;  ///< number of the first message of that role
  std::string
      unknown;  ///< the first that OpenAI does not know, "messages[1].reasoning"; "" for none
};

/// A value type.
struct ChatCall {
  std::string model;
  bool stream = false;
  bool include_usage = false;  ///< stream_options.include_usage
  bool obfuscate = true;       ///< stream_options.include_obfuscation
  std::string prompt;          ///< text of the last user message
  std::string prefill;         ///< text of a trailing assistant message
  std::size_t prompt_tokens = 0;
  std::optional<std::size_t> tokens_max;
  bool reasoning = false;       ///< asked for, or the model's name ends with ":thinking"
  bool reasoning_shown = true;  ///< not reasoning.exclude
  bool has_prefill = false;
  Parameters parameters;     ///< what a server may refuse
  bool wants_tools = false;  ///< tools given, allowed, and no result to answer yet (or ":again")
  std::vector<std::string> tool_results;  ///< texts of the tool messages at the end
  std::vector<ToolAsk> tools;             ///< those to choose from; a forced one alone
  std::string json_answer;                ///< JSON text that response_format asks for, or ""
};

/// What is wrong with a request: the words and the parameter, for the vendor's error shape.
struct CallProblem {
  std::string message;
  std::string parameter;
};

inline constexpr std::size_t kEchoBytesMax =
    2'000;  ///< of the prompt, in the answer; whole characters

/// Reads the body of POST chat/completions (or completions, with `prompt`).
[[nodiscard]] Result<ChatCall, CallProblem> read_chat_call(std::string_view body);

/// Length in bytes of the token that `text` begins with: white space, then a word of at most 12
/// characters; never inside a character of UTF-8. 0 for "".
[[nodiscard]] std::size_t token_length(std::string_view text);
[[nodiscard]] std::size_t count_tokens(std::string_view text);

}  // namespace prx::sim
