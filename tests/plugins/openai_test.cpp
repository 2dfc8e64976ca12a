// The OpenAI plugin as built, through the C interface.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/plugin_driver.hpp"

namespace prx::test {
namespace {

using testing::ElementsAre;
using testing::Pair;

const Module& module() {
  static const Module loaded = load(PRX_OPENAI);
  return loaded;
}

Start streamed(std::string body) { return {.flags = PRX_RF_STREAM, .body = std::move(body)}; }

TEST(OpenAiChat, PostsToTheDefaultBaseWithoutEmptyHeaders) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.body = R"({"model":"gpt-4o","messages":[]})"});
  const SentRequest& request = instance.host.last();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://api.openai.com/v1/chat/completions");
  EXPECT_EQ(request.key_header, "authorization");
  EXPECT_EQ(request.key_prefix, "Bearer ");
  EXPECT_THAT(request.headers, ElementsAre(Pair("content-type", "application/json"),
                                           Pair("accept", "application/json")));
}

TEST(OpenAiChat, ABodyThatDoesNotStreamIsHandedOnUncopied) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.body = R"({"model":"gpt-4o","messages":[]})"});
  EXPECT_EQ(instance.host.last().body_data, op.body().data());
}

TEST(OpenAiChat, AsksForUsageOfAStream) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, streamed(R"({"model":"m","messages":[ 1 ],"stream":true})"));
  EXPECT_EQ(
      instance.host.last().body,
      R"({"model":"m","messages":[ 1 ],"stream":true,"stream_options":{"include_usage":true}})");
}

TEST(OpenAiChat, AddsToStreamOptionsWhatTheyDoNotSay) {
  TestInstance instance(module(), "{}");
  TestOp op(instance,
            streamed(R"({"stream_options":{"include_obfuscation":false},"stream":true})"));
  EXPECT_EQ(
      instance.host.last().body,
      R"({"stream_options":{"include_obfuscation":false,"include_usage":true},"stream":true})");
}

TEST(OpenAiChat, NullStreamOptionsAreReplaced) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, streamed(R"({"stream_options":null,"stream":true})"));
  EXPECT_EQ(instance.host.last().body,
            R"({"stream_options":{"include_usage":true},"stream":true})");
}

TEST(OpenAiChat, WhatTheCallerSaysAboutUsageStays) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, streamed(R"({"stream_options":{"include_usage":false},"stream":true})"));
  EXPECT_EQ(instance.host.last().body_data, op.body().data());
}

TEST(OpenAiChat, ABodyThatIsNoObjectIsRefused) {
  for (const char* const body : {"[]", R"({"stream_options":7})"}) {
    TestInstance instance(module(), "{}");
    TestOp op(instance, streamed(body));
    ASSERT_TRUE(op.refused) << body;
    EXPECT_EQ(op.refused->error_class, ErrorClass::kInvalidRequest);
    EXPECT_TRUE(instance.host.requests.empty());
  }
}

TEST(OpenAiChat, OrganizationAndProjectAreHeaders) {
  TestInstance instance(module(), R"({"organization":"org-1","project":"proj-2"})");
  TestOp op(instance, {.body = "{}"});
  EXPECT_EQ(instance.host.last().header("OpenAI-Organization"), "org-1");
  EXPECT_EQ(instance.host.last().header("OpenAI-Project"), "proj-2");
}

TEST(OpenAiChat, ALocalServerIsABaseUrl) {
  TestInstance instance(module(), R"({"base_url":"http://localhost:8000/v1/"})");
  TestOp op(instance, {.body = "{}"});
  EXPECT_EQ(instance.host.last().url, "http://localhost:8000/v1/chat/completions");
}

TEST(OpenAiChat, DecodesAnAnswerThatDoesNotStream) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.body = "{}"});
  instance.host.answer(
      200,
      R"({"id":"c1","model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}})");
  EXPECT_EQ(op.text(), "Hi");
  EXPECT_EQ(op.ends(), 1);
  EXPECT_FALSE(op.error());
}

TEST(OpenAiChat, DecodesAStreamWithAUsageChunk) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, streamed("{}"));
  instance.host.answer(200,
                       "data: "
                       "{\"id\":\"c1\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{"
                       "\"content\":\"Hi\"}}],\"usage\":null}\n\n"
                       "data: "
                       "{\"id\":\"c1\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{},"
                       "\"finish_reason\":\"stop\"}],\"usage\":null}\n\n"
                       "data: "
                       "{\"id\":\"c1\",\"model\":\"gpt-4o\",\"choices\":[],\"usage\":{\"prompt_"
                       "tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}\n\n"
                       "data: [DONE]\n\n",
                       "text/event-stream; charset=utf-8");
  EXPECT_EQ(op.text(), "Hi");
  EXPECT_FALSE(op.error());
  bool usage = false;
  for (const Event& event : op.events()) usage = usage || event.usage.has_value();
  EXPECT_TRUE(usage);
}

TEST(OpenAiError, QuotaIsCreditAndNotARateLimit) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.body = "{}"});
  SentRequest& request = instance.host.last();
  instance.host.head(request, 429,
                     {{"content-type", "application/json"}, {"x-request-id", "req-9"}});
  instance.host.data(
      request,
      R"({"error":{"message":"You exceeded your quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}})");
  instance.host.end(request);
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kCredit);
  EXPECT_EQ(op.error()->provider_code, "insufficient_quota");
  EXPECT_EQ(op.error()->request_id, "req-9");
}

TEST(OpenAiModels, AreItems) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_MODELS});
  EXPECT_EQ(instance.host.last().url, "https://api.openai.com/v1/models");
  instance.host.answer(200, R"({"object":"list","data":[{"id":"gpt-4o","object":"model"}]})");
  ASSERT_EQ(op.events().size(), 2u);
  EXPECT_EQ(op.events()[0].id, "gpt-4o");
}

TEST(OpenAiModels, ARejectedListIsATypedError) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_MODELS});
  instance.host.answer(502, "<html>Bad gateway</html>", "text/html");
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kOverloaded);
}

TEST(OpenAiOp, HealthAndWarmupListTheModels) {
  for (const std::uint32_t kind : {PRX_OP_HEALTH, PRX_OP_WARMUP}) {
    TestInstance instance(module(), "{}");
    TestOp op(instance, {.op = kind});
    EXPECT_EQ(instance.host.last().method, "GET");
    EXPECT_EQ(instance.host.last().url, "https://api.openai.com/v1/models");
    instance.host.answer(200, R"({"data":[]})");
    EXPECT_TRUE(op.ended());
    EXPECT_FALSE(op.error());
  }
}

TEST(OpenAiOp, HasNoAccount) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_ACCOUNT});
  ASSERT_TRUE(op.refused);
  EXPECT_EQ(op.refused->error_class, ErrorClass::kUnsupported);
}

}  // namespace
}  // namespace prx::test
