// prx chat --json: one object, in success and failure.
#include <csignal>

#include "program_fixture.hpp"

namespace prx::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using ChatJson = ProgramTest;

std::vector<std::string> keys(const rapidjson::Value& object) {
  std::vector<std::string> names;
  for (const auto& member : object.GetObject()) names.emplace_back(member.name.GetString());
  return names;
}

void expect_schema(const rapidjson::Value& object) {
  EXPECT_THAT(keys(object),
              ElementsAre("text", "reasoning", "tool_calls", "tool_calls_cut", "finish_reason",
                          "usage", "cost", "model", "provider", "id", "attempts", "error"));
}

TEST_F(ChatJson, HoldsTheAnswerAndNothingElseIsPrinted) {
  simulate();
  const auto result = run({"chat", "--json", "Hello"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  const auto answer = parse_json(result.out);
  expect_schema(answer);
  EXPECT_THAT(answer["text"].GetString(), HasSubstr("Your prompt was: Hello"));
  EXPECT_STREQ(answer["finish_reason"].GetString(), "stop");
  EXPECT_STREQ(answer["model"].GetString(), "anthropic/claude-sonnet-4");
  EXPECT_STREQ(answer["provider"].GetString(), "openrouter");
  EXPECT_THAT(answer["id"].GetString(), HasSubstr("gen-"));
  EXPECT_GT(answer["usage"]["prompt_tokens"].GetInt(), 0);
  EXPECT_GT(answer["usage"]["completion_tokens"].GetInt(), 0);
  EXPECT_GT(answer["usage"]["cost"].GetDouble(), 0.0);
  EXPECT_TRUE(answer["error"].IsNull());
}

TEST_F(ChatJson, TheAttemptTellsHowItWent) {
  simulate();
  const auto answer = parse_json(run({"chat", "--json", "Hello"}).out);
  ASSERT_EQ(answer["attempts"].Size(), 1U);
  const auto& attempt = answer["attempts"][0];
  EXPECT_STREQ(attempt["key_label"].GetString(), "OPENROUTER_API_KEY");
  EXPECT_EQ(attempt["http_status"].GetInt(), 200);
  EXPECT_EQ(attempt["http_version"].GetInt(), 11);
  EXPECT_EQ(attempt["exchanges"].GetInt(), 1);
  EXPECT_GT(attempt["first_token_ms"].GetDouble(), 0.0);
  EXPECT_GE(attempt["total_ms"].GetDouble(), attempt["first_token_ms"].GetDouble());
  EXPECT_TRUE(attempt["error"].IsNull());
}

TEST_F(ChatJson, WithoutStreamingItIsTheSameObject) {
  simulate();
  const auto answer = parse_json(run({"chat", "--json", "--no-stream", "Hello"}).out);
  expect_schema(answer);
  EXPECT_THAT(answer["text"].GetString(), HasSubstr("Your prompt was: Hello"));
}

TEST_F(ChatJson, HoldsToolCalls) {
  simulate();
  const auto result = run(
      {"chat", "--json", "--param",
       R"(tools=[{"type":"function","function":{"name":"add","parameters":{"type":"object"}}}])",
       "Hello"});
  const auto answer = parse_json(result.out);
  ASSERT_EQ(answer["tool_calls"].Size(), 1U);
  EXPECT_THAT(keys(answer["tool_calls"][0]), ElementsAre("id", "name", "arguments"));
  EXPECT_STREQ(answer["tool_calls"][0]["name"].GetString(), "add");
  EXPECT_STREQ(answer["finish_reason"].GetString(), "tool_calls");
}

TEST_F(ChatJson, HoldsReasoning) {
  simulate();
  const auto answer =
      parse_json(run({"chat", "--json", "--param", "reasoning={\"enabled\":true}", "Hello"}).out);
  EXPECT_THAT(answer["reasoning"].GetString(), HasSubstr("A simulator does not think"));
  EXPECT_GT(answer["usage"]["reasoning_tokens"].GetInt(), 0);
}

TEST_F(ChatJson, ARefusedCallHasItsErrorWithTheRemedy) {
  simulate();
  const auto result = run({"chat", "--json", "--model", "sim/429?retry_after=90", "Hello"});
  EXPECT_EQ(result.exit_code, 5);
  const auto answer = parse_json(result.out);
  expect_schema(answer);
  const auto& error = answer["error"];
  EXPECT_THAT(keys(error), ElementsAre("class", "message", "http_status", "provider_code",
                                       "retry_after_ms", "phase"));
  EXPECT_STREQ(error["class"].GetString(), "rate_limit");
  EXPECT_EQ(error["http_status"].GetInt(), 429);
  EXPECT_EQ(error["retry_after_ms"].GetInt(), 90'000);
  EXPECT_THAT(error["message"].GetString(), HasSubstr("try again in 90 s"));
  EXPECT_EQ(answer["attempts"].Size(), 1U);
  EXPECT_THAT(result.err, HasSubstr("prx: "));
}

TEST_F(ChatJson, ABrokenAnswerHasWhatWasDelivered) {
  simulate();
  const auto result = run({"chat", "--json", "--model", "sim/cut?after=3", "Hello"});
  EXPECT_EQ(result.exit_code, 8);
  const auto answer = parse_json(result.out);
  expect_schema(answer);
  EXPECT_STREQ(answer["text"].GetString(), "This is a");
  EXPECT_STREQ(answer["error"]["class"].GetString(), "bad_response");
  EXPECT_TRUE(answer["finish_reason"].IsNull());
}

TEST_F(ChatJson, AUsageErrorIsAnObjectToo) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"chat", "--json"},
                                             {"chat", "--json", "--nope", "Hello"},
                                             {"chat", "--param", "x", "--json", "Hello"},
                                             {"chat", "Hello", "--max-tokens", "many", "--json"},
                                             {"chat", "--log-level", "loud", "--json", "Hello"}}) {
    const auto result = run(arguments);
    EXPECT_EQ(result.exit_code, 2);
    const auto answer = parse_json(result.out);
    expect_schema(answer);
    EXPECT_STREQ(answer["error"]["class"].GetString(), "invalid_request");
    EXPECT_EQ(answer["attempts"].Size(), 0U);
  }
}

TEST_F(ChatJson, AConfigurationErrorIsAnObjectToo) {
  const std::string file = configure("[default]\nmodle = \"x\"\n");
  const auto result = run({"chat", "--json", "Hello"});
  EXPECT_EQ(result.exit_code, 3);
  const auto answer = parse_json(result.out);
  expect_schema(answer);
  EXPECT_THAT(answer["error"]["message"].GetString(), HasSubstr(file + ":2:"));
}

TEST_F(ChatJson, AMissingKeyIsAnObjectToo) {
  environment.erase("OPENROUTER_API_KEY");
  const auto result = run({"chat", "--json", "Hello"});
  EXPECT_EQ(result.exit_code, 4);
  const auto answer = parse_json(result.out);
  expect_schema(answer);
  EXPECT_STREQ(answer["error"]["class"].GetString(), "auth");
  EXPECT_THAT(answer["error"]["message"].GetString(), HasSubstr("https://openrouter.ai/keys"));
}

TEST_F(ChatJson, AnInterruptIsAnObjectToo) {
  simulate();
  test::Process process(program({"chat", "--json", "--model", "sim/silence", "Hello"}));
  ASSERT_TRUE(
      simulator().wait_for([](const sim::Stats& stats) { return stats.requests == 1; }, kPatience));
  process.send_signal(SIGINT);
  const auto result = end(process);
  EXPECT_EQ(result.exit_code, 130);
  const auto answer = parse_json(result.out);
  expect_schema(answer);
  EXPECT_STREQ(answer["error"]["class"].GetString(), "cancelled");
}

}  // namespace
}  // namespace prx::cli
