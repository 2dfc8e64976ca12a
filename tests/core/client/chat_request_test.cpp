#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "prx/chat.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx {
namespace {

std::string body_of(const ChatRequest& request) {
  const auto body = request.body();
  EXPECT_TRUE(body) << body.error().message;
  if (!body) return {};
  EXPECT_TRUE(json::validate(*body)) << *body;
  return *body;
}

std::string refusal_of(const ChatRequest& request) {
  const auto body = request.body();
  EXPECT_FALSE(body) << *body;
  if (body) return {};
  EXPECT_EQ(body.error().error_class, ErrorClass::kInvalidRequest);
  return body.error().message;
}

ChatRequest hello() {
  ChatRequest request;
  request.messages = {Message::user("hi")};
  return request;
}

TEST(ChatRequest, WritesOnlyWhatIsSet) {
  EXPECT_EQ(body_of(hello()), R"({"messages":[{"role":"user","content":"hi"}]})");
}

TEST(ChatRequest, WritesEveryKindOfMessage) {
  ChatRequest request;
  Message assistant = Message::assistant("");
  assistant.tool_calls = {{"call_1", "add", R"({"a" : 1})"}};
  request.messages = {Message::system("be brief"), Message::user("1+1?"), assistant,
                      Message::tool("call_1", "2")};
  EXPECT_EQ(
      body_of(request),
      R"({"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"1+1?"},)"
      R"({"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function",)"
      R"("function":{"name":"add","arguments":"{\"a\" : 1}"}}]},)"
      R"({"role":"tool","content":"2","tool_call_id":"call_1"}]})");
}

TEST(ChatRequest, WritesImageParts) {
  ChatRequest request = hello();
  request.messages[0].parts = {{Part::Type::kText, "what is it?", "", ""},
                               {Part::Type::kImage, "", "https://example.org/a.png", "low"}};
  EXPECT_EQ(
      body_of(request),
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"what is it?"},)"
      R"({"type":"image_url","image_url":{"url":"https://example.org/a.png","detail":"low"}}]}]})");
}

TEST(ChatRequest, WritesToolsAndSampling) {
  ChatRequest request = hello();
  request.model = "m";
  request.tools = {{"add", "adds", R"({"type":"object"})", true}};
  request.tool_choice = "add";
  request.temperature = 0.1;
  request.max_tokens = 5;
  request.seed = -7;
  request.stop = {"END", "\n"};
  request.response_format = R"({"type":"json_object"})";
  EXPECT_EQ(
      body_of(request),
      R"({"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":)"
      R"({"name":"add","description":"adds","parameters":{"type":"object"},"strict":true}}],)"
      R"("tool_choice":{"type":"function","function":{"name":"add"}},"temperature":0.1,"max_tokens":5,)"
      R"("seed":-7,"stop":["END","\n"],"response_format":{"type":"json_object"}})");
}

TEST(ChatRequest, ExtraMembersWinAndKeepTheirBytes) {
  ChatRequest request = hello();
  request.temperature = 1;
  request.extra = R"({"temperature":0.50,"provider":{"order":["b","a"]}})";
  request.messages[0].extra = R"({"name":"x"})";
  EXPECT_EQ(body_of(request), R"({"messages":[{"role":"user","content":"hi","name":"x"}],)"
                              R"("temperature":0.50,"provider":{"order":["b","a"]}})");
}

TEST(ChatRequest, RefusesTextThatIsNotUtf8AndSaysWhere) {
  ChatRequest request;
  request.messages = {Message::system("ok"), Message::user("\xff")};
  EXPECT_EQ(refusal_of(request), "messages[1].text is not valid UTF-8; convert it before sending");
}

TEST(ChatRequest, RefusesWhatNoProviderWouldTake) {
  EXPECT_EQ(refusal_of(ChatRequest{}), "messages is empty; a chat needs at least one");
  ChatRequest orphan;
  orphan.messages = {Message::tool("call_9", "x")};
  EXPECT_EQ(
      refusal_of(orphan),
      "messages[0]: a tool result for call 'call_9', which no assistant message before it made");
  ChatRequest number = hello();
  number.temperature = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(refusal_of(number), "temperature is not a finite number");
  ChatRequest stops = hello();
  stops.stop = {"1", "2", "3", "4", "5"};
  EXPECT_EQ(refusal_of(stops), "stop has more than 4 entries");
  ChatRequest schema = hello();
  schema.tools = {{"add", "", "{nope", {}}};
  EXPECT_EQ(refusal_of(schema).find("tool 'add': parameters is not JSON"), 0u);
  ChatRequest tokens = hello();
  tokens.max_tokens = 0;
  EXPECT_EQ(refusal_of(tokens), "max_tokens must be 1 or more");
  ChatRequest extra = hello();
  extra.extra = "[1]";
  EXPECT_EQ(refusal_of(extra), "extra is not a JSON object");
}

TEST(ChatRequest, ARawBodyGoesOutAsItIs) {
  const std::string text =
      "{ \"messages\" : [ {\"role\":\"user\",\"content\":\"\\u00e9\"} ], \"zzz\" : 1.00 }";
  const auto request = ChatRequest::from_json(text);
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(body_of(*request), text);
}

TEST(ChatRequest, ARawBodyTakesTheModel) {
  auto request = ChatRequest::from_json(R"({"messages":[],"model":"a"})");
  ASSERT_TRUE(request);
  request->model = "b";
  EXPECT_EQ(body_of(*request), R"({"messages":[],"model":"b"})");
}

TEST(ChatRequest, ABadRawBodyIsRefused) {
  for (const char* text :
       {"", "[]", "{", R"({"model":"m"})", R"({"messages":{}})", "{\"messages\":[\"\xff\"]}"}) {
    const auto request = ChatRequest::from_json(text);
    ASSERT_FALSE(request) << text;
    EXPECT_EQ(request.error().error_class, ErrorClass::kInvalidRequest);
  }
}

}  // namespace
}  // namespace prx
