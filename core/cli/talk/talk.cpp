#include "cli/talk/talk.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "cli/chat/chat_failure.hpp"
#include "cli/chat/conversation_file.hpp"
#include "cli/chat/run_json.hpp"
#include "cli/chat/run_printer.hpp"
#include "cli/exit_codes.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "cli/status_line.hpp"
#include "cli/talk/line_editor.hpp"
#include "cli/talk/talk_command.hpp"
#include "cli/tools/tool_command_run.hpp"
#include "prx/client.hpp"
#include "prx/conversation.hpp"
#include "prx/sdk/json_edit.hpp"
#include "prx/tool_box.hpp"
#include "prx/version.hpp"

namespace prx::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// $XDG_STATE_HOME/prx/history, "" when there is no home.
std::filesystem::path history_file() {
  const auto variable = process_environment();
  if (const auto state = variable("XDG_STATE_HOME"); state && state->starts_with('/'))
    return std::filesystem::path(*state) / "prx/history";
  const auto home = variable("HOME");
  if (!home || home->empty()) return {};
  return std::filesystem::path(*home) / ".local/state/prx/history";
}

/// The configuration calls what overrides it a flag; here a command did.
std::string as_command(std::string text) {
  constexpr std::string_view kFlag = "flag --";
  return text.starts_with(kFlag) ? text.replace(0, kFlag.size(), "/") : text;
}

/// Warnings that are not said again.
class Told {
 public:
  void set(std::vector<std::string> warnings) {
    const std::lock_guard lock(mutex_);
    warnings_ = std::move(warnings);
  }
  [[nodiscard]] bool has(std::string_view line) {
    const std::lock_guard lock(mutex_);
    return std::find(warnings_.begin(), warnings_.end(), line) != warnings_.end();
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> warnings_;
};

class Talk {
 public:
  Talk(const GlobalOptions& globals, const ChatOptions& options, PreparedChat prepared)
      : globals_(globals),
        options_(options),
        overrides_(options.overrides),
        prepared_(std::move(prepared)),
        tracing_(options.trace) {
    if (options.system) talk_.messages.push_back(Message::system(*options.system));
    patience_.stop_fd = interrupt_.stop_fd();
  }

  int run() {
    if (const int code = open(); code != kExitOk) return code;
    auto attachments = read_attachments(options_.request, -1, {});
    if (!attachments) return fail_with(attachments.error());
    attached_ = std::move(*attachments);
    auto editor = LineEditor::open(editor_options());
    if (!editor) return fail_with(editor.error());
    if (!options_.quiet) greet();
    while (!leaving_) {
      const LineEditor::Entry entry = (*editor)->read("> ");
      // A Ctrl-C before the terminal was the editor's came as a signal, and left the line too.
      const bool is_interrupted = interrupt_.signal() == SIGINT;
      if (entry.end == LineEditor::End::kClosed && !is_interrupted) break;
      if (entry.end == LineEditor::End::kLine) take(entry);
      if (entry.end == LineEditor::End::kCancelled || is_interrupted) say("^C\n");
      if (!interrupt_.forget()) break;
    }
    is_lost_ = write_all(STDOUT_FILENO, "\n", patience_) == EIO || is_lost_;
    const int code = interrupt_.exit_code();
    return is_lost_ && code == 0 ? kExitHungUp : code;  // the signal may come later, or be ignored
  }

 private:
  // --- the beginning

  int open() {
    if (!prepared_.tools.empty()) {
      auto consent = ToolConsent::open(options_.tools.yes);
      if (!consent) return fail_with(consent.error());
      world_.consent = std::move(*consent);
    }
    auto config = load_config(globals_, overrides_);
    if (!config) return fail_with(config.error(), kExitConfiguration);
    auto client = Client::open(std::move(*config), client_options());
    if (!client) return fail_with(client.error(), kExitConfiguration);
    client_ = std::move(*client);
    interrupt_.expect({held_text(*client_->config())});
    world_.commands = prepared_.tools;
    world_.environment = environment_without_keys(*client_->config());
    auto box = tool_box(world_);
    if (!box) return fail_with(box.error());
    tools_ = std::move(*box);
    return kExitOk;
  }

  static int fail_with(const Error& error, int code = kExitUsage) {
    message(error.message);
    return code;
  }

  [[nodiscard]] ClientOptions client_options() {
    ClientOptions options;
    options.log = [told = told_](LogLevel level, std::string_view line) {
      if (level != LogLevel::kWarn) return message(line);
      if (!told->has(line)) warning(line);
    };
    return options;
  }

  /// What was said of the old configuration is not said again of the next.
  [[nodiscard]] Result<void> reload(Config config) {
    told_->set(client_->config()->warnings);
    auto done = client_->reload(std::move(config));
    told_->set({});
    return done;
  }

  [[nodiscard]] LineEditorOptions editor_options() const {
    LineEditorOptions options;
    if (!options_.no_history) options.history = history_file();
    options.stop_fd = interrupt_.stop_fd();
    for (const TalkVerbInfo& info : talk_verbs()) options.words.emplace_back(info.name);
    return options;
  }

  void greet() const {
    note("prx " + std::string(kVersion) + " | " + who() +
         " | /help shows the commands, Ctrl-D leaves");
  }

  /// Whom the next question goes to.
  [[nodiscard]] std::string who() const {
    const auto config = client_->config();
    const std::string& name = config->first_provider();
    std::string model = model_of(overrides_).value_or("");
    const auto* chain = config->find_chain(config->chain);
    if (model.empty() && chain != nullptr) model = chain->targets.front().model_in_use;
    std::string text = (model.empty() ? "no model" : model) + " of " + name;
    const std::size_t more = chain != nullptr ? chain->targets.size() - 1 : 0;
    if (more > 0) text += ", then " + std::to_string(more) + (more == 1 ? " other" : " others");
    return text;
  }

  // --- entries

  void take(const LineEditor::Entry& entry) {
    if (!json::is_utf8(entry.text)) return message("the question is not UTF-8");
    const auto command = read_talk_command(entry);
    if (!command) return message(command.error().message);
    if (*command) return obey(**command);
    std::string question = question_of(entry);
    if (question.find_first_not_of(" \t\n") == std::string::npos) return;
    failed_.reset();
    talk_.messages.push_back(question_about(std::move(question), std::exchange(attached_, {})));
    ask();
  }

  void obey(const TalkCommand& command) {
    const std::string& argument = command.argument;
    switch (command.verb) {
      case TalkVerb::kModel:
        return change(&Overrides::model, argument);
      case TalkVerb::kProvider:
        return change(&Overrides::provider, argument);
      case TalkVerb::kChain:
        return change(&Overrides::chain, argument);
      case TalkVerb::kSystem:
        return set_system(argument);
      case TalkVerb::kImage:
        return attach(Part::Type::kImage, argument, "/image");
      case TalkVerb::kAudio:
        return attach(Part::Type::kAudio, argument, "/audio");
      case TalkVerb::kFile:
        return attach(Part::Type::kFile, argument, "/file");
      case TalkVerb::kTools:
        return show_tools(argument);
      case TalkVerb::kRetry:
        return retry();
      case TalkVerb::kClear:
        return clear();
      case TalkVerb::kSave:
        return save(argument);
      case TalkVerb::kLoad:
        return load(argument);
      case TalkVerb::kUsage:
        return show_usage();
      case TalkVerb::kTrace:
        return show_trace(argument);
      case TalkVerb::kHelp:
        return say(talk_help());
      case TalkVerb::kQuit:
        leaving_ = true;
    }
  }

  void say(std::string_view text) const {
    VisibleText visible;
    static_cast<void>(write_all(STDOUT_FILENO, visible.feed(text) + visible.finish(), patience_));
  }

  // --- whom to ask

  /// Puts the configuration in force as the flag of that name would have; the old one stays when
  /// there is something wrong.
  void change(std::optional<std::string> Overrides::*member, const std::string& value) {
    if (value.empty()) return note(who());
    Overrides wanted = overrides_;
    if (member == &Overrides::chain) wanted = {};
    if (member == &Overrides::provider) wanted.chain.reset(), wanted.model.reset();
    wanted.*member = value;
    wanted.no_fallback = overrides_.no_fallback;
    if (const auto good = check_overrides(wanted, kTalkWording); !good)
      return message(good.error().message);
    auto config = load_config(globals_, wanted);
    if (!config) return message(as_command(config.error().message));
    if (const auto done = reload(std::move(*config)); !done)
      return message(as_command(done.error().message));
    overrides_ = std::move(wanted);
    interrupt_.expect({held_text(*client_->config())});
    keep_keys_from_tools();
    note(who());
  }

  /// What is a key in the configuration in force, or was one before, no tool is told.
  void keep_keys_from_tools() {
    const auto allowed = environment_without_keys(*client_->config());
    std::erase_if(world_.environment, [&](const std::string& setting) {
      return std::find(allowed.begin(), allowed.end(), setting) == allowed.end();
    });
  }

  // --- what is asked

  void set_system(const std::string& text) {
    auto& messages = talk_.messages;
    const bool there = !messages.empty() && messages.front().role == Message::Role::kSystem;
    if (text.empty()) return note(there ? messages.front().text : "no system message");
    if (there) messages.erase(messages.begin());
    if (text == "-") return note(there ? "the system message is taken away" : "no system message");
    messages.insert(messages.begin(), Message::system(text));
    note("the system message is set");
  }

  void attach(Part::Type type, const std::string& what, const std::string& command) {
    auto part = read_attachment(type, what, command);
    if (!part) return message(part.error().message);
    attached_.push_back(std::move(*part));
    note("attached to the next question: " + what);
  }

  void retry() {
    if (failed_)
      talk_.messages.push_back(std::move(*std::exchange(failed_, std::nullopt)));
    else if (!talk_.retry())
      return message("there is no question to ask again");
    ask();
  }

  void clear() {
    std::vector<Message> begin;
    if (!talk_.messages.empty() && talk_.messages.front().role == Message::Role::kSystem)
      begin.push_back(std::move(talk_.messages.front()));
    talk_ = {};
    failed_.reset();
    talk_.messages = std::move(begin);
    attached_.clear();
    note("a new conversation");
  }

  void show_tools(const std::string& argument) {
    if (prepared_.tools.empty()) return note("no tools; start with --tool NAME=COMMAND");
    if (argument == "on" || argument == "off") tools_on_ = argument == "on";
    if (!argument.empty() && argument != "on" && argument != "off")
      return message("write /tools on or /tools off");
    for (const ToolCommand& tool : prepared_.tools) note(tool.tool.name + " = " + tool.command);
    note(tools_on_ ? "the model may call them" : "they are off");
  }

  // --- files

  void save(const std::string& file) {
    auto saved = save_conversation(talk_, file, file == file_ ? file_text_ : std::nullopt);
    if (!saved) return message("/save: " + saved.error().message);
    file_ = file;
    file_text_ = std::move(*saved);
    note("saved: " + file);
  }

  void load(const std::string& file) {
    auto loaded = load_conversation(file);
    if (!loaded) return message("/load: " + loaded.error().message);
    const Conversation& conversation = loaded->conversation;
    const auto body = conversation.request().body();
    if (!body && !conversation.messages.empty())  // nobody could be asked about it
      return message("/load: " + file + ": " + body.error().message);
    talk_ = std::move(loaded->conversation);
    failed_.reset();
    file_ = file;
    file_text_ = std::move(loaded->text);
    note(std::to_string(talk_.messages.size()) + " messages loaded");
  }

  // --- what was

  void show_usage() const {
    const ConversationUsage& usage = talk_.usage;
    std::string text = std::to_string(usage.calls) + (usage.calls == 1 ? " call | " : " calls | ");
    text += std::to_string(usage.prompt_tokens) + " tokens in, " +
            std::to_string(usage.completion_tokens) + " out";
    if (usage.reasoning_tokens > 0)
      text += " (" + std::to_string(usage.reasoning_tokens) + " reasoning)";
    if (usage.cached_tokens > 0) text += ", " + std::to_string(usage.cached_tokens) + " cached";
    note(text + " | " + format_cost_in_all(usage.cost));
  }

  void show_trace(const std::string& argument) {
    if (argument == "on" || argument == "off") {
      tracing_ = argument == "on";
      return note(tracing_ ? "each attempt is shown" : "attempts are not shown");
    }
    if (!argument.empty()) return message("write /trace, /trace on or /trace off");
    if (attempts_.empty()) return note("nobody was asked yet");
    int number = 0;
    for (const Attempt& attempt : attempts_) note(trace_line(attempt, ++number));
  }

  // --- asking

  void ask() {
    RunPrinter printer({true, patience_, false}, interrupt_.token());
    const Clock::time_point start = Clock::now();
    const RunResult result =
        client_->run(talk_, tools_on_ ? tools_ : ToolBox(), run_options(printer));
    const auto total = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
    if (!printer.finish() && printer.error() != ECANCELED) return leave_lost();
    if (!result) return explain(result.error());
    const ChatResponse& answer = result->answer();
    attempts_ = answer.attempts;
    if (answer.text.empty() && !answer.refusal.empty())
      message("the model refused: " + answer.refusal);
    if (!options_.quiet)
      note(status_line(answer, {printer.first_token(), total}) +
           run_summary(result->rounds, usage_of(result->rounds)));
  }

  /// Nobody sees the terminal any more.
  void leave_lost() { leaving_ = is_lost_ = true; }

  [[nodiscard]] RunOptions run_options(RunPrinter& printer) {
    RunOptions run;
    run.settings = prepared_.request;
    run.settings.model = model_of(overrides_).value_or("");
    if (!tools_on_) run.settings.tool_choice.clear();  // there is none to choose
    run.call.stream_upstream = !options_.no_stream;
    run.call.deadline = prepared_.timeout;
    if (options_.tools.rounds_max) run.rounds_max = static_cast<int>(*options_.tools.rounds_max);
    run.consent = consent_of(world_);
    run.on_tool = [this](const ToolRun& tool) {  // without tools a model may call one all the same
      const auto held =
          world_.consent ? world_.consent->hold_terminal() : std::unique_lock<std::mutex>();
      note(tool_line(tool));
    };
    printer.attach(run, tracing_);
    return run;
  }

  /// What was said before it broke stays, so that the next question can speak of it. A question
  /// that got no word is taken back: it would fail again with each one that follows it.
  void explain(const RunError& error) {
    attempts_ = error.attempts;
    auto& messages = talk_.messages;
    if (!error.partial.text.empty()) {
      messages.push_back(Message::assistant(error.partial.text));
    } else if (messages.back().role == Message::Role::kUser) {
      failed_ = std::move(messages.back());
      messages.pop_back();
    }
    if (error.error_class == ErrorClass::kCancelled && interrupt_.signal() != 0)
      note("stopped; /retry asks again");
    else
      message(run_failure(*client_, error, kTalkWording) + "; /retry asks again");
    if (const std::string spent = failed_run_summary(error); !options_.quiet && !spent.empty())
      note(spent);
  }

  Interrupt interrupt_{true};  ///< first: before any other thread
  const GlobalOptions& globals_;
  const ChatOptions& options_;
  Overrides overrides_;
  const PreparedChat prepared_;
  Patience patience_;
  bool tracing_, tools_on_ = true, leaving_ = false, is_lost_ = false;
  ToolWorld world_;
  ToolBox tools_;
  const std::shared_ptr<Told> told_ = std::make_shared<Told>();  // shared with a log left behind
  std::unique_ptr<Client> client_;
  Conversation talk_;
  std::vector<Part> attached_;            ///< to the next question
  std::vector<Attempt> attempts_;         ///< of the last answer
  std::optional<Message> failed_;         ///< the last question, when it got no answer
  std::string file_;                      ///< saved or loaded last
  std::optional<std::string> file_text_;  ///< of file_, as it was then
};

}  // namespace

bool is_talk(const ChatOptions& options) {
  return options.prompt.empty() && !options.json && !options.request.takes_stdin() &&
         is_terminal(STDIN_FILENO) && is_terminal(STDOUT_FILENO);
}

int run_talk(const GlobalOptions& globals, const ChatOptions& options) {
  auto prepared = prepare_settings(options);
  if (!prepared) {
    message(prepared.error().message);
    return kExitUsage;
  }
  return Talk(globals, options, std::move(*prepared)).run();
}

}  // namespace prx::cli
