#include "cli/chat/chat_options.hpp"

#include <algorithm>
#include <charconv>

#include "cli/chat/prompt.hpp"
#include "cli/duration.hpp"
#include "cli/exit_codes.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::cli {
namespace {

Unexpected<Error> bad_chat_option(std::string text) {
  return fail(ErrorClass::kInvalidRequest, std::move(text));
}

/// Whether "n=3" is among the parameters, which were found to be JSON.
bool asks_for_many(const std::vector<std::string>& parameters) {
  return std::any_of(parameters.begin(), parameters.end(), [](std::string_view parameter) {
    constexpr std::string_view kName = "n=";
    const auto value = parameter.substr(0, 2) == kName ? parameter.substr(2) : std::string_view();
    std::uint32_t choices = 0;
    const auto end = value.data() + value.size();
    return std::from_chars(value.data(), end, choices).ec == std::errc{} && choices > 1;
  });
}

}  // namespace

HelpText chat_help() {
  HelpText help;
  help.usage = "prx chat [OPTIONS] [PROMPT...]";
  help.description =
      "Sends a prompt and prints the answer as it comes. Only the answer goes to stdout; then one "
      "line on\n"
      "stderr says who answered, the tokens, the cost and the times.\n\n"
      "The prompt is the arguments, joined by spaces. When stdin is a pipe or a file, or - is "
      "among the\n"
      "arguments, stdin is read too: alone it is the prompt, with arguments it follows them after "
      "a blank\n"
      "line. Add </dev/null where a script's own stdin must not be read.\n\n"
      "In a terminal and without a prompt it is a conversation; /help there shows its commands.\n\n"
      "Of several choices (--param n=2) only the first is printed, with --json too.";
  help.epilogue =
      "Examples:\n"
      "  prx chat \"Why is the sky blue?\"\n"
      "  git diff | prx chat \"Write a commit message for this change\"\n"
      "  prx chat --model openai/gpt-4o --temperature 0.2 --system \"Be brief\" \"What is RAII?\"\n"
      "  prx chat --param top_p=0.9 --param 'stop=[\"END\"]' \"Count to ten\"\n"
      "  prx chat --json \"Hello\" | jq -r .text\n"
      "  prx chat --tool now=date \"What day is it?\"\n\n" +
      std::string(exit_codes_help());
  return help;
}

void declare_chat(Arguments& arguments, ChatOptions& options) {
  arguments.words(options.prompt);
  declare_overrides(arguments, options.overrides);
  declare_no_fallback(arguments, options.overrides);
  arguments.text("--system", options.system, "TEXT", "System message");
  declare_request(arguments, options.request);
  declare_tools(arguments, options.tools);
  arguments.text("--timeout", options.timeout, "DURATION",
                 "Longest time for all of it, stdin included: 30s, 2m");
  arguments.flag("--no-stream", options.no_stream, "Ask for the whole answer at once");
  arguments.flag("--reasoning", options.reasoning, "Print the model's reasoning to stderr");
  arguments.flag("--json", options.json, "Print one JSON object, also on failure");
  arguments.flag("--trace", options.trace, "Print each attempt to stderr as it ends");
  arguments.flag("--warmup", options.warm_up,
                 "Verify the key beside the call; the log says how it went");
  arguments.flag("--no-history", options.no_history, "Keep no history of a conversation's lines");
  arguments.flag("-q,--quiet", options.quiet, "Leave out the lines about the answer and its tools");
}

Message question_about(std::string prompt, std::vector<Part> attachments) {
  if (attachments.empty()) return Message::user(std::move(prompt));
  Message message;
  message.parts = std::move(attachments);
  message.parts.insert(message.parts.begin(), Part::of_text(std::move(prompt)));
  return message;
}

Result<PreparedChat> prepare_settings(const ChatOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  PreparedChat prepared;
  PRX_TRY(check_overrides(options.overrides));
  if (options.system && !json::is_utf8(*options.system))
    return bad_chat_option("--system: the text is not UTF-8");
  if (options.timeout) {
    const auto timeout = parse_duration(*options.timeout);
    if (!timeout) return bad_chat_option("--timeout: " + timeout.error().message);
    prepared.timeout = *timeout;
    prepared.until = begin + *timeout;
  }
  PRX_TRY(apply_request(options.request, prepared.until, prepared.request));
  PRX_TRY_SET(prepared.tools,
              read_tools(options.tools, options.request.parameters, prepared.until));
  prepared.request.tool_choice = options.tools.choice.value_or("");
  prepared.request.model = model_of(options.overrides).value_or("");  // over a target's own too
  prepared.many_choices = asks_for_many(options.request.parameters);
  return prepared;
}

Result<PreparedChat> prepare_chat(const ChatOptions& options, int stdin_fd) {
  PRX_TRY_SET(PreparedChat prepared, prepare_settings(options));
  if (options.request.takes_stdin() && prompt_parts(options.prompt).asks_stdin)
    return bad_chat_option(
        "stdin is an attachment already; give the prompt as an argument instead of -");
  const int prompt_fd = options.request.takes_stdin() ? -1 : stdin_fd;
  PRX_TRY_SET(std::string prompt, read_prompt(options.prompt, prompt_fd, prepared.until));
  PRX_TRY_SET(auto parts, read_attachments(options.request, stdin_fd, prepared.until));
  auto& messages = prepared.request.messages;
  if (options.system) messages.push_back(Message::system(*options.system));
  messages.push_back(question_about(std::move(prompt), std::move(parts)));
  return prepared;
}

}  // namespace prx::cli
