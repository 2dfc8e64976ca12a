// The pure parts of --tool: what a person is shown, and what a script is given.
#include "cli/tools/tool_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/chat/run_json.hpp"
#include "cli/tools/tool_command_consent.hpp"

namespace prx::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ToolQuestion, ShowsWhatAModelWroteWithoutItsEscapes) {
  EXPECT_EQ(question_text({"now", "date -u", "{\"a\":\"\x1b[2J\"}"}),
            "The model calls now\n  command:   date -u\n  arguments: {\"a\":\"^[[2J\"}\n"
            "Run it? [y/N/a(ll)] ");
}

TEST(ToolQuestion, SaysHowMuchOfTheArgumentsIsNotShownAndDoesNotOfferToRunThem) {
  const std::string most(ToolConsent::kShownMax, 'x');
  EXPECT_THAT(question_text({"now", "date", most}), Not(HasSubstr("not shown")));
  const std::string text = question_text({"now", "date", most + "yz"});
  EXPECT_THAT(text, HasSubstr("x\n  2 more bytes of arguments are not shown\nShow all of them?"));
  EXPECT_THAT(text, Not(HasSubstr("Run it?")));
  EXPECT_THAT(question_text({"now", "date", most + "yz"}, most.size() + 2),
              HasSubstr("xyz\nRun it? [y/N/a(ll)] "));
}

TEST(ToolQuestion, CutsBetweenCharacters) {
  EXPECT_THAT(question_text({"now", "date", "a\xc3\xa9z"}, 2),
              HasSubstr("arguments: a\n  3 more bytes"));
}

ToolRun a_run(std::string arguments, std::string result, bool failed) {
  return {{"id", "now", std::move(arguments)},
          std::move(result),
          failed,
          std::chrono::microseconds(12'345)};
}

TEST(ToolLine, SaysWhatWasCalledAndWhatCameOfIt) {
  EXPECT_EQ(tool_line(a_run("{}", "12:00\n", false)), "tool now({}): 6 bytes, 12 ms");
  EXPECT_EQ(tool_line(a_run("{}", "error: no", true)), "tool now({}): error: no");
}

TEST(ToolLine, IsShortWhateverAModelWrote) {
  std::string arguments(199, 'x');
  arguments += "\xc3\xa9tc";
  EXPECT_EQ(tool_line(a_run(arguments, "", false)),
            "tool now(" + std::string(199, 'x') + "...): 0 bytes, 12 ms");
}

TEST(RunSummary, IsOfRunsWithSeveralAnswers) {
  std::vector<Round> rounds(1);
  ConversationUsage total;
  EXPECT_EQ(run_summary(rounds, total), "");
  rounds[0].tools = {a_run("{}", "", false)};
  rounds.emplace_back();
  total.cost.dollars = 0.5;
  EXPECT_EQ(run_summary(rounds, total), " | 2 answers, 1 tool call, $0.50 in all");
  rounds[0].tools.push_back(rounds[0].tools[0]);
  total.cost.lower_bound = true;
  EXPECT_EQ(run_summary(rounds, total), " | 2 answers, 2 tool calls, at least $0.50 in all");
  total.cost.dollars = 0;
  EXPECT_EQ(run_summary(rounds, total), " | 2 answers, 2 tool calls, cost in all unknown");
}

TEST(RunSummary, OfARunThatFailedSaysWhatItsAnswersCost) {
  RunError error;
  EXPECT_EQ(failed_run_summary(error), "") << "nothing was answered";
  error.rounds.resize(1);
  error.rounds[0].tools = {a_run("{}", "", false)};
  error.rounds[0].response.attempts.resize(1);
  error.rounds[0].response.attempts[0].cost = 0.5;
  EXPECT_EQ(failed_run_summary(error), "1 answer, 1 tool call, $0.50 in all");
  error.rounds_over = true;
  error.attempts.resize(1);
  error.attempts[0].cost = 0.25;
  EXPECT_EQ(failed_run_summary(error), "2 answers, 1 tool call, $0.75 in all");
}

TEST(RunJson, AddsToTheObjectOfTheAnswer) {
  const std::string json = run_json("{\"text\":\"x\"}\n", {}, {});
  EXPECT_EQ(json,
            "{\"text\":\"x\",\"rounds\":[],\"total\":{\"answers\":0,\"prompt_tokens\":0,"
            "\"completion_tokens\":0,\"reasoning_tokens\":0,\"cached_tokens\":0,"
            "\"cost\":{\"dollars\":0,\"lower_bound\":false,\"estimated\":false}}}\n");
}

}  // namespace
}  // namespace prx::cli
