// prx chat
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "cli/chat/answer_json.hpp"
#include "cli/chat/answer_printer.hpp"
#include "cli/chat/chat_failure.hpp"
#include "cli/chat/chat_options.hpp"
#include "cli/chat/run_json.hpp"
#include "cli/chat/run_printer.hpp"
#include "cli/chat/trace_lines.hpp"
#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/exit_codes.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "cli/status_line.hpp"
#include "cli/talk/talk.hpp"
#include "cli/tools/tool_command_run.hpp"
#include "prx/client.hpp"
#include "prx/conversation.hpp"
#include "prx/tool_box.hpp"

namespace prx::cli {
namespace {

using Clock = std::chrono::steady_clock;

std::chrono::microseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
}

class Chat final : public Command {
 public:
  HelpText help() const override { return chat_help(); }
  void declare(Arguments& arguments) override { declare_chat(arguments, options_); }

  int run(const GlobalOptions& globals) override {
    if (is_talk(options_)) return run_talk(globals, options_);
    auto prepared = prepare_chat(options_, STDIN_FILENO);
    if (!prepared) return fail_prepare(prepared.error());
    if (!prepared->tools.empty()) {
      auto consent = ToolConsent::open(options_.tools.yes);
      if (!consent) return refuse(consent.error(), options_.json);
      world_.consent = std::move(*consent);
    }
    auto config = load_config(globals, options_.overrides);
    if (!config) return fail_before(config.error(), kExitConfiguration, options_.json);
    Interrupt interrupt(true);  // of commands that a model called
    patience_ = patience_of(*prepared, interrupt);
    interrupt.expect(holder_of(*config, *prepared));
    auto client = open(std::move(*config));
    if (!client) return fail_before(client.error(), kExitConfiguration, options_.json);
    Holder holder = holder_of(*(*client)->config(), *prepared);
    interrupt.expect(holder);
    const int code = ask(**client, *prepared, interrupt);
    holder.late_code = code;  // the client may be held on its way out
    interrupt.expect(std::move(holder));
    return code;
  }

  int refuse(const Error& error, bool json) const override {
    return fail_before(error, kExitUsage, json);
  }

 private:
  /// What was typed is wrong, or stdin did not end in time.
  [[nodiscard]] int fail_prepare(const Error& error) const {
    const bool late = error.error_class == ErrorClass::kTimeout;
    return late ? fail_before(error, exit_code(error.error_class), options_.json)
                : refuse(error, options_.json);
  }

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
    // Who asked for no log gets warnings as this program says them.
    const LogConfig& log = config.log;
    if (log.file.empty() && log.format == "text" && log.level == "warn")
      options.log = [patience = patience_](LogLevel level, std::string_view line) {
        level == LogLevel::kWarn ? warning(line, patience) : message(line, patience);
      };
    return Client::open(std::move(config), std::move(options));
  }

  /// Of the readers of stdout and stderr: an interrupt ends every wait for them, and so does
  /// --timeout. The deadline of the configuration does not: a pager may show an answer for hours.
  static Patience patience_of(const PreparedChat& prepared, const Interrupt& interrupt) {
    Patience patience;
    patience.stop_fd = interrupt.stop_fd();
    patience.until = prepared.until;
    return patience;
  }

  static Holder holder_of(const Config& config, const PreparedChat& prepared) {
    return {held_text(config), prepared.until, exit_code(ErrorClass::kTimeout)};
  }

  CallOptions call_options(const PreparedChat& prepared, const Interrupt& interrupt) const {
    CallOptions call;
    if (prepared.until)  // a deadline that is over asks nobody
      call.deadline = std::max(std::chrono::ceil<Milliseconds>(*prepared.until - Clock::now()),
                               Milliseconds{0});
    call.deadline_shown = prepared.timeout;
    call.stop = interrupt.token();
    call.stream_upstream = !options_.no_stream;
    return call;
  }

  int ask(Client& client, const PreparedChat& prepared, const Interrupt& interrupt) {
    const int code = !prepared.tools.empty() ? ask_with_tools(client, prepared, interrupt)
                     : options_.json         ? ask_json(client, prepared, interrupt)
                                             : ask_text(client, prepared, interrupt);
    if (code == kExitOk && prepared.many_choices)
      message("the request asks for more than one choice; only the first is shown", patience_);
    return code;
  }

  int ask_text(Client& client, const PreparedChat& prepared, const Interrupt& interrupt) {
    const Clock::time_point start = Clock::now();
    AnswerPrinter printer({options_.reasoning, patience_});
    TraceLines trace(&printer, patience_);
    CallOptions call = call_options(prepared, interrupt);
    if (options_.trace) call.on_attempt = trace.hook();
    const std::unique_ptr<Stream> stream = client.stream(prepared.request, call);
    bool writable = true;
    while (const StreamEvent* event = writable ? stream->next() : nullptr)
      writable = printer.take(*event);
    if (!writable) stream->cancel();
    const ChatResult& result = stream->result();
    const CallTimes times{printer.first_token(), since(start)};
    if (!printer.finish()) return fail_output(printer.error(), interrupt);
    trace.tell_rest();
    if (!result) return fail_call(client, result.error(), interrupt);
    say_refusal(*result);
    if (!options_.quiet) message(status_line(*result, times), patience_);
    return kExitOk;
  }

  void say_refusal(const ChatResponse& answer) const {
    if (answer.text.empty() && !answer.refusal.empty())
      message("the model refused: " + answer.refusal, patience_);
  }

  int ask_json(Client& client, const PreparedChat& prepared, const Interrupt& interrupt) {
    TraceLines trace(nullptr, patience_);
    CallOptions call = call_options(prepared, interrupt);
    if (options_.trace) call.on_attempt = trace.hook();
    const ChatResult result = client.chat(prepared.request, call);
    trace.tell_rest();
    const std::string text =
        result ? answer_json(*result)
               : failure_json(result.error(), chat_failure(client, result.error()));
    if (const int error = write_all(STDOUT_FILENO, text, patience_); error != 0)
      return fail_output(error, interrupt);
    return result ? static_cast<int>(kExitOk) : fail_call(client, result.error(), interrupt);
  }

  int ask_with_tools(Client& client, const PreparedChat& prepared, const Interrupt& interrupt) {
    world_.commands = prepared.tools;
    world_.environment = environment_without_keys(*client.config());
    const auto box = tool_box(world_);
    if (!box) return fail_before(box.error(), kExitUsage, options_.json);
    talk_.messages = prepared.request.messages;
    return options_.json ? run_json(client, *box, prepared, interrupt)
                         : run_text(client, *box, prepared, interrupt);
  }

  RunOptions run_options(const PreparedChat& prepared, const Interrupt& interrupt) const {
    RunOptions run;
    run.call = call_options(prepared, interrupt);
    run.settings = prepared.request;
    run.consent = consent_of(world_);
    if (options_.tools.rounds_max) run.rounds_max = static_cast<int>(*options_.tools.rounds_max);
    return run;
  }

  int run_text(Client& client, const ToolBox& box, const PreparedChat& prepared,
               const Interrupt& interrupt) {
    const Clock::time_point start = Clock::now();
    RunPrinter printer({options_.reasoning, patience_, false}, interrupt.token());
    RunOptions run = run_options(prepared, interrupt);
    printer.attach(run, options_.trace);
    if (!options_.quiet)
      run.on_tool = [this](const ToolRun& tool) {
        const auto held = world_.consent->hold_terminal();
        message(tool_line(tool), patience_);
      };
    const RunResult result = client.run(talk_, box, run);
    const CallTimes times{printer.first_token(), since(start)};
    if (!printer.finish()) return fail_output(printer.error(), interrupt);
    if (!result) return fail_run(client, result.error(), interrupt);
    say_refusal(result->answer());
    if (!options_.quiet)
      message(status_line(result->answer(), times) + run_summary(result->rounds, talk_.usage),
              patience_);
    return kExitOk;
  }

  int run_json(Client& client, const ToolBox& box, const PreparedChat& prepared,
               const Interrupt& interrupt) {
    TraceLines trace(nullptr, patience_);
    RunOptions run = run_options(prepared, interrupt);
    if (options_.trace) run.call.on_attempt = trace.hook();
    run.on_answer = [&trace](const ChatResponse&) { trace.tell_rest(); };
    const RunResult result = client.run(talk_, box, run);
    trace.tell_rest();
    const std::string text =
        result ? cli::run_json(answer_json(result->answer()), result->rounds, talk_.usage)
               : cli::run_json(failure_json(result.error(), run_failure(client, result.error())),
                               result.error().rounds, talk_.usage);
    if (const int error = write_all(STDOUT_FILENO, text, patience_); error != 0)
      return fail_output(error, interrupt);
    return result ? static_cast<int>(kExitOk) : fail_run(client, result.error(), interrupt);
  }

  int fail_run(Client& client, const RunError& error, const Interrupt& interrupt) const {
    const int code = fail_with(error, run_failure(client, error), interrupt);
    const std::string spent = failed_run_summary(error);
    if (!options_.quiet && !options_.json && !spent.empty()) message(spent, patience_);
    return code;
  }

  /// stdout took no more; see write_all().
  int fail_output(int error, const Interrupt& interrupt) const {
    if (error == ECANCELED) return interrupt.exit_code();
    if (error != ETIMEDOUT) return output_failure(error);
    message("--timeout is over, and nobody reads the rest of the answer on stdout", patience_);
    return kExitNetwork;
  }

  int fail_call(Client& client, const CallError& error, const Interrupt& interrupt) const {
    return fail_with(error, chat_failure(client, error), interrupt);
  }

  int fail_with(const CallError& error, const std::string& text, const Interrupt& interrupt) const {
    if (error.error_class == ErrorClass::kCancelled && interrupt.signal() != 0)
      return interrupt.exit_code();
    message(text, patience_);
    return exit_code(error);
  }

  ChatOptions options_;
  Patience patience_;
  ToolWorld world_;    ///< of a chat with tools
  Conversation talk_;  ///< the same
};

}  // namespace

std::unique_ptr<Command> make_chat() { return std::make_unique<Chat>(); }

}  // namespace prx::cli
