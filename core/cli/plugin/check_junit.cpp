// The report of `prx plugin check` as JUnit XML, as CI systems read it.
#include <cstdio>

#include "cli/json_writer.hpp"
#include "cli/plugin/check_report.hpp"

namespace prx::cli {
namespace {

using check::Outcome;

/// Text for content and attributes. UTF-8 is repaired; what is no character of XML 1.0 becomes
/// U+FFFD too.
std::string xml_text(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  const std::string good = repaired_utf8(text);
  std::string out;
  for (std::size_t i = 0; i < good.size(); ++i) {
    const auto byte = static_cast<unsigned char>(good[i]);
    const std::string_view three = std::string_view(good).substr(i, 3);
    if (three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF") {  // U+FFFE and U+FFFF
      out += kReplacement;
      i += 2;
    } else if (byte == '\n' || byte == '\t') {
      out += byte == '\n' ? "&#10;" : "&#9;";
    } else if (byte < 0x20) {
      out += kReplacement;
    } else if (byte == '&' || byte == '<' || byte == '>' || byte == '"') {
      out += byte == '&' ? "&amp;" : byte == '<' ? "&lt;" : byte == '>' ? "&gt;" : "&quot;";
    } else {
      out += good[i];
    }
  }
  return out;
}

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + xml_text(value) + "\"";
}

std::string seconds(std::chrono::milliseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(time.count()) / 1000.0);
  return text;
}

std::string failure(const CheckRun& run, const Outcome& outcome) {
  std::string text;
  for (const check::Finding& finding : outcome.findings) {
    text += "expected: " + finding.expected + "\nhappened: " + finding.happened + "\n";
    if (!finding.at.empty()) text += "at: " + finding.at + "\n";
  }
  text += "contract: " + std::string(outcome.rule.source) +
          "\nreplay: " + replay_command(run, outcome.rule) + "\n";
  return "    <failure" + attribute("message", outcome.rule.claim) +
         attribute("type", outcome.rule.id) + ">" + xml_text(text) + "</failure>\n";
}

std::string test_case(const CheckRun& run, const Outcome& outcome) {
  const std::string_view id = outcome.rule.id;
  std::string text = "  <testcase" + attribute("classname", id.substr(0, id.find('.'))) +
                     attribute("name", id) + attribute("time", seconds(outcome.took)) + ">\n";
  if (outcome.state == Outcome::State::kFailed)
    text += failure(run, outcome);
  else if (outcome.state != Outcome::State::kPassed)
    text += "    <skipped" + attribute("message", outcome.reason) + "/>\n";
  if (outcome.state == Outcome::State::kFailed && !outcome.output.empty())
    text += "    <system-out>" + xml_text(outcome.output) + "</system-out>\n";
  return text + "  </testcase>\n";
}

}  // namespace

std::string report_junit(const CheckRun& run, std::span<const Outcome> outcomes) {
  std::size_t failures = 0, skipped = 0;
  std::chrono::milliseconds time{0};
  std::string cases;
  for (const Outcome& outcome : outcomes) {
    const bool is_failed = outcome.state == Outcome::State::kFailed;
    failures += is_failed ? 1 : 0;
    skipped += !is_failed && outcome.state != Outcome::State::kPassed ? 1 : 0;
    time += outcome.took;
    cases += test_case(run, outcome);
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite" +
         attribute("name", "prx plugin check " + run.file) +
         attribute("tests", std::to_string(outcomes.size())) +
         attribute("failures", std::to_string(failures)) + attribute("errors", "0") +
         attribute("skipped", std::to_string(skipped)) + attribute("time", seconds(time)) + ">\n" +
         "  <properties><property name=\"seed\"" + attribute("value", std::to_string(run.seed)) +
         "/></properties>\n" + cases + "</testsuite>\n";
}

}  // namespace prx::cli
