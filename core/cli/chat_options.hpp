/// \file chat_options.hpp
/// What `prx chat` can be told, and the request it makes of that.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arguments.hpp"
#include "configuration.hpp"
#include "prx/chat.hpp"

namespace prx::cli {

struct ChatOptions {
  std::vector<std::string> prompt;
  Overrides overrides;
  std::optional<std::string> system, timeout;
  std::optional<double> temperature;
  std::optional<std::int64_t> max_tokens;
  std::vector<std::string> parameters;
  bool no_stream = false, json = false, reasoning = false, trace = false, warm_up = false,
       quiet = false;
};

[[nodiscard]] HelpText chat_help();
/// `options` is borrowed until the arguments were parsed.
void declare_chat(Arguments& arguments, ChatOptions& options);

struct PreparedChat {
  ChatRequest request;
  std::optional<std::chrono::milliseconds> timeout;            ///< --timeout
  std::optional<std::chrono::steady_clock::time_point> until;  ///< the same, from the beginning
  bool many_choices = false;  ///< --param n= asks for more than one
};
/// Reads the prompt (from `stdin_fd` where that is asked for) and checks every value.
/// Errors: kInvalidRequest, one line naming the option; kTimeout when stdin outlasts --timeout.
[[nodiscard]] Result<PreparedChat> prepare_chat(const ChatOptions& options, int stdin_fd);

}  // namespace prx::cli
