// The report of `prx plugin check`: text, JSON, JUnit XML.
#include "cli/plugin/check_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prx/sdk/json_edit.hpp"

namespace prx::cli {
namespace {

using check::Finding;
using check::Outcome;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using State = Outcome::State;

CheckRun run_of() {
  CheckRun run;
  run.file = "my acme.so";
  run.id = "acme";
  run.version = "1.0";
  run.config = "region = 'eu'";
  run.seed = 7;
  return run;
}

Outcome outcome(std::string_view id, State state) {
  Outcome made;
  made.rule.id = id;
  made.rule.claim = "It holds.";
  made.rule.source = "prx/plugin.h, start";
  made.state = state;
  made.took = std::chrono::milliseconds(1'500);
  return made;
}

Outcome failed() {
  Outcome made = outcome("start.a", State::kFailed);
  made.findings = {{"an <error> & \"text\"", "done\x01\xff\n]]>", "byte 3"}};
  made.failed = 3;
  made.expectations = 9;
  made.output = "first\nlast \x1b[31m\xEF\xBF\xBE";
  return made;
}

/// Whether a text is one XML element with well-formed tags, attributes and references, and legal
/// characters: as much of XML as the report has.
class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : left_(text) {}

  bool document() {
    (void)take("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    return element() && take("\n") && left_.empty();
  }

 private:
  bool take(std::string_view words) {
    if (!left_.starts_with(words)) return false;
    left_.remove_prefix(words.size());
    return true;
  }
  std::string name() {
    const std::size_t end =
        std::min(left_.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), left_.size());
    std::string word(left_.substr(0, end));
    left_.remove_prefix(end);
    return word;
  }
  bool text(char end) {
    while (!left_.empty() && left_.front() != end) {
      const auto byte = static_cast<unsigned char>(left_.front());
      if (byte == '<' || (byte < 0x20 && byte != '\n')) return false;
      if (byte != '&') {
        left_.remove_prefix(1);
        continue;
      }
      bool known = false;
      for (const char* reference : {"&amp;", "&lt;", "&gt;", "&quot;", "&#10;", "&#9;"})
        known = known || take(reference);
      if (!known) return false;
    }
    return true;
  }
  bool element() {
    if (!take("<")) return false;
    const std::string tag = name();
    while (take(" "))
      if (name().empty() || !take("=\"") || !text('"') || !take("\"")) return false;
    if (take("/>")) return true;
    if (!take(">")) return false;
    while (true) {
      if (!text('<')) return false;
      if (take("</" + tag + ">")) return true;
      if (!element()) return false;
    }
  }
  std::string_view left_;
};

TEST(CheckReport, AFailureSaysWhatWasExpectedWhatHappenedWhereAndHowToReplay) {
  const std::string text = report_outcome(run_of(), failed());
  EXPECT_THAT(text, AllOf(HasSubstr("FAILED  start.a"), HasSubstr("It holds.\n"),
                          HasSubstr("expected  an <error>"), HasSubstr("happened  done"),
                          HasSubstr("at        byte 3\n"), HasSubstr("and       2 more\n"),
                          HasSubstr("contract  prx/plugin.h, start\n")));
  EXPECT_THAT(text, HasSubstr("replay    prx plugin check 'my acme.so' --config 'region = "
                              "'\\''eu'\\''' --seed 7 --rule start.a\n"));
  EXPECT_THAT(text, AllOf(HasSubstr("output    first\n"), HasSubstr("output    last "),
                          Not(HasSubstr("\x1b"))));
}

TEST(CheckReport, ARuleThatIsLiftedByAQuirkNamesIt) {
  Outcome one = failed();
  one.rule.quirks = "imports";
  EXPECT_THAT(report_outcome(run_of(), one), HasSubstr("[quirks] imports declares it"));
}

TEST(CheckReport, WhatDoesNotApplyHasItsReason) {
  Outcome one = outcome("http.a", State::kNotApplicable);
  one.reason = "it sends no HTTP";
  EXPECT_THAT(report_outcome(run_of(), one), HasSubstr("not applicable: it sends no HTTP\n"));
  one.state = State::kNotRun;
  EXPECT_THAT(report_outcome(run_of(), one), HasSubstr("not run: "));
}

TEST(CheckReport, TheReplayOfARuleOfItsOwnHasItsOption) {
  CheckRun run = run_of();
  run.fuzz_seconds = 5;
  EXPECT_THAT(replay_command(run, outcome("fuzz.a", State::kFailed).rule), HasSubstr("--fuzz 5 "));
  EXPECT_THAT(replay_command(run, outcome("live.a", State::kFailed).rule), HasSubstr("--live "));
}

TEST(CheckReport, TheLastLineCountsAndSaysWhetherItIsAPass) {
  const std::vector<Outcome> good{outcome("a.a", State::kPassed),
                                  outcome("a.b", State::kNotApplicable)};
  CheckRun run = run_of();
  EXPECT_EQ(report_end(run, good),
            "2 rules: 1 ok, 1 not applicable. The plugin keeps its contract.\n");
  EXPECT_TRUE(is_pass(run, good));
  run.complete = false;
  EXPECT_THAT(report_end(run, good), HasSubstr("this is no pass"));
  EXPECT_FALSE(is_pass(run, good));
  run.complete = true;
  for (const State state : {State::kFailed, State::kNotRun}) {
    const std::vector<Outcome> bad{outcome("a.a", State::kPassed), outcome("a.b", state)};
    EXPECT_THAT(report_end(run, bad), HasSubstr("breaks its contract"));
    EXPECT_FALSE(is_pass(run, bad));
    EXPECT_TRUE(has_failed(bad));
  }
}

TEST(CheckReport, TheJsonHoldsAllOfIt) {
  const std::string text = report_json(run_of(), std::vector{failed()});
  ASSERT_TRUE(json::validate(text)) << text;
  for (const char* const member :
       {R"("file":"my acme.so")", R"("id":"acme")", R"("seed":7)", R"("complete":true)",
        R"("passed":false)", R"("failed_rules":1)", R"("id":"start.a")", R"("state":"failed")",
        R"("expectations":9)", R"("failed":3)", R"("milliseconds":1500)", R"("at":"byte 3")",
        R"("replay":"prx plugin check )"})
    EXPECT_THAT(text, HasSubstr(member));
}

TEST(CheckReport, TheXmlIsWellFormedWhateverAPluginPrints) {
  Outcome skipped = outcome("a.b", State::kNotApplicable);
  skipped.reason = "<&\">";
  CheckRun run = run_of();
  run.file = "a&b<c>\"d\".so";
  const std::string text =
      report_junit(run, std::vector{outcome("a.a", State::kPassed), failed(), std::move(skipped)});
  EXPECT_TRUE(XmlReader(text).document()) << text;
  EXPECT_THAT(text, AllOf(HasSubstr(R"(tests="3" failures="1" errors="0" skipped="1")"),
                          HasSubstr(R"(classname="start" name="start.a" time="1.500")"),
                          HasSubstr("expected: an &lt;error&gt; &amp;")));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("\x01")), Not(HasSubstr("\x1b")),
                          Not(HasSubstr("\xEF\xBF\xBE")), HasSubstr("done\xEF\xBF\xBD")));
}

TEST(CheckReport, ABrokenXmlWouldBeSeen) {
  for (const char* const text :
       {"<a>\n", "<a>&</a>\n", "<a b=\"<\"/>\n", "<a></b>\n", "<a>\x01</a>\n"})
    EXPECT_FALSE(XmlReader(text).document()) << text;
}

}  // namespace
}  // namespace prx::cli
