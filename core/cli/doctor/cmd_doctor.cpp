// prx doctor, prx doctor models
#include <unistd.h>

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/doctor/checks_table.hpp"
#include "cli/doctor/provider.hpp"
#include "cli/doctor/setup.hpp"
#include "cli/doctor/target.hpp"
#include "cli/duration.hpp"
#include "cli/exit_codes.hpp"
#include "cli/output.hpp"
#include "client/found_plugins.hpp"
#include "plugin/operation_names.hpp"
#include "plugin/registry.hpp"

namespace prx::cli {
namespace {

struct DoctorOptions {
  Overrides overrides;
  std::optional<std::string> timeout;
  bool live = false, json = false;
  bool models = false;  ///< prx doctor models: the targets' part, of every chain
};

std::vector<Candidate> plugin_files(const Config& config) {
  auto files = find_plugins(search_options(config.plugins, process_environment()));
  driver::reject_what_will_not_load(config.plugins, files);
  return files;
}

std::vector<PluginInfo> infos_of(const std::vector<Candidate>& files) {
  std::vector<PluginInfo> out;
  for (const Candidate& file : files) out.push_back(file.info);
  return out;
}

/// A note that lists no operation says nothing about them.
bool may_have(const PluginNote& note, std::uint32_t op) {
  const std::string_view operation = operation_name(op);
  return note.operations.empty() || std::find(note.operations.begin(), note.operations.end(),
                                              operation) != note.operations.end();
}

/// One visit: asks in parallel, judges in order.
class Doctor {
 public:
  Doctor(const DoctorOptions& options, std::chrono::milliseconds timeout)
      : options_(options), timeout_(timeout) {}

  Checks examine(const GlobalOptions& globals) {
    auto loaded = load_config(globals, options_.overrides);
    if (!loaded) return failed_configuration(loaded.error());
    auto config = with_notes(*loaded);
    if (!config) return failed_configuration(config.error());
    config_ = std::move(*config);
    files_ = plugin_files(config_);
    if (!options_.models) {
      check_configuration(config_, checks_);
      check_plugins(config_, infos_of(files_), checks_);
    }
    if (auto planned = plan(); !planned) return failed_configuration(planned.error());
    ask(std::move(*loaded));
    judge();
    return std::move(checks_);
  }

 private:
  struct Target {
    std::size_t chain = 0, place = 0;
    std::optional<ChatResult> live;
  };

  Checks failed_configuration(const Error& error) {
    checks_.push_back(split_check(CheckStatus::kFailure, "configuration", "", error.message));
    return std::move(checks_);
  }

  // --- whom to ask

  [[nodiscard]] bool is_wanted(const ChainConfig& chain) const {
    const bool all = options_.models && !options_.overrides.chain && !options_.overrides.provider;
    return all || chain.name == config_.chain;
  }

  Result<void> plan() {
    for (const ChainConfig& chain : config_.chains) {
      if (!is_wanted(chain)) continue;
      driver::ChainQuestion question;
      question.chain = chain.name;
      const std::string model = model_of(options_.overrides).value_or("");
      question.model = model;
      PRX_TRY_SET(auto planned, driver::plan_chain(config_, question));
      chains_.push_back(std::move(planned));
    }
    for (std::size_t i = 0; i < chains_.size(); ++i)
      for (std::size_t place = 0; place < chains_[i].targets.size(); ++place)
        targets_.push_back({i, place, std::nullopt});
    for (const ProviderConfig* const provider : providers_in_order(config_))
      if (!options_.models || is_target(provider->name))
        answers_.emplace_back().provider = provider->name;
    return {};
  }

  [[nodiscard]] const driver::PlannedTarget& planned(const Target& target) const {
    return chains_[target.chain].targets[target.place];
  }

  [[nodiscard]] bool is_target(const std::string& provider) const {
    return std::any_of(targets_.begin(), targets_.end(), [&](const Target& target) {
      return planned(target).provider->name == provider;
    });
  }

  // --- asking

  void ask(Config loaded) {
    ClientOptions client_options;
    client_options.warm_up = false;
    client_options.one_shot = true;
    client_options.log = [](LogLevel, std::string_view) {};  // every warning is a row
    loaded.reliability.retries = 0;                          // one question is one call
    auto client = Client::open(std::move(loaded), std::move(client_options));
    if (!client) {
      if (!is_told(checks_, client.error().message) && !names_a_problem(client.error()))
        checks_.push_back(split_check(CheckStatus::kFailure, "plugin", config_.first_provider(),
                                      client.error().message));
      return;
    }
    opened_ = true;
    in_parallel(answers_.size(), [&](std::size_t i) { ask_one(**client, answers_[i]); });
    if (options_.live)
      in_parallel(targets_.size(), [&](std::size_t i) { call_one(**client, targets_[i]); });
  }

  /// A row of its own says it.
  [[nodiscard]] bool names_a_problem(const Error& error) const {
    return std::any_of(config_.providers.begin(), config_.providers.end(),
                       [&](const ProviderConfig& provider) {
                         return !provider.problem.empty() &&
                                error.message.find(provider.problem) != std::string::npos;
                       });
  }

  /// The file that serves it; nullptr: none that loads.
  [[nodiscard]] const Candidate* file_of(const ProviderConfig& provider) const {
    const auto file = std::find_if(files_.begin(), files_.end(), [&](const Candidate& one) {
      return one.info.state == PluginState::kUsable && one.note.id == provider.plugin_id;
    });
    return file == files_.end() ? nullptr : &*file;
  }

  void ask_one(Client& client, ProviderAnswers& answers) const {
    const ProviderConfig& provider = *config_.find_provider(answers.provider);
    const Candidate* const file = file_of(provider);
    if (file == nullptr && !options_.models) return;  // a row of its own says why
    Questions questions;
    questions.has_health = file == nullptr || may_have(file->note, PRX_OP_HEALTH);
    questions.has_models = file == nullptr || may_have(file->note, PRX_OP_MODELS);
    questions.timeout = timeout_;
    questions.keys = !options_.models;
    questions.models = is_target(answers.provider);
    answers = ask_provider(client, provider, questions);
  }

  void call_one(Client& client, Target& target) const {
    if (!planned(target).left_out.empty() || is_silent(target)) return;
    if (is_rejected(answers_of(target))) return;  // a limit of one endpoint says little of another
    target.live = call_target(client, planned(target), timeout_);
  }

  [[nodiscard]] const ProviderAnswers& answers_of(const Target& target) const {
    const std::string& name = planned(target).provider->name;
    return *std::find_if(answers_.begin(), answers_.end(),
                         [&](const ProviderAnswers& one) { return one.provider == name; });
  }

  /// Its provider was not reached, or not asked.
  [[nodiscard]] bool is_silent(const Target& target) const {
    return !options_.models && !answers_of(target).catalog;
  }

  /// Its provider's rows say why nothing is known.
  [[nodiscard]] bool is_unanswered(const Target& target) const {
    if (options_.models || target.live) return false;
    const ProviderAnswers& answers = answers_of(target);
    return !answers.catalog || (!*answers.catalog && is_refused(answers));
  }

  // --- judging

  void judge() {
    if (!options_.models) {
      for (const ProviderAnswers& answers : answers_) {
        check_missing_key(config_, *config_.find_provider(answers.provider), checks_);
        judge_provider(config_, answers, checks_);
      }
    }
    for (const Target& target : targets_)
      if (!is_told_elsewhere(target)) checks_.push_back(judge_target(question_of(target)));
  }

  /// Plugins and keys have rows of their own, unless the targets' are all there is.
  [[nodiscard]] bool is_told_elsewhere(const Target& target) const {
    if (!opened_ && planned(target).left_out.empty()) return true;
    if (options_.models) return false;
    const ProviderConfig& provider = *planned(target).provider;
    const bool no_key = provider.keys.empty() && !provider.key_missing.empty();
    if (!provider.problem.empty() || no_key) return true;
    return planned(target).left_out.empty() && is_unanswered(target);
  }

  [[nodiscard]] TargetQuestion question_of(const Target& target) const {
    const driver::PlannedChain& chain = chains_[target.chain];
    TargetQuestion question;
    question.config = &config_;
    question.chain = &chain;
    question.place = target.place;
    if (const auto& catalog = answers_of(target).catalog) question.catalog = &*catalog;
    question.elsewhere = price_elsewhere(planned(target));
    if (target.place > 0) question.first = facts_of({target.chain, 0, std::nullopt});
    question.live = &target.live;
    return question;
  }

  [[nodiscard]] ListedPrice price_elsewhere(const driver::PlannedTarget& target) const {
    for (const ProviderAnswers& one : answers_) {
      if (one.provider == target.provider->name || !one.catalog || !*one.catalog) continue;
      if (const auto* const facts = find_priced(**one.catalog, *target.provider, target.model))
        return {one.provider, facts};
    }
    return {};
  }

  [[nodiscard]] const ModelFacts* facts_of(const Target& target) const {
    const auto& catalog = answers_of(target).catalog;
    if (!catalog || !*catalog) return nullptr;
    return find_listed(**catalog, *planned(target).provider, planned(target).model);
  }

  const DoctorOptions& options_;
  const std::chrono::milliseconds timeout_;
  Config config_;
  std::vector<Candidate> files_;              ///< of plugins
  std::vector<driver::PlannedChain> chains_;  ///< point into config_
  std::vector<Target> targets_;
  std::vector<ProviderAnswers> answers_;  ///< of each provider that matters
  bool opened_ = false;                   ///< the client, so that somebody could be asked
  Checks checks_;
};

/// What both verbs do.
class DoctorCommand : public Command {
 public:
  explicit DoctorCommand(bool models) { options_.models = models; }

  void declare(Arguments& arguments) override {
    declare_overrides(arguments, options_.overrides);
    arguments.flag("--live", options_.live,
                   "Make one real call of one token to each target; it may cost a little");
    arguments.text("--timeout", options_.timeout, "DURATION", "Limit of each check; 10s");
    arguments.flag("--json", options_.json, "Print one JSON object");
  }

  int run(const GlobalOptions& globals) override {
    if (const auto checked = check_overrides(options_.overrides); !checked)
      return refuse(checked.error(), options_.json);
    Questions defaults;
    std::chrono::milliseconds timeout = defaults.timeout;
    if (options_.timeout) {
      const auto read = parse_duration(*options_.timeout);
      if (!read)
        return refuse(
            fail(ErrorClass::kInvalidRequest, "--timeout: " + read.error().message).error(),
            options_.json);
      timeout = *read;
    }
    const Checks checks = Doctor(options_, timeout).examine(globals);
    const int printed =
        print(options_.json ? checks_json(checks)
                            : checks_table(checks, terminal_columns(STDOUT_FILENO)));
    return printed == kExitOk ? checks_exit_code(checks) : printed;
  }

 private:
  DoctorOptions options_;
};

class DoctorAll final : public DoctorCommand {
 public:
  DoctorAll() : DoctorCommand(false) {}
  HelpText help() const override {
    return {
        "prx doctor [OPTIONS]",
        "Looks for what would make calls fail: configuration, plugins, keys, credit and limits,\n"
        "whether each provider answers and how fast, and whether the targets of the chain in "
        "force\n"
        "exist, stay, and can do what the others can. Each row has its remedy. Providers are "
        "asked\n"
        "at the same time, and a key is sent to its own provider alone; one without a key that it\n"
        "needs is not asked. Without --live no model is called.",
        "Examples:\n"
        "  prx doctor\n"
        "  prx doctor --live\n"
        "  prx doctor --json | jq -r '.checks[] | select(.status == \"failure\") | .remedy'\n\n"
        "Exit codes: 0, also with warnings; 1 when a check failed; 2 usage.\n"};
  }
};

class DoctorModels final : public DoctorCommand {
 public:
  DoctorModels() : DoctorCommand(true) {}
  HelpText help() const override {
    return {
        "prx doctor models [OPTIONS]",
        "Looks at the targets of every chain, or of one (--chain): whether the model is listed,\n"
        "when it will be gone, what it can do and what it costs. One row for each target.",
        "Examples:\n"
        "  prx doctor models\n"
        "  prx doctor models --chain careful --live\n\n"
        "Exit codes: 0, also with warnings; 1 when a check failed; 2 usage.\n"};
  }
};

}  // namespace

std::unique_ptr<Command> make_doctor() { return std::make_unique<DoctorAll>(); }
std::unique_ptr<Command> make_doctor_models() { return std::make_unique<DoctorModels>(); }

}  // namespace prx::cli
