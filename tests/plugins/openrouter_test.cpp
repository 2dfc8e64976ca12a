// The OpenRouter plugin as built, through the C interface: requests exactly right, answers decoded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/plugin_driver.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

const Module& module() {
  static const Module loaded = load(PRX_OPENROUTER);
  return loaded;
}

constexpr const char* kBody =
    R"({"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true})";
constexpr const char* kStream =
    ": OPENROUTER PROCESSING\n\n"
    R"(data: {"id":"gen-1","provider":"Acme","model":"acme/m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"},"finish_reason":null}]})"
    "\n\n"
    R"(data: {"id":"gen-1","provider":"Acme","model":"acme/m","choices":[{"index":0,"delta":{"role":"assistant","content":"lo"},"finish_reason":"stop"}]})"
    "\n\n"
    R"(data: {"id":"gen-1","provider":"Acme","model":"acme/m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"cost":0.25}})"
    "\n\ndata: [DONE]\n\n";

Start chat() { return {.flags = PRX_RF_STREAM, .body = kBody}; }

void stream(FakeHost& host, std::string_view body) { host.answer(200, body, "text/event-stream"); }

TEST(OpenRouterChat, PostsTheBodyItselfWithTheHeadersThatNameTheApplication) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, chat());
  const SentRequest& request = instance.host.last();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://openrouter.ai/api/v1/chat/completions");
  EXPECT_EQ(request.key_header, "authorization");
  EXPECT_EQ(request.key_prefix, "Bearer ");
  EXPECT_EQ(request.body_data, op.body().data());
  EXPECT_EQ(request.body, kBody);
  EXPECT_THAT(
      request.headers,
      ElementsAre(Pair("HTTP-Referer", "https://github.com/theonlyhennygod/openprx"),
                  Pair("X-Title", "OpenPRX"), Pair("X-OpenRouter-Title", "OpenPRX"),
                  Pair("content-type", "application/json"), Pair("accept", "text/event-stream")));
}

TEST(OpenRouterChat, DecodesAStreamInPiecesOfAnySize) {
  for (const std::size_t piece : {1u, 7u, 4096u}) {
    TestInstance instance(module(), "{}");
    TestOp op(instance, chat());
    SentRequest& request = instance.host.last();
    instance.host.head(request, 200, {{"content-type", "text/event-stream"}});
    for (std::string_view rest = kStream; !rest.empty();
         rest.remove_prefix(std::min(piece, rest.size())))
      instance.host.data(request, rest.substr(0, piece));
    instance.host.end(request);
    EXPECT_EQ(op.text(), "Hello") << piece;
    EXPECT_EQ(op.ends(), 1);
    EXPECT_FALSE(op.error());
    EXPECT_EQ(op.inside_start(), 0);
  }
}

TEST(OpenRouterChat, TellsIdModelVendorAndCost) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, chat());
  stream(instance.host, kStream);
  const auto events = op.events();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events[0].type, static_cast<std::uint32_t>(PRX_EV_META));
  EXPECT_EQ(events[0].id, "gen-1");
  EXPECT_EQ(events[0].name, "acme/m");
  EXPECT_EQ(events[0].text, "Acme");
  ASSERT_TRUE(events[events.size() - 2].usage);
  EXPECT_EQ(events[events.size() - 2].usage->cost, 0.25);
}

TEST(OpenRouterChat, TakesTheIdFromTheHeadWhenTheBodyHasNone) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.body = "{}"});
  SentRequest& request = instance.host.last();
  EXPECT_EQ(request.header("accept"), "application/json");
  instance.host.head(request, 200,
                     {{"content-type", "application/json"}, {"x-generation-id", "gen-head"}});
  instance.host.data(
      request,
      R"({"model":"m","choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}]})");
  instance.host.end(request);
  ASSERT_FALSE(op.events().empty());
  EXPECT_EQ(op.events()[0].id, "gen-head");
  EXPECT_EQ(op.text(), "Hi");
}

TEST(OpenRouterChat, AModelIdThatIsNoneIsNotFound) {
  const auto class_of = [](int status, const std::string& error) {
    TestInstance instance(module(), "{}");
    TestOp op(instance, chat());
    instance.host.answer(status, R"({"error":)" + error + R"(,"user_id":"user_1"})",
                         status == 200 ? "text/event-stream" : "application/json");
    return op.error().value_or(Error{}).error_class;
  };
  const std::string gone = R"("message":"a/retired is not a valid model ID")";
  EXPECT_EQ(class_of(400, "{" + gone + R"(,"code":400})"), ErrorClass::kNotFound);
  EXPECT_EQ(class_of(200, "{" + gone + R"(,"code":400})"), ErrorClass::kNotFound);
  EXPECT_EQ(
      class_of(400, "{" + gone + R"(,"code":400,"metadata":{"error_type":"invalid_prompt"}})"),
      ErrorClass::kInvalidRequest)
      << "a code goes before words";
  EXPECT_EQ(class_of(403, "{" + gone + R"(,"code":403})"), ErrorClass::kPermission);
  EXPECT_EQ(class_of(400, R"({"message":"bad","code":400})"), ErrorClass::kInvalidRequest);
}

TEST(OpenRouterChat, ConfigurationReplacesOrRemovesTheApplication) {
  TestInstance instance(
      module(),
      R"({"referer":"","title":"Mine","categories":["cli-agent","chat"],"metadata":true})");
  TestOp op(instance, chat());
  const SentRequest& request = instance.host.last();
  EXPECT_EQ(request.header("HTTP-Referer"), std::nullopt);
  EXPECT_EQ(request.header("X-Title"), "Mine");
  EXPECT_EQ(request.header("X-OpenRouter-Title"), "Mine");
  EXPECT_EQ(request.header("X-OpenRouter-Categories"), "cli-agent,chat");
  EXPECT_EQ(request.header("X-OpenRouter-Metadata"), "enabled");
}

TEST(OpenRouterChat, PassesOnTraceAndIdempotencyKey) {
  TestInstance instance(module(), "{}");
  Start start = chat();
  start.idempotency_key = "call-7";
  start.traceparent = "00-1-2-01";
  TestOp op(instance, start);
  EXPECT_EQ(instance.host.last().header("idempotency-key"), "call-7");
  EXPECT_EQ(instance.host.last().header("traceparent"), "00-1-2-01");
}

TEST(OpenRouterConfig, BaseUrlMayEndInASlash) {
  TestInstance instance(module(), R"({"base_url":"http://127.0.0.1:8080/api/v1//"})");
  TestOp op(instance, chat());
  EXPECT_EQ(instance.host.last().url, "http://127.0.0.1:8080/api/v1/chat/completions");
}

TEST(OpenRouterConfig, RefusesWhatCannotWork) {
  for (const char* const config :
       {R"({"base_url":"openrouter.ai/api/v1"})", R"({"base_url":"https://a/b?c"})",
        R"({"title":"a\nb"})", R"({"categories":["a","b","c"]})"}) {
    TestInstance instance(module(), config);
    ASSERT_TRUE(instance.refused) << config;
    EXPECT_EQ(instance.refused->error_class, ErrorClass::kInvalidRequest) << config;
  }
}

TEST(OpenRouterConfig, ARefusalIsOneLineWhateverItQuotes) {
  TestInstance instance(module(), R"({"base_url":"ftp\u001b\r\n://a"})");
  ASSERT_TRUE(instance.refused);
  for (const char c : instance.refused->message) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
}

TEST(OpenRouterModels, AreItems) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_MODELS});
  EXPECT_EQ(instance.host.last().method, "GET");
  EXPECT_EQ(instance.host.last().url, "https://openrouter.ai/api/v1/models");
  EXPECT_EQ(instance.host.last().body, "");
  instance.host.answer(200, R"({"data":[{"id":"a/b","name":"B"},{"id":"c/d"}]})");
  const auto events = op.events();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].name, "model");
  EXPECT_EQ(events[0].id, "a/b");
  EXPECT_EQ(events[0].json, R"({"id":"a/b","name":"B"})");
  EXPECT_EQ(events[1].id, "c/d");
  EXPECT_EQ(op.ends(), 1);
}

TEST(OpenRouterHealth, AsksForTheKey) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_HEALTH});
  EXPECT_EQ(instance.host.last().url, "https://openrouter.ai/api/v1/key");
  EXPECT_EQ(instance.host.last().key_header, "authorization");
  instance.host.answer(200, R"({"data":{"label":"k"}})");
  EXPECT_TRUE(op.ended());
  EXPECT_FALSE(op.error());
}

TEST(OpenRouterHealth, ARefusedKeyIsAnAuthError) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_HEALTH});
  instance.host.answer(401, R"({"error":{"message":"No auth credentials found","code":401}})");
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kAuth);
  EXPECT_EQ(op.error()->http_status, 401);
}

TEST(OpenRouterHealth, APageThatIsNoJsonIsNoHealth) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_HEALTH});
  instance.host.answer(200, "<html>Sign in to the hotel's network</html>", "text/html");
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kBadResponse);
}

TEST(OpenRouterWarmup, GetsTheKeyAndThenItsOldPathAfterA404) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_WARMUP});
  EXPECT_EQ(instance.host.last().url, "https://openrouter.ai/api/v1/key");
  instance.host.answer(404, R"({"error":{"message":"Not Found","code":404}})");
  EXPECT_FALSE(op.ended());
  ASSERT_EQ(instance.host.requests.size(), 2u);
  EXPECT_EQ(instance.host.last().url, "https://openrouter.ai/api/v1/auth/key");
  EXPECT_EQ(instance.host.last().key_header, "authorization");
  instance.host.answer(200, R"({"data":{}})");
  EXPECT_EQ(op.ends(), 1);
  EXPECT_FALSE(op.error());
}

TEST(OpenRouterWarmup, A404WhoseBodyStallsIsStillOne) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_WARMUP});
  instance.host.head(instance.host.last(), 404, {});
  instance.host.advance(std::chrono::seconds(2));
  ASSERT_EQ(instance.host.requests.size(), 2u);
  EXPECT_TRUE(instance.host.requests[0].cancelled);
  Error refused;
  refused.error_class = ErrorClass::kNetwork;
  refused.message = "refused";
  instance.host.end(instance.host.last(), refused);
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kNetwork) << "the 404 was of the exchange before";
}

TEST(OpenRouterWarmup, ASecond404IsNotFound) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_WARMUP});
  instance.host.answer(404, "");
  instance.host.answer(404, "");
  EXPECT_EQ(instance.host.requests.size(), 2u);
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kNotFound);
}

TEST(OpenRouterWarmup, ARefusedKeyIsNotTriedAtTheOldPath) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_WARMUP});
  instance.host.answer(401, "{}");
  EXPECT_EQ(instance.host.requests.size(), 1u);
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kAuth);
}

TEST(OpenRouterWarmup, ThePathCanBeConfigured) {
  TestInstance instance(module(), R"({"warmup_path":"/credits"})");
  TestOp op(instance, {.op = PRX_OP_WARMUP});
  EXPECT_EQ(instance.host.last().url, "https://openrouter.ai/api/v1/credits");
}

TEST(OpenRouterAccount, ExplainsThatCreditsNeedAManagementKey) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_ACCOUNT});
  EXPECT_EQ(instance.host.last().url, "https://openrouter.ai/api/v1/key");
  instance.host.answer(200, R"({"data":{"label":"k"}})");
  EXPECT_EQ(instance.host.last().url, "https://openrouter.ai/api/v1/credits");
  instance.host.answer(403, R"({"error":{"message":"Only management keys","code":403}})");
  const auto events = op.events();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].name, "key");
  EXPECT_EQ(events[0].json, R"({"data":{"label":"k"}})");
  EXPECT_EQ(events[1].name, "credits");
  EXPECT_EQ(events[1].json, "null");
  EXPECT_THAT(events[1].text, HasSubstr("management key"));
  EXPECT_EQ(events[2].type, static_cast<std::uint32_t>(PRX_EV_DONE));
}

TEST(OpenRouterAccount, GivesBothPartsToAManagementKey) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_ACCOUNT});
  instance.host.answer(200, R"({"data":{"limit":null}})");
  instance.host.answer(200, R"({"data":{"total_credits":10,"total_usage":4}})");
  ASSERT_EQ(op.events().size(), 3u);
  EXPECT_EQ(op.events()[1].json, R"({"data":{"total_credits":10,"total_usage":4}})");
}

TEST(OpenRouterAccount, AnAnswerThatTellsNoneSaysWhatCameAndFromWhere) {
  for (const auto& [body, what] :
       {std::pair("null", "is null, which"),
        {"[]", "is a list, which"},
        {"12", "is a number"},
        {" \"ok\"", "is a text"},
        {"true", "is a boolean"},
        {"{}", "is an object, which"},
        {R"({"object":"list"})", "is an object, which"},
        {R"({"data":null})", "is an object whose data is null"},
        {R"({"data":[{"label":"k"}]})", "is an object whose data is a list"},
        {R"({"data":{"name":"k"},"label":"k"})", "is an object whose data is an object"}}) {
    TestInstance instance(module(), "{}");
    TestOp op(instance, {.op = PRX_OP_ACCOUNT});
    instance.host.answer(200, body);
    EXPECT_EQ(instance.host.requests.size(), 1u) << body;
    ASSERT_TRUE(op.error()) << body;
    EXPECT_EQ(op.error()->error_class, ErrorClass::kBadResponse) << body;
    EXPECT_EQ(op.error()->http_status, 200);
    EXPECT_THAT(op.error()->message,
                AllOf(HasSubstr("OpenRouter: the answer from https://openrouter.ai/api/v1/key "),
                      HasSubstr(what), HasSubstr("; check base_url")));
  }
}

TEST(OpenRouterAccount, AnAccountMayBeOutsideOfData) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_ACCOUNT});
  instance.host.answer(200, R"({"label":"k"})");
  EXPECT_FALSE(op.error());
  EXPECT_EQ(instance.host.requests.size(), 2u);
}

TEST(OpenRouterAccount, CreditsAreLookedAtToo) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_ACCOUNT});
  instance.host.answer(200, R"({"data":{"label":"k"}})");
  instance.host.answer(200, R"({"data":{"label":"k"}})");
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kBadResponse);
  EXPECT_THAT(op.error()->message, HasSubstr("/api/v1/credits is an object"));
}

TEST(OpenRouterAccount, AnErrorUnderStatus200IsOne) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_ACCOUNT});
  instance.host.answer(200, R"({"error":{"message":"User not found.","code":401}})");
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kAuth);
  EXPECT_THAT(op.error()->message, HasSubstr("User not found"));
}

TEST(OpenRouterHealth, JsonThatIsNoObjectIsCalledWhatItIs) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_HEALTH});
  instance.host.answer(200, "[1]");
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kBadResponse);
  EXPECT_THAT(
      op.error()->message,
      HasSubstr("the answer from https://openrouter.ai/api/v1/key is a list, not an object"));
}

TEST(OpenRouterAccount, ARefusedKeyEndsIt) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_ACCOUNT});
  instance.host.answer(401, "{}");
  EXPECT_EQ(instance.host.requests.size(), 1u);
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kAuth);
}

TEST(OpenRouterCall, PostsABodyToAnyPath) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_CALL, .model = "/embeddings", .body = R"({"input":"x"})"});
  EXPECT_EQ(instance.host.last().method, "POST");
  EXPECT_EQ(instance.host.last().url, "https://openrouter.ai/api/v1/embeddings");
  EXPECT_EQ(instance.host.last().body_data, op.body().data());
  instance.host.answer(200, R"({"data":[]})");
  ASSERT_EQ(op.events().size(), 2u);
  EXPECT_EQ(op.events()[0].json, R"({"data":[]})");
}

TEST(OpenRouterCall, GetsAPathWhenThereIsNoBody) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_CALL, .model = "/generation?id=gen-1"});
  EXPECT_EQ(instance.host.last().method, "GET");
  EXPECT_EQ(instance.host.last().url, "https://openrouter.ai/api/v1/generation?id=gen-1");
}

TEST(OpenRouterCall, RefusesAPathThatWouldLeaveTheBase) {
  TestInstance instance(module(), "{}");
  for (const char* const path : {"", "embeddings", "@evil.test/", "/a b", "/a\r\nb", "/a#b"}) {
    TestOp op(instance, {.op = PRX_OP_CALL, .model = path});
    ASSERT_TRUE(op.refused) << path;
    EXPECT_EQ(op.refused->error_class, ErrorClass::kInvalidRequest);
  }
  EXPECT_TRUE(instance.host.requests.empty());
}

TEST(OpenRouterCall, AnAnswerThatIsNoJsonIsABadResponse) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = PRX_OP_CALL, .model = "/audio"});
  instance.host.answer(200, "ID3", "audio/mpeg");
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kBadResponse);
  EXPECT_THAT(op.error()->message, HasSubstr("audio/mpeg"));
}

TEST(OpenRouterOp, AnUnknownOperationIsUnsupported) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, {.op = 99});
  ASSERT_TRUE(op.refused);
  EXPECT_EQ(op.refused->error_class, ErrorClass::kUnsupported);
}

struct ErrorShape {
  const char* name;
  const char* frame;
  ErrorClass error_class;
};

class OpenRouterErrorUnder200 : public testing::TestWithParam<ErrorShape> {};

TEST_P(OpenRouterErrorUnder200, EndsTheStreamAsATypedError) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, chat());
  stream(instance.host, std::string(GetParam().frame) + "\n\ndata: [DONE]\n\n");
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, GetParam().error_class) << op.error()->message;
  EXPECT_EQ(op.ends(), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, OpenRouterErrorUnder200,
    testing::Values(
        ErrorShape{
            "beside_choices",
            R"(data: {"id":"g","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":{"code":429,"message":"slow down","metadata":{"error_type":"rate_limit_exceeded"}}})",
            ErrorClass::kRateLimit},
        ErrorShape{
            "code_is_a_word",
            R"(data: {"id":"g","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":{"code":"server_error","message":"broken"}})",
            ErrorClass::kOverloaded},
        ErrorShape{"bare", R"(data: {"error":{"message":"no credit","code":402}})",
                   ErrorClass::kCredit},
        ErrorShape{
            "in_the_choice",
            R"(data: {"id":"g","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error","error":{"code":503,"message":"gone"}}]})",
            ErrorClass::kOverloaded},
        ErrorShape{"event_field",
                   "event: error\ndata: {\"error\":{\"message\":\"denied\",\"code\":403}}",
                   ErrorClass::kPermission}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(OpenRouterError, ARejectedStatusKeepsRetryAfterAndTheCause) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, chat());
  SentRequest& request = instance.host.last();
  instance.host.head(request, 429, {{"content-type", "application/json"}, {"retry-after", "7"}});
  instance.host.data(
      request,
      R"({"error":{"code":429,"message":"Provider returned error","metadata":{"raw":"queue is full"}}})");
  instance.host.end(request);
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kRateLimit);
  EXPECT_EQ(op.error()->retry_after, std::chrono::milliseconds(7000));
  EXPECT_THAT(op.error()->message, HasSubstr("queue is full"));
}

TEST(OpenRouterError, ARejectedStatusWhoseBodyStallsKeepsItsClassAndWords) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, chat());
  SentRequest& request = instance.host.last();
  instance.host.head(request, 429, {{"content-type", "application/json"}, {"retry-after", "7"}});
  instance.host.data(request,
                     R"({"error":{"code":429,"message":"too fast","metadata":{"raw":"que)");
  instance.host.advance(std::chrono::seconds(2));
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kRateLimit);
  EXPECT_EQ(op.error()->retry_after, std::chrono::milliseconds(7000));
  EXPECT_THAT(op.error()->message, HasSubstr("too fast: que"));
}

TEST(OpenRouterError, AnEncodedBodyOfAnyOperationIsNamed) {
  for (const std::uint32_t op_kind : {PRX_OP_CHAT, PRX_OP_MODELS, PRX_OP_HEALTH, PRX_OP_CALL}) {
    TestInstance instance(module(), "{}");
    TestOp op(instance, {.op = op_kind, .model = "/embeddings"});
    SentRequest& request = instance.host.last();
    instance.host.head(request, 200,
                       {{"content-type", "application/json"}, {"content-encoding", "gzip"}});
    instance.host.data(request, "\x1f\x8b\x08");
    instance.host.end(request);
    ASSERT_TRUE(op.error()) << op_kind;
    EXPECT_EQ(op.error()->error_class, ErrorClass::kBadResponse) << op_kind;
    EXPECT_THAT(op.error()->message, HasSubstr("is gzip-encoded though no encoding was asked for"));
  }
}

TEST(OpenRouterError, ATruncatedStreamIsABadResponse) {
  TestInstance instance(module(), "{}");
  TestOp op(instance, chat());
  const std::string_view whole = kStream;
  stream(instance.host, whole.substr(0, whole.find("\"lo\"")));
  EXPECT_EQ(op.text(), "Hel");
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kBadResponse);
}

}  // namespace
}  // namespace prx::test
