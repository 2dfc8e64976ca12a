#include "answer_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

namespace prx::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

rapidjson::Document parsed(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  EXPECT_FALSE(document.HasParseError()) << text;
  return document;
}

std::vector<std::string> keys(const rapidjson::Value& object) {
  std::vector<std::string> names;
  for (const auto& member : object.GetObject()) names.emplace_back(member.name.GetString());
  return names;
}

ChatResponse answered() {
  ChatResponse response;
  response.text = "Hi \"you\"";
  response.reasoning = "hm";
  response.tool_calls = {{"call_1", "add", R"({"a":1})"}};
  response.finish_reason = FinishReason::kToolCalls;
  response.usage.prompt_tokens = 3;
  response.usage.cost = 0.5;
  response.model = "m";
  response.provider = "p";
  response.id = "gen-1";
  Attempt attempt;
  attempt.provider = "p";
  attempt.head = 1500us;
  response.attempts = {attempt};
  return response;
}

TEST(AnswerJson, HasExactlyTheDocumentedMembers) {
  const auto document = parsed(answer_json(answered()));
  EXPECT_THAT(keys(document), ElementsAre("text", "reasoning", "tool_calls", "finish_reason",
                                          "usage", "model", "provider", "id", "attempts", "error"));
  EXPECT_THAT(keys(document["usage"]), ElementsAre("prompt_tokens", "completion_tokens",
                                                   "reasoning_tokens", "cached_tokens", "cost"));
  EXPECT_THAT(keys(document["tool_calls"][0]), ElementsAre("id", "name", "arguments"));
}

TEST(AnswerJson, HoldsTheAnswer) {
  const auto document = parsed(answer_json(answered()));
  EXPECT_STREQ(document["text"].GetString(), "Hi \"you\"");
  EXPECT_STREQ(document["tool_calls"][0]["arguments"].GetString(), "{\"a\":1}");
  EXPECT_STREQ(document["finish_reason"].GetString(), "tool_calls");
  EXPECT_EQ(document["usage"]["prompt_tokens"].GetInt(), 3);
  EXPECT_TRUE(document["usage"]["completion_tokens"].IsNull());
  EXPECT_EQ(document["attempts"][0]["head_ms"].GetDouble(), 1.5);
  EXPECT_TRUE(document["attempts"][0]["first_token_ms"].IsNull());
  EXPECT_TRUE(document["error"].IsNull());
}

TEST(AnswerJson, IsOneLine) {
  const std::string text = answer_json(answered());
  EXPECT_EQ(text.find('\n'), text.size() - 1);
}

TEST(FailureJson, HoldsWhatWasDeliveredAndWhy) {
  CallError error;
  error.error_class = ErrorClass::kRateLimit;
  error.message = "too fast";
  error.http_status = 429;
  error.provider_code = "slow_down";
  error.retry_after = 2s;
  error.partial.text = "The be";
  error.attempts.resize(2);
  error.attempts[1].error = error;
  const auto document = parsed(failure_json(error, "too fast; try again in 2 s"));
  EXPECT_STREQ(document["text"].GetString(), "The be");
  EXPECT_TRUE(document["finish_reason"].IsNull());
  EXPECT_TRUE(document["model"].IsNull());
  EXPECT_EQ(document["attempts"].Size(), 2U);
  EXPECT_STREQ(document["attempts"][1]["error"]["message"].GetString(), "too fast");
  const auto& why = document["error"];
  EXPECT_THAT(keys(why),
              ElementsAre("class", "message", "http_status", "provider_code", "retry_after_ms"));
  EXPECT_STREQ(why["class"].GetString(), "rate_limit");
  EXPECT_STREQ(why["message"].GetString(), "too fast; try again in 2 s");
  EXPECT_EQ(why["http_status"].GetInt(), 429);
  EXPECT_STREQ(why["provider_code"].GetString(), "slow_down");
  EXPECT_EQ(why["retry_after_ms"].GetInt(), 2000);
}

TEST(FailureJson, WhatIsUnknownIsNull) {
  const auto document = parsed(failure_json(CallError(Error{}), "x"));
  EXPECT_TRUE(document["error"]["http_status"].IsNull());
  EXPECT_TRUE(document["error"]["provider_code"].IsNull());
  EXPECT_TRUE(document["error"]["retry_after_ms"].IsNull());
}

}  // namespace
}  // namespace prx::cli
