#include "cli/chat/answer_json.hpp"

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
  EXPECT_THAT(keys(document),
              ElementsAre("text", "reasoning", "tool_calls", "tool_calls_cut", "finish_reason",
                          "usage", "cost", "model", "provider", "id", "attempts", "error"));
  EXPECT_THAT(keys(document["usage"]),
              ElementsAre("prompt_tokens", "completion_tokens", "total_tokens", "reasoning_tokens",
                          "cached_tokens", "cache_write_tokens", "cost"));
  EXPECT_THAT(keys(document["cost"]), ElementsAre("dollars", "lower_bound", "estimated"));
  EXPECT_THAT(keys(document["attempts"][0]),
              ElementsAre("provider", "model", "key_label", "reason", "wait_ms", "connected_ms",
                          "head_ms", "first_token_ms", "total_ms", "http_status", "http_version",
                          "connection_reused", "exchanges", "bytes", "id", "served_model",
                          "served_by", "usage", "cost", "cost_estimated", "error"));
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

TEST(AnswerJson, SaysThatACostIsAnEstimate) {
  ChatResponse response = answered();
  response.attempts[0].cost = 0.5;
  EXPECT_FALSE(parsed(answer_json(response))["cost"]["estimated"].GetBool());
  response.attempts[0].cost_estimated = true;
  const auto document = parsed(answer_json(response));
  EXPECT_TRUE(document["cost"]["estimated"].GetBool());
  EXPECT_TRUE(document["attempts"][0]["cost_estimated"].GetBool());
}

TEST(AnswerJson, AnAttemptHasEverythingOfTheTrail) {
  ChatResponse response = answered();
  Attempt& attempt = response.attempts[0];
  attempt.model = "asked";
  attempt.key_label = "KEY_2";
  attempt.reason = "next key";
  attempt.wait = 2500us;
  attempt.connected = 1ms;
  attempt.first_token = 7ms;
  attempt.total = 9ms;
  attempt.http_status = 200;
  attempt.http_version = 20;
  attempt.connection_reused = true;
  attempt.exchanges = 1;
  attempt.bytes = 1'234;
  attempt.generation_id = "gen-2";
  attempt.served_model = "served";
  attempt.served_by = "Anthropic";
  attempt.usage.total_tokens = 5;
  attempt.usage.cache_write_tokens = 4;
  attempt.cost = 0.5;
  const auto document = parsed(answer_json(response));
  const auto& written = document["attempts"][0];
  EXPECT_STREQ(written["reason"].GetString(), "next key");
  EXPECT_STREQ(written["key_label"].GetString(), "KEY_2");
  EXPECT_EQ(written["wait_ms"].GetDouble(), 2.5);
  EXPECT_EQ(written["connected_ms"].GetDouble(), 1.0);
  EXPECT_EQ(written["first_token_ms"].GetDouble(), 7.0);
  EXPECT_EQ(written["total_ms"].GetDouble(), 9.0);
  EXPECT_EQ(written["http_version"].GetInt(), 20);
  EXPECT_TRUE(written["connection_reused"].GetBool());
  EXPECT_EQ(written["exchanges"].GetInt(), 1);
  EXPECT_EQ(written["bytes"].GetInt(), 1'234);
  EXPECT_STREQ(written["id"].GetString(), "gen-2");
  EXPECT_STREQ(written["served_model"].GetString(), "served");
  EXPECT_STREQ(written["served_by"].GetString(), "Anthropic");
  EXPECT_EQ(written["usage"]["total_tokens"].GetInt(), 5);
  EXPECT_EQ(written["usage"]["cache_write_tokens"].GetInt(), 4);
  EXPECT_EQ(written["cost"].GetDouble(), 0.5);
}

TEST(AnswerJson, TheCostIsThatOfAllAttempts) {
  ChatResponse response = answered();
  response.attempts.resize(2);
  response.attempts[0].cost = 0.25;
  response.attempts[1].cost = 0.5;
  const auto known = parsed(answer_json(response));
  EXPECT_EQ(known["cost"]["dollars"].GetDouble(), 0.75);
  EXPECT_FALSE(known["cost"]["lower_bound"].GetBool());
  response.attempts[0].cost.reset();  // a hedge that lost, say
  const auto bound = parsed(answer_json(response));
  EXPECT_EQ(bound["cost"]["dollars"].GetDouble(), 0.5);
  EXPECT_TRUE(bound["cost"]["lower_bound"].GetBool());
  EXPECT_TRUE(bound["attempts"][0]["cost"].IsNull());
}

TEST(AnswerJson, CountsTheToolCallsThatWereCut) {
  ChatResponse response = answered();
  response.tool_calls_cut = 2;
  EXPECT_EQ(parsed(answer_json(response))["tool_calls_cut"].GetInt(), 2);
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
  error.phase = Phase::kHead;
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
  EXPECT_THAT(keys(why), ElementsAre("class", "message", "http_status", "provider_code",
                                     "retry_after_ms", "phase"));
  EXPECT_STREQ(why["class"].GetString(), "rate_limit");
  EXPECT_STREQ(why["message"].GetString(), "too fast; try again in 2 s");
  EXPECT_EQ(why["http_status"].GetInt(), 429);
  EXPECT_STREQ(why["provider_code"].GetString(), "slow_down");
  EXPECT_EQ(why["retry_after_ms"].GetInt(), 2000);
  EXPECT_STREQ(why["phase"].GetString(), "head");
}

TEST(FailureJson, WhatIsUnknownIsNull) {
  const auto document = parsed(failure_json(CallError(Error{}), "x"));
  EXPECT_TRUE(document["error"]["http_status"].IsNull());
  EXPECT_TRUE(document["error"]["provider_code"].IsNull());
  EXPECT_TRUE(document["error"]["retry_after_ms"].IsNull());
  EXPECT_TRUE(document["error"]["phase"].IsNull());
}

}  // namespace
}  // namespace prx::cli
