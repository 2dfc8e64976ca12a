// The C interface: what is read of an answer.
#include <gmock/gmock.h>

#include "c_api/handles.hpp"
#include "core/c_api/c_rig.hpp"

namespace prx::test {
namespace {

using testing::HasSubstr;

ChatResponse whole_response() {
  ChatResponse answer;
  answer.text = std::string("a\0b", 3);
  answer.reasoning = "because";
  answer.refusal = "no";
  answer.tool_calls = {{"call_1", "add", R"({"a":1})"}};
  answer.finish_reason = FinishReason::kToolCalls;
  answer.native_finish_reason = "tool_use";
  answer.usage.prompt_tokens = 3;
  answer.usage.cost = 0.5;
  answer.id = "gen-1";
  answer.model = "a-model";
  answer.provider = "a-provider";
  answer.served_by = "A Vendor";
  Attempt attempt;
  attempt.provider = "a-provider";
  attempt.reason = "first";
  attempt.connection_reused = attempt.cost_estimated = true;
  attempt.cost = 0.5;
  attempt.http_version = 20;
  attempt.first_token = std::chrono::microseconds(7);
  answer.attempts = {attempt, {}};
  return answer;
}

TEST(CResponse, TextsHaveTheirSizeAndEndWithNul) {
  const prx_response response(whole_response());
  std::size_t size = 0;
  const char* const text = prx_response_text(&response, &size);
  EXPECT_EQ(std::string(text, size), std::string("a\0b", 3));
  EXPECT_EQ(text[size], '\0');
  EXPECT_STREQ(prx_response_reasoning(&response, nullptr), "because");
  EXPECT_STREQ(prx_response_refusal(&response, nullptr), "no");
  EXPECT_STREQ(prx_response_id(&response, nullptr), "gen-1");
  EXPECT_STREQ(prx_response_model(&response, nullptr), "a-model");
  EXPECT_STREQ(prx_response_provider(&response, nullptr), "a-provider");
  EXPECT_STREQ(prx_response_served_by(&response, nullptr), "A Vendor");
  EXPECT_EQ(prx_response_finish(&response), PRX_FINISH_TOOL_CALLS);
  EXPECT_STREQ(prx_response_finish_name(&response, nullptr), "tool_use");
}

TEST(CResponse, UsageSaysWhatIsNotKnown) {
  const prx_response response(whole_response());
  prx_usage usage{};
  usage.size = sizeof usage;
  ASSERT_EQ(prx_response_usage(&response, &usage), 1);
  EXPECT_EQ(usage.prompt_tokens, 3);
  EXPECT_EQ(usage.completion_tokens, -1);
  EXPECT_EQ(usage.cost, 0.5);
}

TEST(CResponse, TheCostIsThatOfAllAttemptsAndSaysWhenItIsUncertain) {
  const prx_response response(whole_response());
  std::int32_t uncertain = 0;
  EXPECT_EQ(prx_response_cost(&response, &uncertain), 0.5);
  EXPECT_EQ(uncertain, 1);
  ChatResponse sure = whole_response();
  sure.attempts.resize(1);
  sure.attempts[0].cost_estimated = false;
  const prx_response certain(std::move(sure));
  EXPECT_EQ(prx_response_cost(&certain, &uncertain), 0.5);
  EXPECT_EQ(uncertain, 0);
}

TEST(CResponse, ToolCallsAndAttemptsAreCountedAndRead) {
  const prx_response response(whole_response());
  prx_tool_call call{};
  call.size = sizeof call;
  ASSERT_EQ(prx_response_tool_call_count(&response), 1u);
  ASSERT_EQ(prx_response_tool_call(&response, 0, &call), 1);
  EXPECT_EQ(text_of(call.id), "call_1");
  EXPECT_EQ(text_of(call.name), "add");
  EXPECT_EQ(text_of(call.arguments), R"({"a":1})");
  EXPECT_EQ(prx_response_tool_call(&response, 1, &call), 0);
  prx_attempt attempt{};
  attempt.size = sizeof attempt;
  ASSERT_EQ(prx_response_attempt_count(&response), 2u);
  ASSERT_EQ(prx_response_attempt(&response, 0, &attempt), 1);
  EXPECT_EQ(attempt.flags, PRX_ATTEMPT_REUSED | PRX_ATTEMPT_COST_ESTIMATED);
  EXPECT_EQ(attempt.http_version, 20);
  EXPECT_EQ(attempt.first_token_us, 7);
  EXPECT_EQ(attempt.head_us, -1);
  EXPECT_EQ(prx_response_attempt(&response, 2, &attempt), 0);
}

TEST(CResponse, AStructOfALaterHostSaysHowFarItWasFilled) {
  const prx_response response(whole_response());
  struct {
    prx_attempt known;
    std::int64_t later = -7;  // what a later header added
  } attempt{};
  attempt.known.size = sizeof attempt;
  ASSERT_EQ(prx_response_attempt(&response, 0, &attempt.known), 1);
  EXPECT_EQ(attempt.known.size, sizeof attempt.known) << "or PRX_HAS would say that it is there";
  EXPECT_EQ(attempt.later, -7);
}

TEST(CResponse, TheMessageIsWhatTheNextRequestSays) {
  ChatResponse answer = whole_response();
  answer.text = "hi";
  answer.refusal.clear();
  const prx_response response(std::move(answer));
  std::size_t size = 0;
  const std::string message = prx_response_message(&response, &size);
  EXPECT_EQ(message.size(), size);
  EXPECT_THAT(message, HasSubstr(R"("role":"assistant")"));
  EXPECT_THAT(message, HasSubstr(R"("content":"hi")"));
  EXPECT_THAT(message, HasSubstr("call_1"));
  EXPECT_EQ(message.front(), '{');
  EXPECT_EQ(message.back(), '}');
}

TEST(CResponse, AConversationGoesOnWithItsMessage) {
  CRig rig;
  const auto client = rig.open();
  const CAnswer first = c_chat(client, prompt("hi"));
  ASSERT_EQ(first.code, PRX_OK);
  const std::string body = R"({"messages":[{"role":"user","content":"hi"},)" +
                           std::string(prx_response_message(first.response.get(), nullptr)) +
                           R"(,{"role":"user","content":"and now?"}]})";
  prx_chat_request request = prx_chat_request_init();
  request.body = body.c_str();
  EXPECT_EQ(c_chat(client, request).code, PRX_OK);
  EXPECT_THAT(rig.rig.simulator->requests().at(1).body, HasSubstr("and now?"));
}

}  // namespace
}  // namespace prx::test
