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
  EXPECT_EQ(refusal_of(orphan),
            "messages[0]: a tool result for call 'call_9', which the assistant message before it "
            "did not make");
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

TEST(ChatRequest, WritesEveryParameter) {
  ChatRequest request = hello();
  request.temperature = 0.5;
  request.top_p = 0.9;
  request.frequency_penalty = -1;
  request.presence_penalty = 1;
  request.repetition_penalty = 1.1;
  request.min_p = 0.05;
  request.top_a = 0.1;
  request.top_k = 40;
  request.max_tokens = 7;
  request.seed = -3;
  request.stop = {"a"};
  request.logprobs = true;
  request.top_logprobs = 2;
  request.logit_bias = R"({"50256":-100})";
  request.reasoning_effort = "low";
  request.reasoning = R"({"exclude":true})";
  request.verbosity = "high";
  request.prediction = R"({"type":"content","content":"x"})";
  request.modalities = {"text", "image"};
  request.audio = R"({"voice":"alloy","format":"wav"})";
  request.metadata = R"({"k":"v"})";
  request.service_tier = "flex";
  request.user = "u";
  request.prompt_cache_key = "p";
  request.provider = R"({"order":["azure"]})";
  request.models = {"a/b"};
  request.route = "fallback";
  request.transforms = {"middle-out"};
  request.plugins = R"([{"id":"web"}])";
  request.session_id = "s";
  EXPECT_EQ(body_of(request),
            R"({"messages":[{"role":"user","content":"hi"}],"temperature":0.5,"top_p":0.9,)"
            R"("frequency_penalty":-1,"presence_penalty":1,"repetition_penalty":1.1,"min_p":0.05,)"
            R"("top_a":0.1,"max_tokens":7,"top_k":40,"seed":-3,"logprobs":true,"top_logprobs":2,)"
            R"("stop":["a"],"modalities":["text","image"],"models":["a/b"],)"
            R"("transforms":["middle-out"],"reasoning_effort":"low","verbosity":"high",)"
            R"("service_tier":"flex","user":"u","prompt_cache_key":"p","route":"fallback",)"
            R"("session_id":"s","logit_bias":{"50256":-100},"reasoning":{"exclude":true},)"
            R"("prediction":{"type":"content","content":"x"},)"
            R"("audio":{"voice":"alloy","format":"wav"},"metadata":{"k":"v"},)"
            R"("provider":{"order":["azure"]},"plugins":[{"id":"web"}]})");
}

TEST(ChatRequest, AParameterOutOfItsRangeIsNamed) {
  ChatRequest request = hello();
  request.top_p = 1.5;
  EXPECT_EQ(refusal_of(request), "top_p must be a number from 0 to 1");
  request = hello();
  request.top_k = -1;
  EXPECT_EQ(refusal_of(request), "top_k must be 0 or more");
  request = hello();
  request.logprobs = true;
  request.top_logprobs = 21;
  EXPECT_EQ(refusal_of(request), "top_logprobs must be 0 to 20");
  request = hello();
  request.top_logprobs = 2;
  EXPECT_EQ(refusal_of(request), "top_logprobs needs logprobs; set that too");
  request = hello();
  request.session_id = std::string(257, 's');
  EXPECT_EQ(refusal_of(request), "session_id is longer than 256 bytes");
  request = hello();
  request.plugins = "{}";
  EXPECT_EQ(refusal_of(request), "plugins is not a JSON array");
  request = hello();
  request.provider = "[]";
  EXPECT_EQ(refusal_of(request), "provider is not a JSON object");
}

TEST(ChatRequest, AToolWhoseSchemaIsNotJsonIsNamed) {
  ChatRequest request = hello();
  request.tools = {{"weather", "", "{nope}", {}, {}}};
  EXPECT_NE(refusal_of(request).find("tool 'weather': parameters is not JSON"), std::string::npos);
  request.tools[0].parameters = "[1]";
  EXPECT_EQ(refusal_of(request), "tool 'weather': parameters is not a JSON object");
}

TEST(ChatRequest, WritesToolsOfTheServerAsTheyAre) {
  ChatRequest request = hello();
  Tool search;
  search.server_tool = R"({"type": "openrouter:web_search"})";
  request.tools = {search};
  request.tool_choice = search.server_tool;
  EXPECT_EQ(body_of(request), R"({"messages":[{"role":"user","content":"hi"}],)"
                              R"("tools":[{"type": "openrouter:web_search"}],)"
                              R"("tool_choice":{"type": "openrouter:web_search"}})");
}

TEST(ChatRequest, AChoiceOfToolsIsAnObjectWhateverWhiteSpaceIsBeforeIt) {
  ChatRequest request = hello();
  request.tool_choice = " \n{\"type\":\"function\"}";
  EXPECT_EQ(body_of(request),
            "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],"
            "\"tool_choice\": \n{\"type\":\"function\"}}");
}

TEST(ChatRequest, AToolCallWithoutItsResultIsNamed) {
  ChatRequest request = hello();
  Message calls = Message::assistant("");
  calls.tool_calls = {{"call_1", "add", "{}"}, {"call_2", "sub", "{}"}};
  request.messages = {Message::user("x"), calls, Message::tool("call_1", "2")};
  EXPECT_EQ(refusal_of(request),
            "messages[1]: the tool call 'call_2' (sub) has no result; add one tool message for "
            "each call before the next turn");
  request.messages.push_back(Message::user("well?"));
  EXPECT_NE(refusal_of(request).find("'call_2'"), std::string::npos);
  request.messages.back() = Message::tool("call_2", "3");
  EXPECT_TRUE(request.body());
}

TEST(ChatRequest, AToolResultAnswersTheMessageBeforeIt) {
  ChatRequest request = hello();
  request.messages = {Message::user("x"), Message::tool("call_9", "2")};
  EXPECT_EQ(refusal_of(request),
            "messages[1]: a tool result for call 'call_9', which the assistant message before it "
            "did not make");
}

TEST(ChatRequest, APartWithoutItsContentIsNamed) {
  ChatRequest request = hello();
  request.messages[0].parts = {Part::audio("", "wav")};
  EXPECT_EQ(refusal_of(request), "messages[0].parts[0].data is empty; give the sound as base64");
  request.messages[0].parts = {Part::file("", "a.pdf")};
  EXPECT_EQ(refusal_of(request),
            "messages[0].parts[0] needs either a url (https: or data:) or a file_id");
}

}  // namespace
}  // namespace prx
