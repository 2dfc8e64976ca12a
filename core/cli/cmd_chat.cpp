// prx chat
#include <unistd.h>

#include <chrono>

#include "answer_json.hpp"
#include "chat_options.hpp"
#include "commands.hpp"
#include "configuration.hpp"
#include "exit_codes.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "prx/client.hpp"
#include "status_line.hpp"

namespace prx::cli {
namespace {

using Clock = std::chrono::steady_clock;

std::chrono::microseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
}

/// Prints the events of one answer as they come.
class AnswerPrinter {
 public:
  explicit AnswerPrinter(bool reasoning)
      : answer_(STDOUT_FILENO, is_terminal(STDOUT_FILENO)),
        reasoning_(STDERR_FILENO, true),
        shows_reasoning_(reasoning),
        dims_(is_terminal(STDERR_FILENO)) {}

  /// False when stdout failed.
  bool take(const StreamEvent& event) {
    switch (event.type) {
      case StreamEvent::Type::kText:
        return take_text(event.text);
      case StreamEvent::Type::kReasoning:
        take_reasoning(event.text);
        return true;
      case StreamEvent::Type::kToolCall:
        take_tool_call(event);
        return true;
      case StreamEvent::Type::kRestart:
        end_reasoning();
        return true;
      default:
        return true;
    }
  }

  bool finish() {
    end_reasoning();
    return answer_.finish();
  }

  [[nodiscard]] int error() const { return answer_.error(); }
  [[nodiscard]] const std::optional<std::chrono::microseconds>& first_token() const {
    return first_token_;
  }

 private:
  void mark() {
    if (!first_token_) first_token_ = since(start_);
  }

  bool take_text(std::string_view text) {
    mark();
    end_reasoning();
    return answer_.write(text);
  }

  void take_reasoning(std::string_view text) {
    mark();
    if (!shows_reasoning_) return;
    if (!in_reasoning_ && dims_) put_raw("\x1b[2m");
    in_reasoning_ = true;
    reasoning_.write(text);
  }

  void end_reasoning() {
    if (!in_reasoning_) return;
    in_reasoning_ = false;
    reasoning_.finish();
    if (dims_) put_raw("\x1b[22m");
  }

  void take_tool_call(const StreamEvent& event) {
    mark();
    end_reasoning();
    message("the model calls " + std::string(event.name) + "(" + std::string(event.text) + ")");
  }

  static void put_raw(std::string_view text) { static_cast<void>(write_all(STDERR_FILENO, text)); }

  const Clock::time_point start_ = Clock::now();
  AnswerWriter answer_;
  AnswerWriter reasoning_;
  const bool shows_reasoning_;
  const bool dims_;
  bool in_reasoning_ = false;
  std::optional<std::chrono::microseconds> first_token_;
};

class Chat final : public Command {
 public:
  HelpText help() const override { return chat_help(); }
  void declare(Arguments& arguments) override { declare_chat(arguments, options_); }

  int run(const GlobalOptions& globals) override {
    auto prepared = prepare_chat(options_, STDIN_FILENO);
    if (!prepared) return refuse(prepared.error(), options_.json);
    auto config = load_config(globals, {options_.provider, options_.model});
    if (!config) return fail_before(config.error(), kExitConfiguration, options_.json);
    const Interrupt interrupt;
    auto client = open(std::move(*config));
    if (!client) return fail_before(client.error(), kExitConfiguration, options_.json);
    return ask(**client, *prepared, interrupt);
  }

  int refuse(const Error& error, bool json) const override {
    return fail_before(error, kExitUsage, json);
  }

 private:
  /// A failure before anything was asked.
  static int fail_before(const Error& error, int code, bool json) {
    message(error.message);
    if (json) static_cast<void>(print(failure_json(CallError(error), error.message)));
    return code;
  }

  Result<std::unique_ptr<Client>> open(Config config) const {
    ClientOptions options;
    options.warm_up = options_.warm_up;
    options.one_shot = true;
    return Client::open(std::move(config), std::move(options));
  }

  CallOptions call_options(const PreparedChat& prepared, const Interrupt& interrupt) {
    CallOptions call;
    call.deadline = prepared.deadline;
    call.stop = interrupt.token();
    call.stream_upstream = !options_.no_stream;
    // On the loop: a stderr that nobody reads would hold it up, which is what --trace asks for.
    if (options_.trace)
      call.on_attempt = [this](const Attempt& attempt) { note(trace_line(attempt, ++attempts_)); };
    return call;
  }

  int ask(Client& client, const PreparedChat& prepared, const Interrupt& interrupt) {
    const CallOptions call = call_options(prepared, interrupt);
    return options_.json ? ask_json(client, prepared.request, call, interrupt)
                         : ask_text(client, prepared.request, call, interrupt);
  }

  int ask_text(Client& client, const ChatRequest& request, const CallOptions& call,
               const Interrupt& interrupt) {
    const Clock::time_point start = Clock::now();
    AnswerPrinter printer(options_.reasoning);
    const std::unique_ptr<Stream> stream = client.stream(request, call);
    bool writable = true;
    while (const StreamEvent* event = writable ? stream->next() : nullptr)
      writable = printer.take(*event);
    if (!writable) stream->cancel();
    const ChatResult& result = stream->result();
    const CallTimes times{printer.first_token(), since(start)};
    if (!printer.finish()) return output_failure(printer.error());
    if (!result) return fail_call(client, result.error(), interrupt);
    if (result->text.empty() && !result->refusal.empty())
      message("the model refused: " + result->refusal);
    if (!options_.quiet) message(status_line(*result, times));
    return kExitOk;
  }

  int ask_json(Client& client, const ChatRequest& request, const CallOptions& call,
               const Interrupt& interrupt) {
    const ChatResult result = client.chat(request, call);
    if (result) return print(answer_json(*result));
    const int printed = print(failure_json(result.error(), explanation(client, result.error())));
    return printed == kExitOk ? fail_call(client, result.error(), interrupt) : printed;
  }

  static std::string explanation(const Client& client, const CallError& error) {
    const bool tried = !error.attempts.empty();
    const std::string& name =
        tried ? error.attempts.back().provider : client.config().first_provider();
    const std::string label = tried ? error.attempts.back().key_label : "";
    return explain(error, provider_facts(client.config(), client.plugins(), name, label));
  }

  static int fail_call(const Client& client, const CallError& error, const Interrupt& interrupt) {
    if (error.error_class == ErrorClass::kCancelled && interrupt.signal() != 0)
      return interrupt.exit_code();
    message(explanation(client, error));
    return exit_code(error.error_class);
  }

  ChatOptions options_;
  int attempts_ = 0;  ///< counted on the loop
};

}  // namespace

std::unique_ptr<Command> make_chat() { return std::make_unique<Chat>(); }

}  // namespace prx::cli
