/// \file chat_options.hpp
/// What `prx chat` can be told, and the request it makes of that.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/chat/request_options.hpp"
#include "cli/configuration.hpp"
#include "cli/tools/tool_command.hpp"
#include "prx/chat.hpp"

namespace prx::cli {

struct ChatOptions {
  std::vector<std::string> prompt;
  Overrides overrides;
  std::optional<std::string> system, timeout;
  RequestOptions request;
  ToolOptions tools;
  bool no_history = false;
  bool no_stream = false, json = false, reasoning = false, trace = false, warm_up = false,
       quiet = false;
};

[[nodiscard]] HelpText chat_help();
/// `options` is borrowed until the arguments were parsed.
void declare_chat(Arguments& arguments, ChatOptions& options);

struct PreparedChat {
  ChatRequest request;
  std::vector<ToolCommand> tools;                              ///< commands that the model may call
  std::optional<std::chrono::milliseconds> timeout;            ///< --timeout
  std::optional<std::chrono::steady_clock::time_point> until;  ///< the same, from the beginning
  bool many_choices = false;  ///< --param n= asks for more than one
};
/// The user's message: the prompt, then what it is about.
[[nodiscard]] Message question_about(std::string prompt, std::vector<Part> attachments);
/// Checks every value but the prompt and the attachments; the request has no message yet. Errors:
/// kInvalidRequest, one line naming the option; kTimeout when a schema's pipe outlasts --timeout.
[[nodiscard]] Result<PreparedChat> prepare_settings(const ChatOptions& options);
/// Reads the prompt (from `stdin_fd` where that is asked for) and checks every value.
/// Errors: kInvalidRequest, one line naming the option; kTimeout when stdin outlasts --timeout.
[[nodiscard]] Result<PreparedChat> prepare_chat(const ChatOptions& options, int stdin_fd);

}  // namespace prx::cli
