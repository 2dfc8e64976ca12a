// prx plugin check
#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <random>

#include "check/check_file.hpp"
#include "check/host/samples.hpp"
#include "check/runner.hpp"
#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/exit_codes.hpp"
#include "cli/output.hpp"
#include "cli/plugin/check_report.hpp"
#include "cli/plugin/live_rules.hpp"
#include "cli/plugin/plugin_text.hpp"
#include "config/did_you_mean.hpp"
#include "config/text_values.hpp"
#include "os/descriptor.hpp"
#include "os/file.hpp"
#include "plugin/plugins_off.hpp"
#include "plugin/registry.hpp"

namespace prx::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kFuzzSecondsMax = 86'400;
constexpr std::uint64_t kUsualSeed = 1;
constexpr std::uint64_t kSeedMax = INT64_MAX;

/// Signals that end the program, as a descriptor: the rules are started by forks, which want no
/// other thread. Ignored ones stay so. They stay blocked: the program ends soon.
class EndSignals {
 public:
  EndSignals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
      struct sigaction action {};
      ::sigaction(number, nullptr, &action);
      if (action.sa_handler != SIG_IGN) ::sigaddset(&set, number);
    }
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    descriptor_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  /// 128 and the signal that came.
  [[nodiscard]] int exit_code() const {
    signalfd_siginfo info{};
    const auto size = ::read(descriptor_.get(), &info, sizeof info);
    return size == sizeof info ? 128 + static_cast<int>(info.ssi_signo) : kExitInterrupted;
  }

 private:
  os::Descriptor descriptor_;
};

/// What nobody can read, or what is no plugin by its size, says nothing about a plugin.
Result<void> check_readable(const fs::path& file, const std::string& name) {
  const os::Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!opened.is_open())
    return fail(ErrorClass::kPermission, name + ": cannot be read: " + os::reason(errno) +
                                             "; run: chmod u+r " + name +
                                             ", or build or copy it again as yourself");
  struct stat status {};
  if (::fstat(opened.get(), &status) != 0)
    return fail(ErrorClass::kInternal,
                name + ": cannot be looked at: " + os::reason(errno) + "; build it again");
  if (static_cast<std::uintmax_t>(status.st_size) > check::kFileMax)
    return fail(ErrorClass::kBadResponse,
                name + ": has " + std::to_string(status.st_size) + " bytes, and a plugin at most " +
                    std::to_string(check::kFileMax) + "; give the path of the built file");
  return {};
}

/// What the dynamic linker will load: absolute, there, and readable.
Result<fs::path> plugin_file(const std::string& name) {
  if (name.empty())
    return fail(ErrorClass::kNotFound, "the name of the file is empty; give its path");
  std::error_code error;
  const fs::path file = fs::canonical(name, error);
  if (error)
    return fail(ErrorClass::kNotFound,
                visible_line(name) + ": " + error.message() + "; give the path of the built file");
  if (!fs::is_regular_file(file, error))
    return fail(ErrorClass::kNotFound,
                visible_line(name) + " is no regular file; give the path of the built file");
  PRX_TRY(check_trust(fs::absolute(name)));  // as it was given: the links to it too
  PRX_TRY(check_readable(file, visible_line(name)));
  return file;
}

/// A configuration for --live: it asks this plugin, and no other.
std::string live_config(const check::CheckFile& check, const PluginNote& note,
                        const fs::path& file) {
  return "[default]\nprovider = " + config::toml_text(check.provider_name) + "\n" +
         check.provider_toml + "[plugins." + config::toml_text(note.id) +
         "]\npath = " + config::toml_text(file.string()) + "\n";
}

class PluginCheck final : public Command {
 public:
  HelpText help() const override {
    return {"prx plugin check [OPTIONS] FILE",
            "Checks a built plugin against its contract, prx/plugin.h: first the file, then its "
            "code, which is\n"
            "driven by a scripted HTTP service and a clock of its own. Each rule runs in a process "
            "of its own\n"
            "with a time limit. Nothing is sent anywhere, but with --live.\n\n"
            "The user's configuration is not read.",
            "Examples:\n"
            "  prx plugin check build/lib/prx/plugins/acme.so --config check.toml\n"
            "  prx plugin check ./acme.so --config 'region = \"eu\"' --fuzz 60\n"
            "  prx plugin check ./acme.so --seed 7 --rule start.no-event-inside\n\n"
            "Exit codes: 0 every rule holds; 1 one does not; 2 usage, or check.toml is wrong; 3 "
            "the file is\n"
            "missing, cannot be read, or is not trusted. With --rule, 0 says that those rules "
            "hold, and is no pass\n"
            "of the plugin.\n"};
  }

  ConfigOption config_option() const override {
    return {"FILE|TABLE", "The plugin's check.toml, or the keys of its [provider] as TOML"};
  }

  void declare(Arguments& arguments) override {
    arguments.flag("--live", live_, "Also ask the real service, with the keys of the environment");
    arguments.integer("--fuzz", fuzz_, "Also play answers damaged at random, for N seconds");
    arguments.integer("--seed", seed_, "What is random begins with N; a report names its seed");
    arguments.list("--rule", rules_, "ID", "Run this rule alone; repeatable", rule_values());
    arguments.flag("--json", json_, "Print one JSON object");
    arguments.flag("--junit", junit_, "Print JUnit XML");
    arguments.words(words_, {Values::Kind::kFile, {}});
  }

  int run(const GlobalOptions& globals) override {
    if (const auto usable = check_usage(); !usable) return refuse(usable.error(), json_);
    const auto rules = chosen_rules();
    if (!rules) return refuse(rules.error(), json_);
    const auto file = plugin_file(words_.front());
    if (!file) return configuration_failure(file.error());
    if (const auto off = why_plugins_are_off(process_environment()); !off.empty())
      return configuration_failure(fail(ErrorClass::kPermission, off).error());
    auto subject = subject_of(*file, globals);
    if (!subject) return refuse(subject.error(), json_);
    if (const auto usable = check_key(subject->note, *rules); !usable)
      return refuse(usable.error(), json_);
    return check_and_report(*subject, *rules, globals);
  }

 private:
  /// What asks the service needs its key.
  static Result<void> check_key(const PluginNote& note, std::span<const check::Rule> rules) {
    const bool asks = std::any_of(rules.begin(), rules.end(), [](const check::Rule& rule) {
      return rule.id.starts_with("live.");
    });
    if (!asks || note.key_env.empty() || !process_environment()(note.key_env).value_or("").empty())
      return {};
    return fail(ErrorClass::kInvalidRequest,
                "--live asks the service, and its key is not there: set " + note.key_env +
                    "; nothing was run");
  }

  static Values rule_values() {
    Values values{Values::Kind::kChoice, {}};
    for (const auto& table : {check::all_rules(), fuzz_and_live()})
      for (const check::Rule& rule : table) values.choices.emplace_back(rule.id);
    return values;
  }

  static std::vector<check::Rule> fuzz_and_live() {
    const auto fuzz = check::fuzz_rules();
    std::vector<check::Rule> rules(fuzz.begin(), fuzz.end());
    const auto live = live_rules();
    rules.insert(rules.end(), live.begin(), live.end());
    return rules;
  }

  [[nodiscard]] Result<void> check_usage() const {
    const auto wrong = [](std::string text) {
      return fail(ErrorClass::kInvalidRequest, std::move(text));
    };
    if (words_.size() != 1)
      return wrong("give one plugin's file; prx plugin check --help shows examples");
    if (json_ && junit_) return wrong("--json and --junit exclude each other");
    if (fuzz_ && (*fuzz_ < 1 || *fuzz_ > kFuzzSecondsMax))
      return wrong("--fuzz takes 1 to " + std::to_string(kFuzzSecondsMax) + " seconds");
    if (seed_ && *seed_ < 0) return wrong("--seed takes 0 or more");
    return {};
  }

  /// The rules that the options ask for: all, or those that are named.
  [[nodiscard]] Result<std::vector<check::Rule>> chosen_rules() {
    std::vector<check::Rule> all = check::all_rules();
    const auto add = [&](std::span<const check::Rule> more) {
      all.insert(all.end(), more.begin(), more.end());
    };
    if (fuzz_) add(check::fuzz_rules());
    if (live_) add(live_rules());
    for (const std::string& id : rules_) PRX_TRY(check_rule(all, id));
    if (rules_.empty()) return all;
    std::erase_if(all, [&](const check::Rule& rule) {
      return std::find(rules_.begin(), rules_.end(), rule.id) == rules_.end();
    });
    return all;
  }

  static Result<void> check_rule(std::span<const check::Rule> all, const std::string& id) {
    std::vector<std::string_view> ids;
    for (const check::Rule& rule : all) ids.push_back(rule.id);
    if (std::find(ids.begin(), ids.end(), id) != ids.end()) return {};
    for (const check::Rule& rule : fuzz_and_live())
      if (rule.id == id)
        return fail(ErrorClass::kInvalidRequest,
                    "--rule " + id + " needs " + (id.starts_with("live.") ? "--live" : "--fuzz"));
    return fail(ErrorClass::kInvalidRequest,
                "no rule is called '" + visible_line(id) + "'" + config::suggestion(id, ids));
  }

  [[nodiscard]] Result<check::Subject> subject_of(const fs::path& file,
                                                  const GlobalOptions& globals) const {
    check::Subject subject;
    subject.file = file;
    if (auto note = probe(file)) subject.note = std::move(*note);
    check::CheckText text;
    if (globals.config) {
      PRX_TRY_SET(text, check::check_text(*globals.config));
    }
    PRX_TRY_SET(auto check, check::read_check_file(text, subject.note, process_environment()));
    subject.live_toml = live_config(check, subject.note, file);
    subject.live_provider = check.provider_name;
    subject.live_folder = text.folder;
    subject.config_json = std::move(check.config_json);
    subject.base_url = std::move(check.base_url);
    subject.model = std::move(check.model);
    subject.request_json = std::move(check.request_json);
    subject.quirks = std::move(check.quirks);
    subject.samples =
        check.samples.empty() ? check::chat_completions_samples() : std::move(check.samples);
    subject.fuzz = std::chrono::seconds(fuzz_.value_or(0));
    return subject;
  }

  [[nodiscard]] CheckRun run_of(const check::Subject& subject, const GlobalOptions& globals) const {
    CheckRun run;
    run.file = words_.front();
    run.id = subject.note.id;
    run.version = subject.note.version;
    run.config = globals.config.value_or("");
    run.fuzz_seconds = fuzz_.value_or(0);
    run.live = live_;
    run.complete = rules_.empty();
    run.seed = seed_ ? static_cast<std::uint64_t>(*seed_) : kUsualSeed;
    if (fuzz_ && !seed_)  // each run looks elsewhere
      run.seed = (std::uint64_t{std::random_device()()} << 32 | std::random_device()()) & kSeedMax;
    return run;
  }

  [[nodiscard]] int check_and_report(const check::Subject& subject,
                                     std::span<const check::Rule> rules,
                                     const GlobalOptions& globals) const {
    const EndSignals signals;
    const CheckRun run = run_of(subject, globals);
    check::RunOptions options;
    options.seed = run.seed;
    options.stop_fd = signals.descriptor();
    int written = kExitOk;
    const auto say = [&](const std::string& text) {
      if (written == kExitOk) written = print(text);
    };
    const bool is_text = !json_ && !junit_;
    if (is_text) {
      say(report_begin(run));
      options.told = [&](const check::Outcome& outcome) { say(report_outcome(run, outcome)); };
    }
    const auto outcomes = check::run_rules(subject, rules, options);
    if (!outcomes) return ended(outcomes.error(), signals);
    say(json_    ? report_json(run, *outcomes)
        : junit_ ? report_junit(run, *outcomes)
                 : report_end(run, *outcomes));
    if (written != kExitOk) return written;
    return has_failed(*outcomes) ? kExitUnwell : kExitOk;
  }

  [[nodiscard]] static int ended(const Error& error, const EndSignals& signals) {
    if (error.error_class == ErrorClass::kCancelled) return signals.exit_code();
    message(error.message);
    return kExitBroken;
  }

  bool live_ = false, json_ = false, junit_ = false;
  std::optional<std::int64_t> fuzz_, seed_;
  std::vector<std::string> rules_, words_;
};

}  // namespace

std::unique_ptr<Command> make_plugin_check() { return std::make_unique<PluginCheck>(); }

}  // namespace prx::cli
