#include "prx/tool_box.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/tool_run.hpp"
#include "client/tool_run_loop.hpp"

namespace prx {
namespace {

using ::testing::HasSubstr;

Result<std::string> nothing(const ToolInput&) { return std::string(); }

Tool tool(std::string name, std::string parameters = {}) {
  return {std::move(name), "", std::move(parameters), {}, {}};
}

std::string refusal(ToolBox& box, Tool wrong, ToolFunction function = nothing) {
  const auto added = box.add(std::move(wrong), std::move(function));
  EXPECT_FALSE(added);
  return added ? "" : added.error().message;
}

TEST(ToolBox, FindsWhatWasAddedByItsName) {
  ToolBox box;
  EXPECT_TRUE(box.empty());
  ASSERT_TRUE(box.add(tool("get-weather_2"), nothing));
  EXPECT_FALSE(box.empty());
  ASSERT_NE(box.find("get-weather_2"), nullptr);
  EXPECT_EQ(box.find("get-weather_2")->first.parameters, R"({"type":"object"})");
  EXPECT_EQ(box.find("get-weather"), nullptr);
  EXPECT_EQ(box.tools().size(), 1u);
}

TEST(ToolBox, ARefusedToolIsNamedAndChangesNothing) {
  ToolBox box;
  ASSERT_TRUE(box.add(tool("add"), nothing));
  EXPECT_EQ(refusal(box, tool("a b")),
            "tool 'a b': a tool's name is 1 to 64 of A-Z, a-z, 0-9, _ and -");
  EXPECT_THAT(refusal(box, tool("")), HasSubstr("1 to 64"));
  EXPECT_THAT(refusal(box, tool(std::string(65, 'a'))), HasSubstr("1 to 64"));
  EXPECT_THAT(refusal(box, tool("\xff")), HasSubstr("tool '?'"));
  EXPECT_EQ(refusal(box, tool("add")),
            "tool 'add': is there already; give each tool a name of its own");
  EXPECT_THAT(refusal(box, tool("sub", "{")),
              HasSubstr("tool 'sub': its parameters are not JSON: "));
  EXPECT_THAT(refusal(box, tool("sub", "[]")), HasSubstr("are no JSON object"));
  EXPECT_THAT(refusal(box, tool("sub"), nullptr), HasSubstr("has no function"));
  Tool served = tool("sub");
  served.server_tool = "{}";
  EXPECT_THAT(refusal(box, served), HasSubstr("run by the server"));
  Tool bytes = tool("sub");
  bytes.description = "\xff";
  EXPECT_THAT(refusal(box, bytes), HasSubstr("description is not UTF-8"));
  EXPECT_EQ(box.tools().size(), 1u);
}

TEST(ToolBox, HasALimit) {
  ToolBox box;
  for (std::size_t i = 0; i < ToolBox::kToolsMax; ++i)
    ASSERT_TRUE(box.add(tool("t" + std::to_string(i)), nothing));
  EXPECT_THAT(refusal(box, tool("one_more")), HasSubstr("at most 128"));
}

TEST(ToolArguments, AreOneObjectWithinTheLimits) {
  using driver::arguments_problem;
  EXPECT_FALSE(arguments_problem(" {\"a\":[1]} "));
  EXPECT_THAT(arguments_problem("[1]").value(), HasSubstr("not a JSON object"));
  EXPECT_THAT(arguments_problem("").value(), HasSubstr("not JSON"));
  EXPECT_THAT(arguments_problem("{} {}").value(), HasSubstr("not JSON"));
  const auto nested = [](int levels) {
    return R"({"a":)" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  };
  EXPECT_FALSE(arguments_problem(nested(ToolBox::kDepthMax)));
  EXPECT_THAT(arguments_problem(nested(ToolBox::kDepthMax + 1)).value(), HasSubstr("64 levels"));
  const std::string most = R"({"a":")" + std::string(ToolBox::kArgumentsMax - 8, 'x') + "\"}";
  EXPECT_FALSE(arguments_problem(most));
  EXPECT_THAT(arguments_problem(most + " ").value(), HasSubstr("longer than 1048576 bytes"));
}

TEST(ToolResults, ALongOneIsCutBetweenCharactersAndSaysSo) {
  using driver::tellable;
  const std::string most(ToolBox::kResultMax, 'x');
  EXPECT_EQ(tellable(most), most);
  std::string longer(ToolBox::kResultMax - 1, 'x');
  longer += "\xc3\xa9 and more";
  const std::string cut = tellable(longer).value();
  EXPECT_TRUE(cut.starts_with(longer.substr(0, ToolBox::kResultMax - 1) + "\n[cut here: "))
      << cut.substr(ToolBox::kResultMax - 4);
  EXPECT_EQ(tellable("\xff"), std::nullopt);
}

TEST(ToolCalls, OfOneAnswerHaveIdsOfTheirOwn) {
  const auto calls = driver::with_own_ids(
      {{"call", "a", "{}"}, {"call", "b", "{}"}, {"", "c", "{}"}, {"call_2", "d", "{}"}});
  std::vector<std::string> ids;
  for (const auto& call : calls) ids.push_back(call.id);
  EXPECT_THAT(ids, ::testing::ElementsAre("call", "call_2", "call_3", "call_2_2"));
}

TEST(ToolChoice, AfterTheFirstAnswerNothingDemandsACall) {
  using driver::choice_after_first;
  EXPECT_EQ(choice_after_first(""), "");
  EXPECT_EQ(choice_after_first("auto"), "auto");
  EXPECT_EQ(choice_after_first("none"), "none");
  EXPECT_EQ(choice_after_first("required"), "");
  EXPECT_EQ(choice_after_first("weather"), "");
  EXPECT_EQ(choice_after_first(R"({"type":"function","function":{"name":"weather"}})"), "");
  EXPECT_EQ(choice_after_first(R"({"type":"allowed_tools","allowed_tools":{"mode":"required",)"
                               R"("tools":[{"type":"function","function":{"name":"a"}}]}})"),
            R"({"type":"allowed_tools","allowed_tools":{"mode":"auto",)"
            R"("tools":[{"type":"function","function":{"name":"a"}}]}})");
}

// A round of its own: threads that the system refuses, and more calls than threads.
TEST(ToolRunner, MoreCallsThanThreadsAreAllAnsweredInOrder) {
  ToolBox box;
  ASSERT_TRUE(box.add(tool("echo"), [](const ToolInput& input) -> Result<std::string> {
    return std::string(input.call_id);
  }));
  int told = 0;
  RunOptions options;
  options.parallel_max = 2;
  options.on_tool = [&](const ToolRun&) { ++told; };
  driver::ToolRunner runner(box, options);
  std::vector<ToolCall> calls;
  for (int i = 0; i < 50; ++i) calls.push_back({"id" + std::to_string(i), "echo", "{}"});
  calls.push_back({"odd", "no_such_tool", "{}"});
  const auto round = runner.run(calls, {}, {});
  EXPECT_EQ(round.stopped, driver::ToolsStopped::kNo);
  ASSERT_EQ(round.runs.size(), 51u);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(round.runs[i].result, "id" + std::to_string(i));
  EXPECT_EQ(round.runs[50].result, "error: there is no tool named 'no_such_tool'");
  EXPECT_TRUE(round.runs[50].failed);
  EXPECT_EQ(told, 51);
}

TEST(ToolRunner, AWaitForConsentIsNotTheToolsTime) {
  using Clock = std::chrono::steady_clock;
  ToolBox box;
  ASSERT_TRUE(box.add(tool("quick"), nothing));
  Clock::duration waited{};
  RunOptions options;
  options.consent = [&](const ToolInput&) -> Result<void> {
    const auto begin = Clock::now();
    while (waited < std::chrono::milliseconds(20)) waited = Clock::now() - begin;
    return {};
  };
  driver::ToolRunner runner(box, options);
  const auto begin = Clock::now();
  const auto round = runner.run({{"id", "quick", "{}"}}, {}, {});
  const auto whole = Clock::now() - begin;
  EXPECT_FALSE(round.runs.at(0).failed);
  EXPECT_LE(round.runs[0].took, whole - waited);
}

TEST(ToolCalls, WhoseArgumentsWereRefusedAreSaidAgainWithNone) {
  const auto calls =
      driver::speakable({{"1", "a", " {\"b\": 1}"}, {"2", "a", "[1]"}, {"3", "a", "{\"b\":"}});
  std::vector<std::string> arguments;
  for (const auto& call : calls) arguments.push_back(call.arguments);
  EXPECT_THAT(arguments, ::testing::ElementsAre(" {\"b\": 1}", "{}", "{}"));
}

TEST(ToolCalls, WhoseArgumentsWereRefusedKeepWhatElseAProviderSignedOfThem) {
  const auto calls = driver::speakable(
      {{"1", "a", "[1]",
        R"({"id":"1","type":"function","function":{"name":"a","arguments":"[1]"},"sign":"x"})"}});
  EXPECT_EQ(calls.at(0).json,
            R"({"id":"1","type":"function","function":{"name":"a","arguments":"{}"},"sign":"x"})");
}

}  // namespace
}  // namespace prx
