#include "cli/plugin/check_report.hpp"

#include <algorithm>
#include <array>

#include "cli/json_writer.hpp"
#include "cli/plugin/plugin_text.hpp"
#include "cli/visible.hpp"

namespace prx::cli {
namespace {

using check::Outcome;
using State = check::Outcome::State;

constexpr std::size_t kIdColumn = 32;

std::string_view check_state_name(State state) {
  switch (state) {
    case State::kPassed:
      return "passed";
    case State::kFailed:
      return "failed";
    case State::kNotApplicable:
      return "not_applicable";
    case State::kNotRun:
      break;
  }
  return "not_run";
}

std::size_t count(std::span<const Outcome> outcomes, State state) {
  return static_cast<std::size_t>(
      std::count_if(outcomes.begin(), outcomes.end(),
                    [&](const Outcome& outcome) { return outcome.state == state; }));
}

std::string indented(std::string_view name, std::string_view text) {
  std::string line = "          ";
  line += name;
  line.resize(std::max<std::size_t>(line.size() + 1, 20), ' ');
  return line + visible_line(text) + "\n";
}

/// What a process printed, a line of it on each line.
std::string output_lines(std::string_view output) {
  std::string text;
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    text += indented("output", output.substr(0, end));
    output.remove_prefix(std::min(end + 1, output.size()));
  }
  return text;
}

std::string findings_text(const CheckRun& run, const Outcome& outcome) {
  std::string text;
  for (const check::Finding& finding : outcome.findings) {
    text += indented("expected", finding.expected) + indented("happened", finding.happened);
    if (!finding.at.empty()) text += indented("at", finding.at);
  }
  if (outcome.failed > outcome.findings.size())
    text += indented("and", std::to_string(outcome.failed - outcome.findings.size()) + " more");
  text += indented("contract", outcome.rule.source);
  for (const std::string_view quirk : outcome.rule.quirks)
    text += indented("quirk", "[quirks] " + std::string(quirk) + " declares it");
  text += indented("replay", replay_command(run, outcome.rule));
  return text + output_lines(outcome.output);
}

std::string rules_text(std::size_t number) {
  return std::to_string(number) + (number == 1 ? " rule" : " rules");
}

void write_finding(JsonWriter& json, const check::Finding& finding) {
  json.begin_object();
  json.key("expected").string(finding.expected);
  json.key("happened").string(finding.happened);
  json.key("at").string_or_null(finding.at);
  json.end_object();
}

void write_outcome(JsonWriter& json, const CheckRun& run, const Outcome& outcome) {
  json.begin_object();
  json.key("id").string(outcome.rule.id);
  json.key("claim").string(outcome.rule.claim);
  json.key("source").string(outcome.rule.source);
  json.key("static").boolean(outcome.rule.is_static);
  json.key("quirks").begin_array();
  for (const std::string_view quirk : outcome.rule.quirks) json.string(quirk);
  json.end_array();
  json.key("state").string(check_state_name(outcome.state));
  json.key("reason").string_or_null(outcome.reason);
  json.key("expectations").integer(static_cast<std::int64_t>(outcome.expectations));
  json.key("failed").integer(static_cast<std::int64_t>(outcome.failed));
  json.key("milliseconds").integer(outcome.took.count());
  json.key("findings").begin_array();
  for (const check::Finding& finding : outcome.findings) write_finding(json, finding);
  json.end_array();
  json.key("output").string_or_null(outcome.output);
  json.key("replay").string(replay_command(run, outcome.rule));
  json.end_object();
}

}  // namespace

std::string replay_command(const CheckRun& run, const check::Rule& rule) {
  std::string text = "prx plugin check " + shell_word(run.file);
  if (!run.config.empty()) text += " --config " + shell_word(run.config);
  if (rule.id.starts_with("live.")) text += " --live";
  if (rule.id.starts_with("fuzz.")) text += " --fuzz " + std::to_string(run.fuzz_seconds);
  return text + " --seed " + std::to_string(run.seed) + " --rule " + std::string(rule.id);
}

bool has_failed(std::span<const Outcome> outcomes) {
  return count(outcomes, State::kFailed) + count(outcomes, State::kNotRun) > 0;
}

bool is_pass(const CheckRun& run, std::span<const Outcome> outcomes) {
  return run.complete && !has_failed(outcomes);
}

std::string report_begin(const CheckRun& run) {
  std::string text = visible_line(run.file);
  if (!run.id.empty()) text += ": " + visible_line(run.id + " " + run.version);
  return text + ", seed " + std::to_string(run.seed) + "\n";
}

std::string report_outcome(const CheckRun& run, const Outcome& outcome) {
  std::string line(outcome.rule.id);
  line.resize(std::max(line.size() + 1, kIdColumn), ' ');
  switch (outcome.state) {
    case State::kPassed:
      return "  ok      " + line + std::string(outcome.rule.claim) + "\n";
    case State::kFailed:
      return "  FAILED  " + line + std::string(outcome.rule.claim) + "\n" +
             findings_text(run, outcome);
    case State::kNotApplicable:
      return "  -       " + line + "not applicable: " + visible_line(outcome.reason) + "\n";
    case State::kNotRun:
      break;
  }
  return "  -       " + line + "not run: " + visible_line(outcome.reason) + "\n";
}

std::string report_end(const CheckRun& run, std::span<const Outcome> outcomes) {
  const std::array<std::pair<State, std::string_view>, 4> parts{
      {{State::kPassed, " ok"},
       {State::kFailed, " failed"},
       {State::kNotApplicable, " not applicable"},
       {State::kNotRun, " not run"}}};
  std::string text = rules_text(outcomes.size()) + ":";
  bool first = true;
  for (const auto& [state, words] : parts) {
    const std::size_t number = count(outcomes, state);
    if (number == 0) continue;
    text += (first ? " " : ", ") + std::to_string(number) + std::string(words);
    first = false;
  }
  if (has_failed(outcomes))
    return text + ". The plugin breaks its contract, or its check.toml says wrong or too little.\n";
  if (!run.complete) return text + ". Not all rules were run: this is no pass.\n";
  return text + ". The plugin keeps its contract.\n";
}

std::string report_json(const CheckRun& run, std::span<const Outcome> outcomes) {
  JsonWriter json;
  json.begin_object();
  json.key("file").string(run.file);
  json.key("id").string_or_null(run.id);
  json.key("version").string_or_null(run.version);
  json.key("seed").integer(static_cast<std::int64_t>(run.seed));
  json.key("fuzz_seconds").integer(run.fuzz_seconds);
  json.key("live").boolean(run.live);
  json.key("complete").boolean(run.complete);
  json.key("passed").boolean(is_pass(run, outcomes));
  for (const State state : {State::kFailed, State::kNotApplicable, State::kNotRun})
    json.key(std::string(check_state_name(state)) + "_rules")
        .integer(static_cast<std::int64_t>(count(outcomes, state)));
  json.key("rules").begin_array();
  for (const Outcome& outcome : outcomes) write_outcome(json, run, outcome);
  json.end_array();
  json.end_object();
  return json.text() + "\n";
}

}  // namespace prx::cli
