#include "prx/conversation.hpp"

#include <gtest/gtest.h>

#include "client/message_json.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx {
namespace {

// Key order, spaces, escapes and digits as no writer of ours would choose them.
constexpr const char* kDetails =
    R"([{"type": "reasoning.text","text":"\u0061b","signature":"s+/==","z":1,"a":2.50e0},)"
    R"({"type":"reasoning.encrypted","data":"AAEC"}])";
constexpr const char* kAnnotations = R"([ {"type":"file","file":{"hash":"x" , "name":"y"}} ])";

ChatResponse answer() {
  ChatResponse response;
  response.text = "Two.";
  response.reasoning = "1+1";
  response.reasoning_details = kDetails;
  response.annotations = kAnnotations;
  response.tool_calls = {{"call_1", "add", R"({"b" : 1, "a":1})"}};
  response.usage.prompt_tokens = 10;
  response.usage.completion_tokens = 5;
  Attempt attempt;
  attempt.cost = 0.25;
  attempt.cost_estimated = true;
  response.attempts = {attempt};
  return response;
}

Conversation talk() {
  Conversation conversation;
  conversation.messages = {Message::system("be brief"), Message::user("1+1?")};
  conversation.add(answer());
  conversation.messages.push_back(Message::tool("call_1", "2"));
  return conversation;
}

Conversation read(std::string_view json) {
  auto conversation = Conversation::from_json(json);
  EXPECT_TRUE(conversation) << conversation.error().message;
  return conversation ? *conversation : Conversation{};
}

std::string refusal_of(std::string_view json) {
  const auto conversation = Conversation::from_json(json);
  EXPECT_FALSE(conversation);
  if (conversation) return {};
  EXPECT_EQ(conversation.error().error_class, ErrorClass::kInvalidRequest);
  return conversation.error().message;
}

TEST(Conversation, EchoesWhatTheAnswerCarriedByteForByte) {
  const auto body = talk().request().body();
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_NE(body->find(kDetails), std::string::npos) << *body;
  EXPECT_NE(body->find(kAnnotations), std::string::npos) << *body;
  EXPECT_NE(body->find(R"("reasoning":"1+1")"), std::string::npos) << *body;
  EXPECT_NE(body->find(R"("arguments":"{\"b\" : 1, \"a\":1}")"), std::string::npos) << *body;
}

TEST(Conversation, ComesBackFromJsonAsItWas) {
  const Conversation before = talk();
  const auto json = before.to_json();
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_TRUE(json::validate(*json));
  EXPECT_EQ(read(*json), before);
}

TEST(Conversation, EveryPartComesBackFromJson) {
  Conversation before;
  Message user = Message::user("");
  Part odd;
  odd.type = Part::Type::kOther;
  odd.json = R"({"type":"video_url","video_url":{"url":"https://example.org/v.mp4"}})";
  Part uploaded = Part::file("", "");
  uploaded.file_id = "file-1";
  user.parts = {Part::of_text("look \"here\"\n"),
                Part::image("https://example.org/a.png", "low"),
                Part::audio("UklGRg==", "wav"),
                Part::file("data:application/pdf;base64,JVBERi0=", "a.pdf"),
                uploaded,
                odd};
  before.messages = {user};
  const auto json = before.to_json();
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(read(*json), before);
}

TEST(Conversation, APartWithMembersThatAreNotKnownKeepsThem) {
  const std::string part =
      R"({"type":"text","text":"long","cache_control":{"type":"ephemeral","ttl":"1h"}})";
  const Conversation loaded = read(R"({"messages":[{"role":"user","content":[)" + part + "]}]}");
  ASSERT_EQ(loaded.messages.size(), 1u);
  ASSERT_EQ(loaded.messages[0].parts.size(), 1u);
  EXPECT_EQ(loaded.messages[0].parts[0].type, Part::Type::kOther);
  EXPECT_EQ(loaded.messages[0].parts[0].json, part);
}

TEST(Conversation, MembersOfAMessageThatAreNotKnownStay) {
  const std::string message =
      R"({"role":"assistant","content":null,"audio":{"id":"audio_1"},"reasoning_content":"hm"})";
  const Conversation loaded = read("[" + message + "]");
  EXPECT_EQ(loaded.messages[0].extra, R"({"audio":{"id":"audio_1"},"reasoning_content":"hm"})");
  const auto body = driver::messages_json(loaded.messages);
  ASSERT_TRUE(body);
  EXPECT_EQ(*body, "[" + message + "]");
}

TEST(Conversation, AToolCallWithMembersThatAreNotKnownKeepsThem) {
  const std::string call =
      R"({"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"s":"x+/="}})";
  const Conversation loaded =
      read(R"([{"role":"assistant","content":null,"tool_calls":[)" + call + "]}]");
  ASSERT_EQ(loaded.messages[0].tool_calls.size(), 1u);
  EXPECT_EQ(loaded.messages[0].tool_calls[0].name, "f");
  const auto body = driver::messages_json(loaded.messages);
  ASSERT_TRUE(body);
  EXPECT_NE(body->find("[" + call + "]"), std::string::npos) << *body;
}

TEST(Conversation, TakesAnArrayAndARequest) {
  EXPECT_EQ(read(R"([{"role":"user","content":"hi"}])").messages[0], Message::user("hi"));
  EXPECT_EQ(
      read(R"({"model":"m","messages":[{"role":"developer","content":"x"}]})").messages[0].role,
      Message::Role::kDeveloper);
}

TEST(Conversation, CountsEveryCall) {
  Conversation conversation = talk();
  ChatResponse free_of_cost = answer();
  free_of_cost.attempts[0].cost = std::nullopt;
  conversation.add(free_of_cost);
  EXPECT_EQ(conversation.usage.calls, 2);
  EXPECT_EQ(conversation.usage.prompt_tokens, 20);
  EXPECT_EQ(conversation.usage.completion_tokens, 10);
  EXPECT_DOUBLE_EQ(conversation.usage.cost.dollars, 0.25);
  EXPECT_TRUE(conversation.usage.cost.lower_bound);
  EXPECT_TRUE(conversation.usage.cost.estimated);
}

TEST(Conversation, RetryLeavesTheLastQuestion) {
  Conversation conversation = talk();
  EXPECT_TRUE(conversation.retry());
  ASSERT_EQ(conversation.messages.size(), 2u);
  EXPECT_EQ(conversation.messages.back(), Message::user("1+1?"));
  EXPECT_FALSE(conversation.retry());
  EXPECT_EQ(conversation.messages.size(), 2u);
}

TEST(Conversation, BadJsonNamesTheMessageAndTheMember) {
  EXPECT_NE(refusal_of("{").find("not JSON"), std::string::npos);
  EXPECT_NE(refusal_of("{}").find("messages"), std::string::npos);
  EXPECT_NE(refusal_of("").find("not JSON"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"messages":{}})").find("not a JSON array"), std::string::npos);
  EXPECT_NE(refusal_of("[1]").find("messages[0] is not a JSON object"), std::string::npos);
  EXPECT_NE(refusal_of("[{}]").find("messages[0] has no \"role\""), std::string::npos);
  EXPECT_NE(refusal_of(R"([{"role":"robot"}])").find("messages[0].role \"robot\""),
            std::string::npos);
  EXPECT_NE(refusal_of(R"([{"role":"user","content":5}])").find("messages[0].content"),
            std::string::npos);
  EXPECT_NE(refusal_of(R"([{"role":"user","content":[{}]}])").find("messages[0].content[0]"),
            std::string::npos);
  EXPECT_NE(refusal_of(R"([{"role":"assistant","tool_calls":[{"id":"a"}]}])")
                .find("messages[0].tool_calls[0]"),
            std::string::npos);
}

TEST(Conversation, OfALaterVersionIsRefused) {
  EXPECT_NE(refusal_of(R"({"prx_conversation":2,"messages":[]})").find("later version"),
            std::string::npos);
}

TEST(Conversation, SumsThatAreNoNumbersAreZero) {
  const Conversation loaded = read(
      R"({"prx_conversation":1,"messages":[],"usage":{"calls":-3,"cost":1e999,"prompt_tokens":"x"}})");
  EXPECT_EQ(loaded.usage, ConversationUsage{});
}

TEST(Conversation, SumsHaveRoomForWhatIsAdded) {
  Conversation loaded =
      read(R"({"prx_conversation":1,"messages":[],"usage":{"calls":9223372036854775807,)"
           R"("prompt_tokens":9223372036854775807}})");
  Usage used;
  used.prompt_tokens = 1'000'000'000'000;
  loaded.usage.add(used, {});
  EXPECT_EQ(loaded.usage.calls, 1'000'000'000'000'001);
  EXPECT_EQ(loaded.usage.prompt_tokens, 1'001'000'000'000'000);
}

}  // namespace
}  // namespace prx
