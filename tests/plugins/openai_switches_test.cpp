// The OpenAI plugin's switches: how it writes a body for one server or another, and what it learns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/plugin_driver.hpp"

namespace prx::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kDefault = "{}";
constexpr const char* kElsewhere = R"({"base_url":"http://localhost:8000/v1"})";
constexpr const char* kAnswer =
    R"({"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]})";

const Module& openai_module() {
  static const Module loaded = load(PRX_OPENAI);
  return loaded;
}

std::string refusal(const std::string& code, const std::string& parameter) {
  return R"({"error":{"message":"No.","type":"invalid_request_error","param":")" + parameter +
         R"(","code":")" + code + "\"}}";
}

/// What reaches the server of a body that does not stream.
std::string sent(const std::string& config, std::string body) {
  TestInstance instance(openai_module(), config);
  TestOp op(instance, {.body = std::move(body)});
  return op.refused ? op.refused->message : instance.host.last().body;
}
std::string sent_as_stream(const std::string& config, std::string body) {
  TestInstance instance(openai_module(), config);
  TestOp op(instance, {.flags = PRX_RF_STREAM, .body = std::move(body)});
  return op.refused ? op.refused->message : instance.host.last().body;
}
/// The same of a request to an instance that may have learned.
std::string asked(TestInstance& instance, std::string body) {
  TestOp op(instance, {.body = std::move(body)});
  std::string seen = instance.host.last().body;
  instance.host.answer(200, kAnswer);
  return seen;
}

TEST(OpenAiLimit, IsMaxCompletionTokensAtOpenAiAndMaxTokensElsewhere) {
  const std::string old_name = R"({"model":"m","max_tokens":5})";
  const std::string new_name = R"({"model":"m","max_completion_tokens":5})";
  for (const auto& body : {old_name, new_name}) {
    EXPECT_EQ(sent(kDefault, body), new_name);
    EXPECT_EQ(sent(R"({"base_url":"https://eu.api.openai.com/v1"})", body), new_name);
    EXPECT_EQ(sent(R"({"base_url":"https://api.openai.com:443/v1"})", body), new_name);
    EXPECT_EQ(sent(kElsewhere, body), old_name);
    EXPECT_EQ(sent(R"({"base_url":"https://notapi.openai.com/v1"})", body), old_name);
    EXPECT_EQ(sent(R"({"base_url":"https://api.openai.com.example/v1"})", body), old_name);
  }
}

TEST(OpenAiLimit, HasTheNameThatIsConfigured) {
  EXPECT_EQ(sent(R"({"max_tokens_field":"max_tokens"})", R"({"max_completion_tokens":5})"),
            R"({"max_tokens":5})");
  EXPECT_EQ(sent(R"({"base_url":"http://h/v1","max_tokens_field":"max_completion_tokens"})",
                 R"({"max_tokens":5})"),
            R"({"max_completion_tokens":5})");
}

TEST(OpenAiLimit, OfTwoTheOneWithTheRightNameStays) {
  const std::string both = R"({"max_tokens":5,"max_completion_tokens":6})";
  EXPECT_EQ(sent(kDefault, both), R"({"max_completion_tokens":6})");
  EXPECT_EQ(sent(kElsewhere, both), R"({"max_tokens":5})");
}

TEST(OpenAiLimit, IsLearnedOnceFromTheTypedRefusal) {
  for (const char* const code : {"unsupported_parameter", "unknown_parameter"}) {
    TestInstance instance(openai_module(), kElsewhere);
    TestOp op(instance, {.body = R"({"model":"m","max_tokens":5})"});
    instance.host.answer(400, refusal(code, "max_tokens"));
    ASSERT_EQ(instance.host.requests.size(), 2u) << code;
    EXPECT_EQ(instance.host.last().body, R"({"model":"m","max_completion_tokens":5})");
    EXPECT_EQ(op.ends(), 0);
    instance.host.answer(200, kAnswer);
    EXPECT_EQ(op.text(), "Hi");
    EXPECT_EQ(op.ends(), 1);
    EXPECT_EQ(asked(instance, R"({"max_tokens":7})"), R"({"max_completion_tokens":7})");
    EXPECT_EQ(instance.host.requests.size(), 3u) << "it is known now";
    EXPECT_TRUE(instance.host.breaches.empty());
  }
}

TEST(OpenAiLimit, IsLearnedInTheOtherDirectionToo) {
  TestInstance instance(openai_module(), kDefault);
  TestOp op(instance, {.body = R"({"max_tokens":5})"});
  instance.host.answer(400, refusal("unknown_parameter", "max_completion_tokens"));
  EXPECT_EQ(instance.host.last().body, R"({"max_tokens":5})");
  instance.host.answer(200, kAnswer);
  EXPECT_EQ(asked(instance, R"({"max_completion_tokens":7})"), R"({"max_tokens":7})");
}

TEST(OpenAiLimit, ASecondRefusalIsReportedInItsOwnWordsAndNothingIsLearned) {
  TestInstance instance(openai_module(), kElsewhere);
  TestOp op(instance, {.body = R"({"max_tokens":5})"});
  instance.host.answer(400, refusal("unsupported_parameter", "max_tokens"));
  SentRequest& second = instance.host.last();
  instance.host.head(second, 400, {{"content-type", "application/json"}, {"x-request-id", "r2"}});
  instance.host.data(
      second,
      R"({"error":{"message":"Neither.","param":"max_completion_tokens","code":"unsupported_parameter"}})");
  instance.host.end(second);
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kUnsupported);
  EXPECT_EQ(op.error()->http_status, 400);
  EXPECT_EQ(op.error()->request_id, "r2");
  EXPECT_EQ(op.error()->message,
            "OpenAI answered 400 Bad Request: Neither. (parameter max_completion_tokens)");
  EXPECT_EQ(instance.host.requests.size(), 2u);
  EXPECT_EQ(asked(instance, R"({"max_tokens":7})"), R"({"max_tokens":7})");
}

TEST(OpenAiLimit, AnythingButTheTypedRefusalIsReported) {
  const std::string words =
      R"({"error":{"message":"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.","type":"invalid_request_error","param":null,"code":null}})";
  const std::pair<int, std::string> cases[] = {
      {400, words},
      {400, refusal("invalid_value", "max_tokens")},
      {400, refusal("unsupported_parameter", "max_completion_tokens")},
      {400, refusal("unsupported_parameter", "top_p")},
      {400, refusal("unsupported_value", "max_tokens")},
      {500, refusal("unsupported_parameter", "max_tokens")},
      {429, refusal("unsupported_parameter", "max_tokens")},
      {400, "<html>"},
      {400, ""}};
  for (const auto& [status, body] : cases) {
    TestInstance instance(openai_module(), kElsewhere);
    TestOp op(instance, {.body = R"({"max_tokens":5})"});
    instance.host.answer(status, body);
    EXPECT_TRUE(op.error()) << status << body;
    EXPECT_EQ(instance.host.requests.size(), 1u) << status << body;
  }
}

TEST(OpenAiLimit, AnExplicitSettingNeverLearns) {
  TestInstance instance(openai_module(), R"({"max_tokens_field":"max_tokens"})");
  TestOp op(instance, {.body = R"({"max_tokens":5})"});
  instance.host.answer(400, refusal("unsupported_parameter", "max_tokens"));
  EXPECT_TRUE(op.error());
  EXPECT_EQ(instance.host.requests.size(), 1u);
}

TEST(OpenAiRepair, KeepsHeadersAndStreamsLikeTheFirst) {
  TestInstance instance(openai_module(), R"({"base_url":"http://h/v1","project":"p"})");
  TestOp op(instance, {.flags = PRX_RF_STREAM,
                       .body = R"({"max_tokens":5,"stream":true})",
                       .idempotency_key = "once",
                       .traceparent = "00-trace"});
  const std::string url = instance.host.last().url;
  EXPECT_EQ(instance.host.last().header("idempotency-key"), "once");
  instance.host.answer(400, refusal("unsupported_parameter", "max_tokens"));
  const SentRequest& second = instance.host.last();
  EXPECT_EQ(second.url, url);
  EXPECT_EQ(second.header("openai-project"), "p");
  EXPECT_EQ(second.header("accept"), "text/event-stream");
  EXPECT_EQ(second.header("traceparent"), "00-trace");
  EXPECT_FALSE(second.header("idempotency-key")) << "it is another request";
  EXPECT_EQ(second.body,
            R"({"max_completion_tokens":5,"stream":true,"stream_options":{"include_usage":true}})");
  instance.host.answer(
      200,
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":"
      "\"stop\"}]}\n\ndata: [DONE]\n\n",
      "text/event-stream");
  EXPECT_EQ(op.text(), "Hi");
  EXPECT_FALSE(op.error());
}

TEST(OpenAiRepair, ACancelEndsTheSecondRequestToo) {
  TestInstance instance(openai_module(), kElsewhere);
  TestOp op(instance, {.body = R"({"max_tokens":5})"});
  instance.host.answer(400, refusal("unsupported_parameter", "max_tokens"));
  op.cancel();
  EXPECT_EQ(op.error()->error_class, ErrorClass::kCancelled);
  EXPECT_TRUE(instance.host.last().cancelled);
  EXPECT_EQ(op.ends(), 1);
}

TEST(OpenAiRepair, WorksFromABodyThatBrokeBehindWhatItSays) {
  TestInstance instance(openai_module(), kElsewhere);
  TestOp op(instance, {.body = R"({"max_tokens":5})"});
  SentRequest& first = instance.host.last();
  instance.host.head(first, 400, {});
  instance.host.data(first, refusal("unsupported_parameter", "max_tokens"));
  instance.host.advance(std::chrono::milliseconds(2'000));
  ASSERT_EQ(instance.host.requests.size(), 2u);
  EXPECT_TRUE(first.cancelled);
  instance.host.answer(200, kAnswer);
  EXPECT_EQ(op.text(), "Hi");
}

TEST(OpenAiRepair, WhatTheHostRefusesToSendIsTheError) {
  TestInstance instance(openai_module(), kElsewhere);
  TestOp op(instance, {.body = R"({"max_tokens":5})"});
  Error no;
  no.error_class = ErrorClass::kTimeout;
  no.message = "too late";
  instance.host.refuse_send = no;
  instance.host.answer(400, refusal("unsupported_parameter", "max_tokens"));
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->message, "too late");
}

TEST(OpenAiRepair, SeveralKindsFollowEachOther) {
  TestInstance instance(openai_module(), kElsewhere);
  TestOp op(instance, {.flags = PRX_RF_STREAM,
                       .body = R"({"model":"m","messages":[{"role":"system"}],"max_tokens":5})"});
  instance.host.answer(400, refusal("unsupported_parameter", "max_tokens"));
  instance.host.answer(400, refusal("unknown_parameter", "stream_options"));
  instance.host.answer(400, refusal("unsupported_value", "messages[0].role"));
  EXPECT_EQ(instance.host.last().body,
            R"({"model":"m","messages":[{"role":"developer"}],"max_completion_tokens":5})");
  instance.host.answer(400, refusal("unsupported_value", "messages[0].role"));
  EXPECT_TRUE(op.error()) << "each kind once";
  EXPECT_EQ(instance.host.requests.size(), 4u);
}

TEST(OpenAiRole, StaysAsWrittenUntilItIsConfigured) {
  const std::string body =
      R"({"messages":[ {"role" : "system","content":"role system"}, {"content":"a","role":"developer"},{"role":"user"} ]})";
  EXPECT_EQ(sent(kDefault, body), body);
  EXPECT_EQ(
      sent(R"({"system_role":"developer"})", body),
      R"({"messages":[ {"role" : "developer","content":"role system"}, {"content":"a","role":"developer"},{"role":"user"} ]})");
  EXPECT_EQ(
      sent(R"({"system_role":"system"})", body),
      R"({"messages":[ {"role" : "system","content":"role system"}, {"content":"a","role":"system"},{"role":"user"} ]})");
}

TEST(OpenAiRole, IsLearnedPerModel) {
  TestInstance instance(openai_module(), kDefault);
  const std::string of_a = R"({"model":"a","messages":[{"role":"user"},{"role":"system"}]})";
  TestOp op(instance, {.body = of_a});
  instance.host.answer(400, refusal("unsupported_value", "messages[1].role"));
  const std::string repaired = R"({"model":"a","messages":[{"role":"user"},{"role":"developer"}]})";
  EXPECT_EQ(instance.host.last().body, repaired);
  instance.host.answer(200, kAnswer);
  EXPECT_EQ(asked(instance, of_a), repaired);
  const std::string of_b = R"({"model":"b","messages":[{"role":"system"}]})";
  EXPECT_EQ(asked(instance, of_b), of_b);
}

TEST(OpenAiRole, OfAModelThatTakesNoDeveloperIsSystem) {
  TestInstance instance(openai_module(), kDefault);
  TestOp op(instance, {.body = R"({"model":"a","messages":[{"role":"developer"}]})"});
  instance.host.answer(400, refusal("unsupported_value", "messages[0].role"));
  EXPECT_EQ(instance.host.last().body, R"({"model":"a","messages":[{"role":"system"}]})");
}

TEST(OpenAiRole, OfAnotherMessageOrNoneIsReported) {
  for (const char* const parameter :
       {"messages[0].role", "messages[7].role", "messages[-1].role", "messages[].role",
        "messages[99999999999999999999].role", "messages[1].content", "messages"}) {
    TestInstance instance(openai_module(), kDefault);
    TestOp op(instance, {.body = R"({"messages":[{"role":"user"},{"role":"system"}]})"});
    instance.host.answer(400, refusal("unsupported_value", parameter));
    EXPECT_TRUE(op.error()) << parameter;
    EXPECT_EQ(instance.host.requests.size(), 1u) << parameter;
  }
}

TEST(OpenAiRole, OfAtMost64ModelsIsRemembered) {
  constexpr int kModels = 65;
  TestInstance instance(openai_module(), kDefault);
  const auto body = [](int model) {
    return R"({"model":")" + std::to_string(model) + R"(","messages":[{"role":"system"}]})";
  };
  for (int model = 0; model < kModels; ++model) {
    TestOp op(instance, {.body = body(model)});
    instance.host.answer(400, refusal("unsupported_value", "messages[0].role"));
    instance.host.answer(200, kAnswer);
  }
  EXPECT_THAT(asked(instance, body(0)), HasSubstr("system")) << "the oldest went";
  for (int model = 1; model < kModels; ++model)
    EXPECT_THAT(asked(instance, body(model)), HasSubstr("developer")) << model;
}

TEST(OpenAiUsage, IsNotAskedForWhereAServerRefusedIt) {
  const std::string fast_api =
      R"({"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted","input":{"include_usage":true}}]})";
  const std::pair<int, std::string> refusals[] = {
      {400, refusal("unknown_parameter", "stream_options")},
      {400, R"({"error":{"message":"no","param":"stream_options.include_usage","code":null}})"},
      {422, fast_api},
      {400, R"({"object":"error","message":)" + fast_api + "}"},
      {422, R"({"detail":[{"loc":["body","stream_options","include_usage"],"msg":"no"}]})"}};
  for (const auto& [status, body] : refusals) {
    TestInstance instance(openai_module(), kElsewhere);
    for (const char* const asked_for :
         {R"({"stream":true})", R"({"stream":true,"stream_options":{"include_usage":true}})"}) {
      TestOp op(instance, {.flags = PRX_RF_STREAM, .body = asked_for});
      if (instance.host.requests.size() == 1) instance.host.answer(status, body);
      EXPECT_EQ(instance.host.last().body, R"({"stream":true})") << body;
      instance.host.answer(200, kAnswer);
      EXPECT_FALSE(op.error()) << op.error()->message;
    }
    EXPECT_EQ(instance.host.requests.size(), 3u) << body;
  }
}

TEST(OpenAiUsage, AMistakeOfTheCallerIsNotTakenForTheServersLimit) {
  TestInstance instance(openai_module(), kElsewhere);
  const std::string wrong = R"({"stream":true,"stream_options":{"include_usage":"yes"}})";
  TestOp op(instance, {.flags = PRX_RF_STREAM, .body = wrong});
  instance.host.answer(400, refusal("invalid_type", "stream_options.include_usage"));
  EXPECT_EQ(instance.host.requests.size(), 1u);
  EXPECT_TRUE(op.error());
  TestOp next(instance, {.flags = PRX_RF_STREAM, .body = R"({"stream":true})"});
  EXPECT_THAT(instance.host.last().body, HasSubstr("include_usage"));
  instance.host.answer(200, kAnswer);
}

TEST(OpenAiUsage, IsAskedForAsConfigured) {
  const std::string body = R"({"stream":true})";
  EXPECT_EQ(sent_as_stream(R"({"include_usage":"never"})", body), body);
  EXPECT_THAT(sent_as_stream(R"({"include_usage":"always"})", body), HasSubstr("include_usage"));
  TestInstance instance(openai_module(), R"({"include_usage":"always"})");
  TestOp op(instance, {.flags = PRX_RF_STREAM, .body = body});
  instance.host.answer(400, refusal("unknown_parameter", "stream_options"));
  EXPECT_TRUE(op.error());
}

TEST(OpenAiSwitch, OfAnotherWordIsRefusedWithTheKnownOnes) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"max_tokens_field":"tokens"})",
       R"(max_tokens_field "tokens" is none of "auto", "max_tokens", "max_completion_tokens")"},
      {R"({"system_role":"user"})",
       R"(system_role "user" is none of "auto", "system", "developer")"},
      {R"({"include_usage":"yes"})",
       R"(include_usage "yes" is none of "auto", "always", "never")"}};
  for (const auto& [config, message] : cases) {
    const TestInstance instance(openai_module(), config);
    ASSERT_TRUE(instance.refused) << config;
    EXPECT_EQ(instance.refused->message, message);
    EXPECT_EQ(instance.refused->error_class, ErrorClass::kInvalidRequest);
  }
}

TEST(OpenAiModel, LosesTheVendorsPrefixAtOpenAiAlone) {
  EXPECT_EQ(sent(kDefault, R"({"model": "openai/gpt-4o"})"), R"({"model": "gpt-4o"})");
  EXPECT_EQ(sent(kDefault, R"({"model":"openai\/gpt-4o"})"), R"({"model":"gpt-4o"})");
  EXPECT_EQ(sent(kDefault, R"({"model":"ft:gpt-4o:openai/x"})"),
            R"({"model":"ft:gpt-4o:openai/x"})");
  const std::string groq = R"({"model":"openai/gpt-oss-120b"})";
  EXPECT_EQ(sent(R"({"base_url":"https://api.groq.com/openai/v1"})", groq), groq);
}

constexpr const char* kForOpenRouter =
    R"({"model":"m","provider":{"sort":"price"},"models":["a"],"route":"fallback","transforms":[],)"
    R"("plugins":[{"id":"web"}],"usage":{"include":true},"include_reasoning":true,"session_id":"s",)"
    R"("trace":{"trace_id":"t"},"cache_control":{},"image_config":{},"debug":{},)"
    R"("stop_server_tools_when":[],"structured_outputs":true,"top_a":0.1,"temperature":0.5})";

TEST(OpenAiBody, LosesWhatOpenRouterAloneKnows) {
  for (const char* const config : {kDefault, kElsewhere})
    EXPECT_EQ(sent(config, kForOpenRouter), R"({"model":"m","temperature":0.5})");
}

TEST(OpenAiBody, KeepsWhatTheServerKnowsByConfiguration) {
  EXPECT_EQ(sent(R"({"base_url":"http://proxy/v1","request_members":["provider","models"]})",
                 kForOpenRouter),
            R"({"model":"m","provider":{"sort":"price"},"models":["a"],"temperature":0.5})");
}

TEST(OpenAiBody, LosesForeignSamplersAtOpenAiAlone) {
  const std::string body = R"({"top_k":1,"min_p":0.1,"repetition_penalty":1.1,"top_p":1})";
  EXPECT_EQ(sent(kDefault, body), R"({"top_p":1})");
  EXPECT_EQ(sent(kElsewhere, body), body);
}

TEST(OpenAiBody, MembersWithEscapesInTheirNamesAreFoundBesideOthers) {
  EXPECT_EQ(sent(kDefault, R"({"pro\u0076ider":{},"max\u005ftokens":5,"usage":{}})"),
            R"({"max_completion_tokens":5})");
}

TEST(OpenAiBody, ReasoningBecomesAnEffort) {
  EXPECT_EQ(sent(kDefault, R"({"reasoning":{"effort":"high"},"n":1})"),
            R"({"n":1,"reasoning_effort":"high"})");
  EXPECT_EQ(sent(kDefault, R"({"reasoning":{"effort":"high"},"reasoning_effort":"low"})"),
            R"({"reasoning_effort":"low"})");
  for (const char* const other : {R"({"effort":"max"})", R"({"max_tokens":9})", "true", "null"})
    EXPECT_EQ(sent(kDefault, R"({"n":1,"reasoning":)" + std::string(other) + "}"), R"({"n":1})");
}

TEST(OpenAiBody, AnEffortThatTheModelDoesNotTakeIsLeftOut) {
  TestInstance instance(openai_module(), kDefault);
  const std::string body = R"({"model":"m","reasoning":{"effort":"high"}})";
  TestOp op(instance, {.body = body});
  instance.host.answer(400, refusal("unsupported_parameter", "reasoning_effort"));
  EXPECT_EQ(instance.host.last().body, R"({"model":"m"})");
  instance.host.answer(200, kAnswer);
  EXPECT_EQ(asked(instance, body), R"({"model":"m"})");
  TestOp own(instance, {.body = R"({"model":"m","reasoning_effort":"high"})"});
  instance.host.answer(400, refusal("unsupported_parameter", "reasoning_effort"));
  EXPECT_TRUE(own.error()) << "the caller's own words";
}

constexpr const char* kTurns =
    R"({"messages":[{"role":"user","content":"q","reasoning":"mine"}, {"role":"assistant","content":"a",)"
    R"("reasoning":"r","reasoning_content":"c","reasoning_details":[{"signature":"s"}],"annotations":[],)"
    R"("images":[],"tool_calls":[{"function":{"arguments":"{\"b\": 1,\"a\":2}"}}]}]})";

TEST(OpenAiMessages, OfTheAssistantLoseWhatOpenAiRejects) {
  EXPECT_EQ(
      sent(kDefault, kTurns),
      R"({"messages":[{"role":"user","content":"q","reasoning":"mine"}, {"role":"assistant","content":"a",)"
      R"("tool_calls":[{"function":{"arguments":"{\"b\": 1,\"a\":2}"}}]}]})");
}

TEST(OpenAiMessages, SignaturesOfACallGoBackToWhoSignsAndNotToOpenAi) {
  const std::string call =
      R"({"id":"c","type":"function","function":{"name":"f","arguments":"{}"})";
  const std::string body =
      R"({"messages":[{"role":"assistant","content":null,"tool_calls":[)" + call;
  const std::string signed_body = body + R"(,"extra_content":{"s": "x+/="}}]}]})";
  EXPECT_EQ(sent(kDefault, signed_body), body + "}]}]}");
  EXPECT_EQ(sent(R"({"message_members":["extra_content"]})", signed_body), signed_body);
  EXPECT_EQ(sent(R"({"base_url":"https://generativelanguage.googleapis.com/v1beta/openai"})",
                 signed_body),
            signed_body);
}

TEST(OpenAiRequest, StreamOptionsOfAnotherKindAreNamed) {
  TestInstance instance(openai_module(), kDefault);
  const TestOp op(instance,
                  {.flags = PRX_RF_STREAM, .body = R"({"model":"m","stream_options":5})"});
  ASSERT_TRUE(op.refused);
  EXPECT_EQ(op.refused->error_class, ErrorClass::kInvalidRequest);
  EXPECT_EQ(op.refused->message,
            R"(stream_options must be an object such as {"include_usage":true})");
}

TEST(OpenAiMessages, KeepWhatTheServerTakesBack) {
  const std::string body =
      sent(R"({"base_url":"https://api.deepseek.com/v1","message_members":["reasoning_content"]})",
           kTurns);
  EXPECT_THAT(body, AllOf(HasSubstr(R"("reasoning_content":"c")"), Not(HasSubstr("signature"))));
}

TEST(OpenAiMessages, SayReasoningByTheNameThatTheServerTakesBack) {
  const std::string turns =
      R"({"messages":[{"role":"assistant","content":"a","reasoning":"r\u0021","annotations":[]}]})";
  EXPECT_EQ(sent(R"({"message_members":["reasoning_content"]})", turns),
            R"({"messages":[{"role":"assistant","content":"a","reasoning_content":"r\u0021"}]})");
  EXPECT_EQ(sent(R"({"message_members":["reasoning"]})", turns),
            R"({"messages":[{"role":"assistant","content":"a","reasoning":"r\u0021"}]})");
}

TEST(OpenAiMessages, LoseTheCacheMarksOfTheirParts) {
  const std::string body =
      R"({"messages":[{"role":"system","content":[{"type":"text","text":"t","cache_control":{"type":"ephemeral"}},{"type":"text" , "text":"u"}]}]})";
  EXPECT_EQ(
      sent(kDefault, body),
      R"({"messages":[{"role":"system","content":[{"type":"text","text":"t"},{"type":"text" , "text":"u"}]}]})");
  EXPECT_EQ(sent(R"({"message_members":["cache_control"]})", body), body);
}

TEST(OpenAiMessages, OfOddShapesGoAsTheyAre) {
  for (const char* const odd :
       {R"({"messages":7})", R"({"messages":[]})", R"({"messages":[1,"a",[],null]})",
        R"({"messages":{"role":"assistant"}})", R"({"messages":[{}]})",
        R"({"messages":[{"role":["assistant"],"reasoning":1}]})"})
    EXPECT_EQ(sent(R"({"system_role":"developer"})", odd), odd);
}

TEST(OpenAiBody, WithoutAnyOfTheseGoesUncopied) {
  TestInstance instance(openai_module(), kDefault);
  const std::string body =
      R"({"model":"gpt-4o","messages":[{"role":"system","content":[{"type":"text","text":"reasoning"}]},{"role":"assistant","content":"\"images\":","tool_calls":[]}],"max_completion_tokens":5})";
  TestOp op(instance, {.body = body});
  EXPECT_EQ(instance.host.last().body_data, op.body().data());
}

}  // namespace
}  // namespace prx::test
