#include "chat_options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "duration.hpp"
#include "exit_codes.hpp"
#include "prompt.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::cli {
namespace {

Unexpected<Error> usage(std::string text) {
  return fail(ErrorClass::kInvalidRequest, std::move(text));
}

Result<void> check_numbers(const ChatOptions& options) {
  if (options.temperature && !(std::isfinite(*options.temperature) && *options.temperature >= 0))
    return usage("--temperature: write a number of 0 or more, e.g. 0.7");
  if (options.max_tokens && *options.max_tokens < 1)
    return usage("--max-tokens: write a number of 1 or more");
  return {};
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
      "Of several choices (--param n=2) only the first is printed, with --json too.";
  help.epilogue =
      "Examples:\n"
      "  prx chat \"Why is the sky blue?\"\n"
      "  git diff | prx chat \"Write a commit message for this change\"\n"
      "  prx chat --model openai/gpt-4o --temperature 0.2 --system \"Be brief\" \"What is RAII?\"\n"
      "  prx chat --param top_p=0.9 --param 'stop=[\"END\"]' \"Count to ten\"\n"
      "  prx chat --json \"Hello\" | jq -r .text\n\n" +
      std::string(exit_codes_help());
  return help;
}

void declare_chat(Arguments& arguments, ChatOptions& options) {
  arguments.words(options.prompt);
  declare_overrides(arguments, options.overrides);
  declare_no_fallback(arguments, options.overrides);
  arguments.text("--system", options.system, "TEXT", "System message");
  arguments.number("--temperature", options.temperature, "Randomness, usually 0 to 2");
  arguments.integer("--max-tokens", options.max_tokens, "Longest answer, in tokens");
  arguments.list("--param", options.parameters, "NAME=JSON",
                 "Any other member of the request; repeatable");
  arguments.text("--timeout", options.timeout, "DURATION",
                 "Longest time for all of it, stdin included: 30s, 2m");
  arguments.flag("--no-stream", options.no_stream, "Ask for the whole answer at once");
  arguments.flag("--reasoning", options.reasoning, "Print the model's reasoning to stderr");
  arguments.flag("--json", options.json, "Print one JSON object, also on failure");
  arguments.flag("--trace", options.trace, "Print each attempt to stderr as it ends");
  arguments.flag("--warmup", options.warm_up,
                 "Verify the key beside the call; the log says how it went");
  arguments.flag("-q,--quiet", options.quiet, "Leave out the line about the answer");
}

Result<PreparedChat> prepare_chat(const ChatOptions& options, int stdin_fd) {
  const auto begin = std::chrono::steady_clock::now();
  PreparedChat prepared;
  PRX_TRY(check_numbers(options));
  PRX_TRY(check_overrides(options.overrides));
  if (options.system && !json::is_utf8(*options.system))
    return usage("--system: the text is not UTF-8");
  if (options.timeout) {
    const auto timeout = parse_duration(*options.timeout);
    if (!timeout) return usage("--timeout: " + timeout.error().message);
    prepared.timeout = *timeout;
    prepared.until = begin + *timeout;
  }
  ChatRequest& request = prepared.request;
  PRX_TRY_SET(request.extra, parameters_json(options.parameters));
  prepared.many_choices = asks_for_many(options.parameters);
  PRX_TRY_SET(std::string prompt, read_prompt(options.prompt, stdin_fd, prepared.until));
  if (options.system) request.messages.push_back(Message::system(*options.system));
  request.messages.push_back(Message::user(std::move(prompt)));
  request.model = model_of(options.overrides).value_or("");  // also over a chain target's own
  request.temperature = options.temperature;
  request.max_tokens = options.max_tokens;
  return prepared;
}

}  // namespace prx::cli
