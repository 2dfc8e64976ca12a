// OpenAI's dialect.
#include <gmock/gmock.h>

#include "core/sim/raw_client.hpp"
#include "sim/simulator.hpp"

namespace prx::sim {
namespace {

using test::events;
using test::fetch;
using test::is_json;
using test::openai_chat;
using ::testing::HasSubstr;
using ::testing::Not;

class OpenAi : public ::testing::Test {
 protected:
  std::unique_ptr<Simulator> simulator_ = Simulator::start({}).value();
  std::uint16_t port_ = simulator_->port();
};

TEST_F(OpenAi, AnAnswerHasItsIdsAndHeadersAndNoCost) {
  const auto reply = openai_chat(port_, "gpt-4o", false);
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(is_json(reply.body));
  EXPECT_THAT(reply.body, HasSubstr(R"({"id":"chatcmpl-sim)"));
  EXPECT_EQ(test::content(reply.body), test::kHelloAnswer);
  EXPECT_THAT(reply.body, Not(HasSubstr("cost")));
  EXPECT_THAT(reply.headers.at("x-request-id"), HasSubstr("req_sim"));
  EXPECT_EQ(reply.headers.at("x-ratelimit-limit-requests"), "10000");
  EXPECT_EQ(reply.headers.at("x-ratelimit-reset-requests"), "6ms");
}

TEST_F(OpenAi, AStreamWithoutIncludeUsageHasNone) {
  const auto reply = openai_chat(port_, "gpt-4o-mini", true);
  EXPECT_THAT(reply.body, Not(HasSubstr("usage")));
  EXPECT_THAT(reply.body, Not(HasSubstr(": OPENROUTER")));
  const auto all = events(reply.body);
  ASSERT_EQ(all.size(), 1u + 14u + 1u + 1u);
  EXPECT_THAT(all[0], HasSubstr(R"("delta":{"role":"assistant","content":"","refusal":null})"));
  EXPECT_THAT(all[1], HasSubstr(R"("delta":{"content":"This"})"));
  EXPECT_THAT(all[15], HasSubstr(R"("delta":{},"logprobs":null,"finish_reason":"stop")"));
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    EXPECT_TRUE(is_json(all[i])) << all[i];
    EXPECT_THAT(all[i], HasSubstr(R"("obfuscation":")"));
  }
}

TEST_F(OpenAi, IncludeUsageAddsNullsAndOneUsageEvent) {
  const auto reply =
      openai_chat(port_, "gpt-4o", true,
                  R"(,"stream_options":{"include_usage":true,"include_obfuscation":false})");
  EXPECT_EQ(test::count(reply.body, R"("usage":null)"), 16);
  EXPECT_EQ(test::count(reply.body, R"("choices":[],"usage":{"prompt_tokens":2)"), 1);
  EXPECT_THAT(reply.body, Not(HasSubstr("obfuscation")));
}

TEST_F(OpenAi, ReasoningIsCountedButNotShown) {
  const auto reply = openai_chat(
      port_, "o3", true, R"(,"reasoning_effort":"low","stream_options":{"include_usage":true})");
  EXPECT_THAT(reply.body, Not(HasSubstr("\"reasoning\"")));
  EXPECT_THAT(reply.body, Not(HasSubstr("\"reasoning_tokens\":0")));
}

TEST_F(OpenAi, AToolCallHasNullContent) {
  const std::string tools = R"(,"tools":[{"type":"function","function":{"name":"f"}}])";
  EXPECT_THAT(
      openai_chat(port_, "gpt-4o", true, tools).body,
      HasSubstr(R"("delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":)"));
  const auto whole = openai_chat(port_, "gpt-4o", false, tools);
  EXPECT_TRUE(is_json(whole.body));
  EXPECT_THAT(whole.body, HasSubstr(R"("content":null,"tool_calls":[{)"));
}

TEST_F(OpenAi, ModelsAreItsOwnAndWantAKey) {
  const auto reply = fetch(port_, "GET", "/v1/models");
  EXPECT_TRUE(is_json(reply.body));
  EXPECT_THAT(reply.body, HasSubstr(R"({"object":"list","data":[{"id":"gpt-4o","object":"model")"));
  EXPECT_THAT(reply.body, Not(HasSubstr("claude")));
  EXPECT_EQ(fetch(port_, "GET", "/v1/models", "", "").status, 401);
  EXPECT_THAT(fetch(port_, "GET", "/v1/models/gpt-4o").body, HasSubstr(R"({"id":"gpt-4o")"));
}

TEST_F(OpenAi, RefusesInItsOwnShape) {
  const auto unknown = openai_chat(port_, "no-such", false);
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body,
              HasSubstr(R"("type":"invalid_request_error","param":null,"code":"model_not_found")"));
  const auto quota = openai_chat(port_, "sim/quota", true);
  EXPECT_EQ(quota.status, 429);
  EXPECT_THAT(quota.body, HasSubstr(R"("code":"insufficient_quota")"));
  const auto context = openai_chat(port_, "sim/context-length", true);
  EXPECT_EQ(context.status, 400);
  EXPECT_THAT(context.body, HasSubstr(R"("param":"messages","code":"context_length_exceeded")"));
  EXPECT_EQ(fetch(port_, "GET", "/v1/key").status, 404);
}

TEST_F(OpenAi, TheSameFaultsHappen) {
  EXPECT_EQ(openai_chat(port_, "sim/503", true).status, 503);
  EXPECT_EQ(events(openai_chat(port_, "sim/cut?after=3", true).body).size(), 4u);
  const auto limited = openai_chat(port_, "sim/429?retry_after=90&form=reset", true);
  EXPECT_EQ(limited.headers.at("x-ratelimit-reset-requests"), "90s");
  EXPECT_EQ(test::count(limited.head, "x-ratelimit-reset-requests"), 1);
  for (int shape = 1; shape <= 5; ++shape)
    for (const auto& event :
         events(openai_chat(port_, "sim/error-frame?shape=" + std::to_string(shape), true).body))
      EXPECT_TRUE(event == "[DONE]" || is_json(event)) << event;
}

TEST_F(OpenAi, ReasoningModelsRefuseTheOldLimit) {
  for (const char* const model : {"o3", "openai/o3"}) {
    const auto reply = openai_chat(port_, model, true, R"(,"max_tokens":5)");
    EXPECT_EQ(reply.status, 400);
    EXPECT_THAT(
        reply.body,
        HasSubstr(
            R"("type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter")"));
    EXPECT_EQ(openai_chat(port_, model, false, R"(,"max_completion_tokens":5)").status, 200);
  }
  EXPECT_EQ(openai_chat(port_, "gpt-4o", false, R"(,"max_tokens":5)").status, 200);
  EXPECT_EQ(test::chat(port_, "openai/o3", false, R"(,"max_tokens":5)").status, 200)
      << "OpenRouter";
}

TEST(OpenAiModels, O1MiniRefusesTheSystemRole) {
  SimulatorOptions options;
  options.any_model = true;
  const auto simulator = Simulator::start(std::move(options)).value();
  const auto ask = [&](const std::string& role) {
    return fetch(simulator->port(), "POST", "/v1/chat/completions",
                 R"({"model":"o1-mini","messages":[{"role":"user","content":"q"},{"role":")" +
                     role + R"(","content":"s"}]})");
  };
  EXPECT_EQ(ask("system").status, 400);
  EXPECT_THAT(ask("system").body,
              HasSubstr(R"("param":"messages[1].role","code":"unsupported_value")"));
  EXPECT_EQ(ask("developer").status, 200);
}

TEST_F(OpenAi, AStrictServerNamesWhatItDoesNotKnow) {
  EXPECT_EQ(openai_chat(port_, "sim/strict", false, R"(,"n":1,"stop":"x","seed":2)").status, 200);
  EXPECT_THAT(openai_chat(port_, "gpt-4o#strict", true, R"(,"provider":{})").body,
              HasSubstr(R"("param":"provider","code":"unknown_parameter")"));
  const auto turns = fetch(
      port_, "POST", "/v1/chat/completions",
      R"({"model":"sim/strict","messages":[{"role":"user","content":"q"},{"role":"assistant","reasoning":""}]})");
  EXPECT_EQ(turns.status, 400);
  EXPECT_THAT(turns.body, HasSubstr(R"("param":"messages[1].reasoning")"));
}

TEST_F(OpenAi, AnOldServerRefusesInTwoShapes) {
  const std::string usage = R"(,"stream_options":{"include_usage":true})";
  EXPECT_THAT(openai_chat(port_, "sim/old-server", true, usage).body,
              HasSubstr(R"("param":"stream_options","code":"unknown_parameter")"));
  const auto fast_api =
      openai_chat(port_, "sim/old-server?shape=2", true, R"(,"max_completion_tokens":5)");
  EXPECT_EQ(fast_api.status, 422);
  EXPECT_EQ(
      fast_api.body,
      R"({"detail":[{"type":"extra_forbidden","loc":["body","max_completion_tokens"],"msg":"Extra inputs are not permitted"}]})");
  EXPECT_EQ(openai_chat(port_, "sim/old-server", true, R"(,"max_tokens":5)").status, 200);
}

}  // namespace
}  // namespace prx::sim
