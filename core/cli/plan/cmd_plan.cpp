// prx plan
#include "cli/commands.hpp"
#include "cli/configuration.hpp"
#include "cli/duration.hpp"
#include "cli/exit_codes.hpp"
#include "cli/json_writer.hpp"
#include "cli/output.hpp"
#include "cli/plan/plan_needs.hpp"
#include "cli/plan/plan_play.hpp"
#include "cli/plan/plan_settings.hpp"
#include "client/chain_plan.hpp"
#include "config/duration.hpp"

namespace prx::cli {
namespace {

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

std::string described(const PlanLine& line) {
  return visible_line(line.name) + " = " + visible_line(line.value);
}

/// Two owners of failover: what each of them waits and spends adds up.
std::vector<std::string> warnings_of(const driver::PlannedChain& chain) {
  std::vector<std::string> out;
  if (chain.targets.size() < 2) return out;
  for (const driver::PlannedTarget& target : chain.targets)
    if (target.server_falls_back)
      out.push_back("target " + std::to_string(target.place + 1) + " (" + target.plan.name +
                    ") has a `models` list in extra_body, so its server falls back by itself "
                    "before this chain does; leave one of the two out");
  return out;
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
        "With --tools, --vision, --structured and --context it is the plan of a request that "
        "needs them:\n"
        "targets whose models are known not to have it are skipped, as a chat skips them (prx "
        "models fetches\n"
        "the lists that say so).\n\n"
        "A fault is TARGET=FAULT: a provider's name, which means all its targets, or a place in "
        "the chain\n"
        "(1, 2, ...), and, as prx sim names it,\n"
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
        "  prx plan --fail openrouter=cut@40,openai=503:times=2\n"
        "  prx plan --no-keys --fail openai=auth\n"
        "  prx plan --tools --context 100000\n\n"
        "Exit codes: 0; with --fail that of the call that was played; 2 usage, 3 configuration.\n"};
  }
  void declare(Arguments& arguments) override {
    declare_overrides(arguments, overrides_);
    arguments.list("--fail", faults_, "TARGET=FAULT", "Play the chain with this fault; repeatable",
                   {Values::Kind::kFault, {}});
    declare_no_fallback(arguments, overrides_);
    arguments.flag("--no-keys", no_keys_,
                   "As if every target had its key; no key's file is read, no command run");
    arguments.text("--timeout", timeout_, "DURATION",
                   "The deadline, as prx chat --timeout sets it");
    arguments.flag("--no-stream", no_stream_, "Play a call that does not stream");
    declare_needs(arguments, needs_);
    arguments.flag("--json", json_, "Print one JSON object");
  }
  int run(const GlobalOptions& globals) override {
    if (const auto checked = check_overrides(overrides_); !checked)
      return refuse(checked.error(), json_);
    const auto timeout = read_timeout();
    if (!timeout) return refuse(timeout.error(), json_);
    if (const auto checked = check_needs(needs_); !checked) return refuse(checked.error(), json_);
    const Keys keys = no_keys_ ? Keys::kLeave : Keys::kRead;
    auto loaded = load_config(globals, overrides_, keys);
    if (!loaded) return configuration_failure(loaded.error());
    auto config = with_notes(std::move(*loaded));
    if (!config) return configuration_failure(config.error());
    driver::ChainQuestion question;
    const std::string model = model_of(overrides_).value_or("");
    question.model = model;  // as a chat asks for it
    auto chain = driver::plan_chain(*config, question);
    if (!chain) return configuration_failure(chain.error());
    if (no_keys_) {
      assume_keys(*chain);
      forget_keys(*config);
    }
    if (*timeout) set_deadline(*config, *chain, **timeout);
    print_warnings(*config);
    for (const std::string& text : warnings_of(*chain)) warning(text);
    skipped_ = unmet_needs(*chain, needs_, process_environment());
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

  std::string plan_text(const Config& config, const driver::PlannedChain& chain) const {
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
      else if (skipped_[i])
        text += "     skipped: " + visible_line(skipped_[i]->message) + '\n';
    }
    std::vector<std::vector<std::string>> rows;
    for (const PlanLine& line : policy_lines(config, chain))
      rows.push_back({"  " + described(line), "# " + visible_line(line.origin)});
    for (std::size_t i = 0; i < chain.targets.size(); ++i)
      for (const PlanLine& line : clock_lines(config, chain, i))
        rows.push_back({"  " + std::to_string(chain.targets[i].place + 1) + ". " + described(line),
                        "# " + visible_line(line.origin)});
    return text + "settings\n" + table_text(rows);
  }

  static void add_lines(JsonWriter& json, std::string_view key,
                        const std::vector<PlanLine>& lines) {
    json.key(key).begin_array();
    for (const PlanLine& line : lines) {
      json.begin_object();
      json.key("name").string(line.name).key("value").string(line.value);
      json.key("origin").string(line.origin);
      json.end_object();
    }
    json.end_array();
  }

  std::string plan_json(const Config& config, const driver::PlannedChain& chain) const {
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
      json.key("skipped").string_or_null(skipped_[i] ? skipped_[i]->message : "");
      add_lines(json, "settings", clock_lines(config, chain, i));
      json.end_object();
    }
    json.end_array();
    add_lines(json, "settings", policy_lines(config, chain));
    json.key("warnings").begin_array();
    for (const std::string& text : warnings_of(chain)) json.string(text);
    json.end_array();
    json.end_object();
    return json.text() + "\n";
  }

  // --- the rehearsal

  /// As a call: who has no key is not asked, and then who cannot serve it.
  [[nodiscard]] PlayedChain asked_targets(driver::PlannedChain& chain) {
    if (played_chain(chain).targets.empty() && assume_keys(chain))  // it sends nothing
      message("no target has a key; rehearsed as if each had one");
    for (std::size_t i = 0; i < chain.targets.size(); ++i) {
      if (!skipped_[i] || !chain.targets[i].left_out.empty()) continue;
      chain.targets[i].left_out = skipped_[i]->message;
      if (!first_skipped_) first_skipped_ = skipped_[i];
    }
    return played_chain(chain);
  }

  int play(driver::PlannedChain& chain) {
    PlayedChain played = asked_targets(chain);
    if (played.targets.empty() && first_skipped_) {
      message(first_skipped_->message);
      return kExitUsage;  // of a request that nobody is asked
    }
    if (played.targets.empty())
      return configuration_failure(
          fail(ErrorClass::kInvalidRequest,
               "the chain has no usable target: " + chain.targets.front().left_out)
              .error());
    played.plan.stream = !no_stream_;
    const auto acts = read_faults(chain, played, faults_);
    if (!acts) return refuse(acts.error(), json_);
    const auto rehearsal = reliability::rehearse(played.plan, *acts);
    const int printed = print(json_ ? timeline_json(played, rehearsal) : timeline_text(rehearsal));
    if (printed != kExitOk || rehearsal.answered) return printed;
    return exit_code(rehearsal.error.error_class);
  }

  Overrides overrides_;
  std::vector<std::string> faults_;
  std::optional<std::string> timeout_;
  bool no_keys_ = false, no_stream_ = false, json_ = false;
  PlanNeeds needs_;
  std::vector<std::optional<Error>> skipped_;  ///< one for each target
  std::optional<Error> first_skipped_;         ///< of those that were to be asked
};

}  // namespace

std::unique_ptr<Command> make_plan() { return std::make_unique<Plan>(); }

}  // namespace prx::cli
