// prx plan
#include <algorithm>

#include "client/chain_plan.hpp"
#include "commands.hpp"
#include "config/did_you_mean.hpp"
#include "config/duration.hpp"
#include "config/sections.hpp"
#include "configuration.hpp"
#include "duration.hpp"
#include "exit_codes.hpp"
#include "json_writer.hpp"
#include "output.hpp"
#include "plan_faults.hpp"
#include "reliability/rehearsal.hpp"

namespace prx::cli {
namespace {

/// One effective setting of the chain.
struct Line {
  std::string name, value, origin;
};

std::string text_of(const std::optional<Milliseconds>& time) {
  return time ? config::to_text(*time) : "off";
}

std::string text_of(const std::optional<std::vector<ErrorClass>>& classes) {
  if (!classes) return "by the table of the guide";
  std::string text;
  for (const ErrorClass one : *classes)
    text += (text.empty() ? "" : ", ") + std::string(to_string(one));
  return text.empty() ? "none" : text;
}

std::string number_text(double number) {
  JsonWriter json;
  return json.number(number).text();
}

/// Finds where a value comes from: the first of the paths that was set.
class Origins {
 public:
  explicit Origins(const Config& config) : config_(config) {}

  [[nodiscard]] std::string of(const std::vector<std::string>& paths) const {
    for (const std::string& path : paths)
      for (const Setting& setting : config_.settings)
        if (setting.path == path) return setting.origin;
    return "default";
  }

 private:
  const Config& config_;
};

std::vector<Line> policy_lines(const Config& config, const driver::PlannedChain& chain) {
  const ReliabilityConfig& policy = *chain.policy;
  std::vector<Line> lines = {
      {"retries", std::to_string(policy.retries), ""},
      {"attempts_max", std::to_string(policy.attempts_max), ""},
      {"deadline", text_of(policy.deadline), ""},
      {"backoff_base", config::to_text(policy.backoff_base), ""},
      {"backoff_max", config::to_text(policy.backoff_max), ""},
      {"retry_after_max", config::to_text(policy.retry_after_max), ""},
      {"wait_max", config::to_text(policy.wait_max), ""},
      {"finish_grace", config::to_text(policy.finish_grace), ""},
      {"hedge_after", text_of(policy.hedge_after), ""},
      {"hedge_max_share", number_text(policy.hedge_max_share), ""},
      {"breaker_failures", std::to_string(policy.breaker_failures), ""},
      {"breaker_failure_rate", number_text(policy.breaker_failure_rate), ""},
      {"retry_budget", number_text(policy.retry_budget), ""},
      {"recovery", std::string(config::recovery_name(policy.recovery)), ""},
      {"hold", config::to_text(policy.hold), ""},
      {"hold_tokens", std::to_string(policy.hold_tokens), ""},
      {"fallback_on", text_of(policy.fallback_on), ""},
      {"retry_on", text_of(policy.retry_on), ""},
  };
  const Origins origins(config);
  for (Line& line : lines) {
    std::vector<std::string> paths;
    if (chain.chain != nullptr) paths.push_back("chains." + chain.chain->name + '.' + line.name);
    paths.push_back("reliability." + line.name);
    line.origin = origins.of(paths);
  }
  return lines;
}

std::vector<Line> clock_lines(const Config& config, const driver::PlannedChain& chain,
                              std::size_t place) {
  const driver::PlannedTarget& target = chain.targets[place];
  const TimeoutConfig& clocks = target.plan.clocks;
  std::vector<Line> lines = {{"connect_timeout", text_of(clocks.connect), ""},
                             {"head_timeout", text_of(clocks.head), ""},
                             {"non_stream_timeout", text_of(clocks.non_stream), ""},
                             {"first_token_timeout", text_of(clocks.first_token), ""},
                             {"idle_timeout", text_of(clocks.idle), ""},
                             {"progress_timeout", text_of(clocks.progress), ""}};
  const Origins origins(config);
  for (Line& line : lines) {
    std::vector<std::string> paths;
    const std::string chain_path =
        chain.chain != nullptr ? "chains." + chain.chain->name : std::string();
    if (target.target != nullptr)
      paths.push_back(chain_path + ".targets." + std::to_string(target.place + 1) + '.' +
                      line.name);
    paths.push_back("providers." + target.plan.name + '.' + line.name);
    if (chain.chain != nullptr) paths.push_back(chain_path + '.' + line.name);
    paths.push_back("reliability." + line.name);
    line.origin = origins.of(paths);
  }
  return lines;
}

/// --timeout is the deadline of the call, as it is for a chat. `chain` points into `config`.
void set_deadline(Config& config, const driver::PlannedChain& chain, Milliseconds timeout) {
  for (ChainConfig& one : config.chains) {
    if (&one != chain.chain) continue;
    one.policy.deadline = timeout;
    const Setting said{"chains." + one.name + ".deadline", config::to_text(timeout),
                       "flag --timeout"};
    config.settings.insert(config.settings.begin(), said);
  }
}

std::string described(const Line& line) {
  return visible_line(line.name) + " = " + visible_line(line.value);
}

class Plan final : public Command {
 public:
  HelpText help() const override {
    return {
        "prx plan [OPTIONS]",
        "Shows the chain that a call goes by: its targets in order, the model that each is asked "
        "for and\n"
        "why, and every setting with where it comes from. With --fail it plays the chain in "
        "virtual "
        "time\n"
        "against targets that fail as told, and prints the timeline. Sends nothing.\n\n"
        "A fault is TARGET=FAULT: a provider's name, or its place in the chain (1, 2, ...), and, "
        "as prx sim\n"
        "names it,\n"
        "  503  429:retry-after=2     a status, with a Retry-After in seconds\n"
        "  reset  silence             no response head\n"
        "  late-token:ms=20000        a late first token\n"
        "  cut@40  stall@40  malformed@40  the stream breaks after so many of 60 tokens\n"
        "  no-end                     all but the end of the stream\n"
        "or\n"
        "  context_length  auth  ...       a class of errors\n"
        "  differs                         other words than the first target's\n"
        "FAULT:times=2 lasts two attempts, A/B is A and then B. Targets that are not named answer.",
        "Examples:\n"
        "  prx plan\n"
        "  prx plan --chain careful --fail openrouter=429:retry-after=2\n"
        "  prx plan --fail openrouter=cut@40,openai=503:times=2\n\n"
        "Exit codes: 0; with --fail that of the call that was played; 2 usage, 3 configuration.\n"};
  }
  void declare(Arguments& arguments) override {
    declare_overrides(arguments, overrides_);
    arguments.list("--fail", faults_, "TARGET=FAULT", "Play the chain with this fault; repeatable");
    arguments.text("--timeout", timeout_, "DURATION",
                   "The deadline, as prx chat --timeout sets it");
    arguments.flag("--no-stream", no_stream_, "Play a call that does not stream");
    arguments.flag("--json", json_, "Print one JSON object");
  }
  int run(const GlobalOptions& globals) override {
    if (const auto checked = check_overrides(overrides_); !checked)
      return refuse(checked.error(), json_);
    const auto timeout = read_timeout();
    if (!timeout) return refuse(timeout.error(), json_);
    auto loaded = load_config(globals, overrides_);
    if (!loaded) return configuration_failure(loaded.error());
    auto config = with_notes(std::move(*loaded));
    if (!config) return configuration_failure(config.error());
    driver::ChainQuestion question;
    const std::string model = model_of(overrides_).value_or("");
    question.model = model;  // as a chat asks for it
    const auto chain = driver::plan_chain(*config, question);
    if (!chain) return configuration_failure(chain.error());
    if (*timeout) set_deadline(*config, *chain, **timeout);
    print_warnings(*config);
    if (faults_.empty())
      return print(json_ ? plan_json(*config, *chain) : plan_text(*config, *chain));
    return play(*chain);
  }

 private:
  [[nodiscard]] Result<std::optional<Milliseconds>> read_timeout() const {
    if (!timeout_) return std::optional<Milliseconds>();
    const auto timeout = parse_duration(*timeout_);
    if (!timeout) return fail(ErrorClass::kInvalidRequest, "--timeout: " + timeout.error().message);
    return std::optional<Milliseconds>(*timeout);
  }

  // --- the plan

  static std::string plan_text(const Config& config, const driver::PlannedChain& chain) {
    std::string text =
        "chain " + (chain.chain != nullptr ? chain.chain->name : "(one provider)") + '\n';
    for (std::size_t i = 0; i < chain.targets.size(); ++i) {
      const driver::PlannedTarget& target = chain.targets[i];
      text +=
          "  " + std::to_string(target.place + 1) + ". " + visible_line(target.plan.name) + "  " +
          visible_line(target.model.empty() ? "(no model)" : target.model) + "  # model: " +
          visible_line(target.model_origin.empty() ? "nothing says" : target.model_origin) + '\n';
      if (!target.left_out.empty())
        text += "     left out: " + visible_line(target.left_out) + '\n';
    }
    std::vector<std::vector<std::string>> rows;
    for (const Line& line : policy_lines(config, chain))
      rows.push_back({"  " + described(line), "# " + visible_line(line.origin)});
    for (std::size_t i = 0; i < chain.targets.size(); ++i)
      for (const Line& line : clock_lines(config, chain, i))
        rows.push_back({"  " + std::to_string(chain.targets[i].place + 1) + ". " + described(line),
                        "# " + visible_line(line.origin)});
    return text + "settings\n" + table_text(rows);
  }

  static void add_lines(JsonWriter& json, std::string_view key, const std::vector<Line>& lines) {
    json.key(key).begin_array();
    for (const Line& line : lines) {
      json.begin_object();
      json.key("name").string(line.name).key("value").string(line.value);
      json.key("origin").string(line.origin);
      json.end_object();
    }
    json.end_array();
  }

  static std::string plan_json(const Config& config, const driver::PlannedChain& chain) {
    JsonWriter json;
    json.begin_object();
    json.key("chain").string_or_null(chain.chain != nullptr ? chain.chain->name : "");
    json.key("targets").begin_array();
    for (std::size_t i = 0; i < chain.targets.size(); ++i) {
      const driver::PlannedTarget& target = chain.targets[i];
      json.begin_object();
      json.key("place").integer(static_cast<std::int64_t>(target.place) + 1);
      json.key("provider").string(target.plan.name).key("model").string_or_null(target.model);
      json.key("model_origin").string_or_null(target.model_origin);
      json.key("left_out").string_or_null(target.left_out);
      add_lines(json, "settings", clock_lines(config, chain, i));
      json.end_object();
    }
    json.end_array();
    add_lines(json, "settings", policy_lines(config, chain));
    json.end_object();
    return json.text() + "\n";
  }

  // --- the rehearsal

  /// The target that a fault names, by provider or by its number as the plan shows it; an index
  /// into those that can be asked.
  [[nodiscard]] std::optional<std::size_t> find_target(const reliability::Plan& plan,
                                                       std::string_view name) const {
    for (std::size_t i = 0; i < plan.targets.size(); ++i)
      if (plan.targets[i].name == name || std::to_string(places_[i] + 1) == name) return i;
    return std::nullopt;
  }

  static std::vector<std::string_view> names_of(const reliability::Plan& plan) {
    std::vector<std::string_view> names;
    for (const auto& target : plan.targets) names.push_back(target.name);
    return names;
  }

  Result<void> read_fault(const reliability::Plan& plan, std::string_view fault,
                          std::vector<reliability::Acts>& acts) const {
    const auto equals = fault.find('=');
    if (equals == std::string_view::npos)
      return fail(ErrorClass::kInvalidRequest,
                  "--fail '" + std::string(fault) + "' is not TARGET=FAULT; write openrouter=429");
    const auto target = find_target(plan, fault.substr(0, equals));
    if (!target)
      return fail(ErrorClass::kInvalidRequest,
                  "--fail: the chain asks no target '" + std::string(fault.substr(0, equals)) +
                      "'" + config::suggestion(fault.substr(0, equals), names_of(plan)));
    if (!acts[*target].empty())
      return fail(ErrorClass::kInvalidRequest,
                  "--fail names '" + std::string(fault.substr(0, equals)) +
                      "' twice; write A/B for what comes one after the other");
    PRX_TRY_SET(acts[*target], parse_acts(fault.substr(equals + 1)));
    return {};
  }

  Result<std::vector<reliability::Acts>> read_faults(const reliability::Plan& plan) const {
    std::vector<reliability::Acts> acts(plan.targets.size());
    for (const std::string& list : faults_) {
      std::string_view rest = list;
      while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        PRX_TRY(read_fault(plan, rest.substr(0, comma), acts));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
      }
    }
    return acts;
  }

  /// A rehearsal sends nothing: where no target has a key, it goes as if they had.
  void rehearse_without_keys(const driver::PlannedChain& chain, reliability::Plan& plan) {
    for (const auto& target : chain.targets) {
      if (!target.provider->problem.empty() || target.model.empty()) continue;
      plan.targets.push_back(target.plan);
      places_.push_back(target.place);
    }
    if (!plan.targets.empty()) message("no target has a key; rehearsed as if each had one");
  }

  int play(const driver::PlannedChain& chain) {
    reliability::Plan plan;
    plan.policy = *chain.policy;
    plan.stream = !no_stream_;
    for (const auto& target : chain.targets) {
      if (!target.left_out.empty()) continue;
      plan.targets.push_back(target.plan);
      places_.push_back(target.place);
    }
    if (plan.targets.empty()) rehearse_without_keys(chain, plan);
    if (plan.targets.empty())
      return configuration_failure(
          fail(ErrorClass::kInvalidRequest,
               "the chain has no usable target: " + chain.targets.front().left_out)
              .error());
    const auto acts = read_faults(plan);
    if (!acts) return refuse(acts.error(), json_);
    const auto rehearsal = reliability::rehearse(plan, *acts);
    const int printed = print(json_ ? timeline_json(plan, rehearsal) : timeline_text(rehearsal));
    if (printed != kExitOk || rehearsal.answered) return printed;
    return exit_code(rehearsal.error.error_class);
  }

  static std::string timeline_text(const reliability::Rehearsal& rehearsal) {
    std::string text;
    for (const auto& moment : rehearsal.moments) {
      const std::string at = reliability::seconds(moment.at);
      text += std::string(std::max<std::size_t>(10, at.size()) - at.size(), ' ') + at + "  " +
              visible_line(moment.what) + '\n';
    }
    return text + std::to_string(rehearsal.attempts) +
           (rehearsal.attempts == 1 ? " attempt in " : " attempts in ") +
           reliability::seconds(rehearsal.took) + '\n';
  }

  static std::string timeline_json(const reliability::Plan& plan,
                                   const reliability::Rehearsal& rehearsal) {
    JsonWriter json;
    json.begin_object();
    json.key("answered").boolean(rehearsal.answered);
    json.key("served_by")
        .string_or_null(rehearsal.answered ? plan.targets[rehearsal.served_by].name : "");
    json.key("error").string_or_null(rehearsal.answered ? ""
                                                        : to_string(rehearsal.error.error_class));
    json.key("attempts").integer(rehearsal.attempts);
    json.key("took_ms").integer(rehearsal.took.count());
    json.key("moments").begin_array();
    for (const auto& moment : rehearsal.moments) {
      json.begin_object();
      json.key("at_ms").integer(moment.at.count()).key("what").string(moment.what);
      json.end_object();
    }
    json.end_array();
    json.end_object();
    return json.text() + "\n";
  }

  Overrides overrides_;
  std::vector<std::string> faults_;
  std::optional<std::string> timeout_;
  std::vector<std::size_t> places_;  ///< of the targets that can be asked
  bool no_stream_ = false, json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_plan() { return std::make_unique<Plan>(); }

}  // namespace prx::cli
