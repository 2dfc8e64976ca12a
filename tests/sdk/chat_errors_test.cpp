#include <gtest/gtest.h>

#include <tuple>

#include "event_log.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::sdk {
namespace {

using test::decode;
using test::has;
using test::Headers;

Error rejected(int status, std::string_view body, const Headers& headers = {}) {
  const auto kvs = test::kvs(headers);
  return read_error({status, kvs}, body, "OpenRouter", 1'700'000'000);
}

TEST(ChatErrors, StatusesMapToClasses) {
  const std::pair<int, ErrorClass> cases[] = {
      {400, ErrorClass::kInvalidRequest}, {401, ErrorClass::kAuth},
      {402, ErrorClass::kCredit},         {403, ErrorClass::kPermission},
      {404, ErrorClass::kNotFound},       {408, ErrorClass::kTimeout},
      {409, ErrorClass::kNetwork},        {413, ErrorClass::kInvalidRequest},
      {422, ErrorClass::kInvalidRequest}, {429, ErrorClass::kRateLimit},
      {500, ErrorClass::kOverloaded},     {502, ErrorClass::kOverloaded},
      {503, ErrorClass::kOverloaded},     {504, ErrorClass::kTimeout},
      {520, ErrorClass::kOverloaded},     {521, ErrorClass::kOverloaded},
      {522, ErrorClass::kTimeout},        {523, ErrorClass::kOverloaded},
      {524, ErrorClass::kTimeout},        {529, ErrorClass::kOverloaded},
      {302, ErrorClass::kNotFound},       {599, ErrorClass::kOverloaded},
      {600, ErrorClass::kBadResponse},    {700, ErrorClass::kBadResponse},
      {999, ErrorClass::kBadResponse},    {101, ErrorClass::kBadResponse},
      {0, ErrorClass::kBadResponse},      {-1, ErrorClass::kBadResponse}};
  for (const auto& [status, expected] : cases) EXPECT_EQ(classify(status, ""), expected) << status;
}

TEST(ChatErrors, AllTextsAreUtf8WhateverTheServerWrote) {
  const std::string bad = "Too m\xff" + std::string(80'000, '\xc3');
  const Error error = rejected(500,
                               R"({"error":{"message":")" + bad +
                                   "\",\"code\":\"c\xff\",\"metadata\":{\"raw\":\"" + bad + "\"}}}",
                               {{"x-request-id", "r\xff"}});
  for (const std::string& text : {error.message, error.provider_code, error.request_id, error.raw})
    EXPECT_TRUE(json::is_utf8(text)) << text.substr(0, 80);
  EXPECT_LE(error.raw.size(), 64u << 10) << "what stands for a bad byte is longer than it";
  EXPECT_TRUE(json::is_utf8(rejected(500, "plain \xff words").raw));
}

TEST(ChatErrors, TypedCodesGoBeforeTheStatus) {
  const std::pair<const char*, ErrorClass> cases[] = {
      {"context_length_exceeded", ErrorClass::kContextLength},
      {"insufficient_quota", ErrorClass::kCredit},
      {"content_policy_violation", ErrorClass::kContentPolicy},
      {"provider_overloaded", ErrorClass::kOverloaded},
      {"no_endpoints", ErrorClass::kNotFound},
      {"region_restricted", ErrorClass::kPermission},
      {"constraint_filtered", ErrorClass::kUnsupported},
      {"timeout", ErrorClass::kTimeout},
      {"invalid_api_key", ErrorClass::kAuth},
      {"rate_limit_exceeded", ErrorClass::kRateLimit}};
  for (const auto& [code, expected] : cases) EXPECT_EQ(classify(400, code), expected) << code;
  EXPECT_EQ(classify(503, "slow_down"), ErrorClass::kOverloaded);
  EXPECT_EQ(classify(429, "slow_down"), ErrorClass::kRateLimit);
  EXPECT_EQ(classify(429, "never heard of"), ErrorClass::kRateLimit);
}

TEST(ChatErrors, EachPlaceOfATypedCodeIsRead) {
  EXPECT_EQ(
      rejected(
          400,
          R"({"error":{"code":400,"message":"m","metadata":{"error_type":"context_length_exceeded"}}})")
          .error_class,
      ErrorClass::kContextLength);
  EXPECT_EQ(
      rejected(
          404,
          R"({"error":{"error_type":"not_found","http_status":404,"message":"m","availability":{"code":"model_deprecated","retryable":false}}})")
          .error_class,
      ErrorClass::kNotFound);
  EXPECT_EQ(rejected(400, R"({"error":{"message":"m","availability":{"code":"model_not_found"}}})")
                .error_class,
            ErrorClass::kNotFound);
  EXPECT_EQ(rejected(429, R"({"error":{"message":"m","type":"insufficient_quota","code":null}})")
                .error_class,
            ErrorClass::kCredit);
  EXPECT_EQ(
      rejected(
          429,
          R"({"error":{"message":"m","type":"insufficient_quota","code":"credit_balance_exhausted"}})")
          .error_class,
      ErrorClass::kCredit);
  EXPECT_EQ(
      rejected(
          400,
          R"({"error":{"message":"m","code":"unsupported_value","param":"messages[0].role","type":"invalid_request_error"}})")
          .error_class,
      ErrorClass::kUnsupported);
  EXPECT_EQ(
      rejected(429, R"({"error":{"message":"m","type":"invalid_request_error"}})").error_class,
      ErrorClass::kRateLimit);
  EXPECT_EQ(
      rejected(403, R"({"error":{"code":403,"message":"m","metadata":{"limit_source":"key"}}})")
          .error_class,
      ErrorClass::kCredit);
}

TEST(ChatErrors, WordsNeverDecideTheClass) {
  EXPECT_EQ(rejected(400, R"({"error":{"message":"a/b is not a valid model ID","code":400}})")
                .error_class,
            ErrorClass::kInvalidRequest);
  EXPECT_EQ(
      rejected(
          400,
          R"({"error":{"code":400,"message":"context length exceeded, rate limit, invalid api key"}})")
          .error_class,
      ErrorClass::kInvalidRequest);
}

/// As a plugin would, for its own provider.
void to_not_found(Error& error) noexcept { error.error_class = ErrorClass::kNotFound; }

TEST(ChatErrors, TheProviderMayRefineWhatItReported) {
  ChatDecoderOptions options;
  options.refine_error = to_not_found;
  const std::string error = R"({"error":{"message":"m","code":400}})";
  for (const auto& log :
       {decode(error, {.status = 400, .options = options}),
        decode(test::sse({error}), {.options = options}), decode(error, {.options = options})})
    EXPECT_EQ(log.error.error_class, ErrorClass::kNotFound) << log.last();
  EXPECT_EQ(decode("", {.options = options}).error.error_class, ErrorClass::kBadResponse)
      << "an error of the dialect's own";
}

TEST(ChatErrors, CodeMayBeNumberStringWordOrNull) {
  for (const char* code : {"429", "\"429\"", "null", "\"server_error\""}) {
    const Error error =
        rejected(429, R"({"error":{"message":"slow","code":)" + std::string(code) + "}}");
    EXPECT_EQ(error.http_status, 429) << code;
    EXPECT_TRUE(has(error.message, "slow")) << code;
  }
  EXPECT_EQ(rejected(429, R"({"error":{"code":"429","message":"x"}})").provider_code, "429");
  EXPECT_EQ(rejected(400, R"({"error":{"code":null,"message":"x"}})").provider_code, "");
}

TEST(ChatErrors, CauseInsideRawReachesTheMessage) {
  const auto with_raw = [](const std::string& raw) {
    return rejected(
        429,
        R"({"error":{"code":429,"message":"Provider returned error","metadata":{"provider_name":"Acme","raw":)" +
            raw + "}}}");
  };
  EXPECT_EQ(with_raw(R"("acme/one is busy upstream.")").message,
            "OpenRouter answered 429 Too Many Requests: Provider returned error: acme/one is busy "
            "upstream. (provider Acme)");
  EXPECT_TRUE(has(with_raw(R"("{\"error\":{\"message\":\"deep\\nreason\",\"code\":1}}")").message,
                  ": deep reason (provider"));
  EXPECT_TRUE(
      has(with_raw(R"({"error":{"message":"{\"detail\":[{\"msg\":\"deepest\"}]}"}})").message,
          ": deepest (provider"));
  EXPECT_EQ(with_raw(R"("acme/one is busy upstream.")").raw, "acme/one is busy upstream.");
  const Error hint = with_raw(R"("{\"retryable\":true}")");
  EXPECT_EQ(hint.retryable, true);
  EXPECT_EQ(hint.message,
            "OpenRouter answered 429 Too Many Requests: Provider returned error (provider Acme)");
}

TEST(ChatErrors, MessageIsOneLineAndBounded) {
  const Error error = rejected(
      500, R"({"error":{"message":"a\r\nb\tc\u0007d\u001b[31m)" + std::string(5000, 'x') + "\"}}");
  EXPECT_TRUE(has(error.message, ": a b c d [31mxxx"));
  EXPECT_EQ(error.message.size(), 600u);
  EXPECT_EQ(error.message.substr(597), "...");
  EXPECT_LE(rejected(500, R"({"error":{"metadata":{"raw":")" + std::string(200'000, 'y') + "\"}}}")
                .raw.size(),
            65'536u);
}

TEST(ChatErrors, WhatWasCutEndsInDots) {  // where a host looks for a part of a key
  const std::string blanks(10'000, '\n');
  EXPECT_EQ(rejected(500, R"({"error":{"code":"a)" + std::string(790, ' ') + R"(sk-012345"}})")
                .provider_code,
            "a sk-012345");
  const Error gap = rejected(500, "busy" + blanks + "sk-0123456789");
  EXPECT_EQ(gap.message, "OpenRouter answered 500 Internal Server Error: busy...");
  const Error cut =
      rejected(401, R"({"error":{"metadata":{"provider_name":"Acme"},"message":"bad key sk-0123)");
  EXPECT_EQ(cut.message,
            "OpenRouter answered 401 Unauthorized: bad key sk-0123... (provider Acme)");
  EXPECT_EQ(rejected(500, blanks).message, "OpenRouter answered 500 Internal Server Error");
}

TEST(ChatErrors, HtmlGivesItsTitleAtMost) {
  const Error error = rejected(
      502, "<html><head><TITLE>502 Bad\n gateway</TITLE></head><body>inner words</body></html>");
  EXPECT_EQ(error.error_class, ErrorClass::kOverloaded);
  EXPECT_EQ(error.message, "OpenRouter answered 502 Bad Gateway: 502 Bad gateway");
  EXPECT_EQ(rejected(503, "<html>").message, "OpenRouter answered 503 Service Unavailable");
  EXPECT_EQ(rejected(503, "").message, "OpenRouter answered 503 Service Unavailable");
  EXPECT_EQ(rejected(503, "{\"error\":{\"mess").error_class, ErrorClass::kOverloaded);
  EXPECT_EQ(rejected(503, "upstream connect error\n").message,
            "OpenRouter answered 503 Service Unavailable: upstream connect error");
}

TEST(ChatErrors, OtherShapesOfBodies) {
  EXPECT_TRUE(
      has(rejected(404, R"({"error":"model 'x' not found"})").message, "model 'x' not found"));
  EXPECT_TRUE(
      has(rejected(422, R"({"detail":[{"msg":"field required"}]})").message, "field required"));
  EXPECT_TRUE(has(rejected(400, R"({"message":"plain","code":400})").message, "plain"));
  EXPECT_TRUE(
      has(rejected(400, R"([{"error":{"code":400,"message":"in a list"}}])").message, "in a list"));
}

TEST(ChatErrors, ErrorsWithoutAnErrorObjectAreReadUnderAnErrorStatus) {
  struct Case {
    const char *body, *words;
    ErrorClass error_class;
  };
  const Case cases[] = {
      {R"({"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400})",
       "too long", ErrorClass::kInvalidRequest},
      {R"({"type":"error","error":{"type":"insufficient_quota","message":"pay up"}})", "pay up",
       ErrorClass::kCredit},
      {R"({"code":"context_length_exceeded","message":"too much"})", "too much",
       ErrorClass::kContextLength},
      {R"({"error":"Input validation error","error_type":"unsupported_parameter"})",
       "Input validation error", ErrorClass::kUnsupported},
      {R"({"error":true,"message":"with words beside it"})", "with words beside it",
       ErrorClass::kInvalidRequest},
      {R"({"error":5})", ": code 5", ErrorClass::kInvalidRequest},
      {R"({"detail":"Not here"})", "Not here", ErrorClass::kInvalidRequest}};
  for (const Case& each : cases) {
    const Error error = rejected(400, each.body);
    EXPECT_EQ(error.error_class, each.error_class) << each.body;
    EXPECT_TRUE(has(error.message, each.words)) << error.message;
  }
}

TEST(ChatErrors, AStatusThatDoesNotExistIsABadResponse) {
  for (int status : {600, 700, 999}) {
    const Error error = rejected(status, R"({"error":{"message":"odd"}})");
    EXPECT_EQ(error.error_class, ErrorClass::kBadResponse);
    EXPECT_EQ(error.http_status, 0);
    EXPECT_EQ(error.message, "OpenRouter answered " + std::to_string(status) + ": odd");
  }
}

TEST(ChatErrors, ARedirectNamesTheOriginItLeadsTo) {
  const auto words = [](const std::string& location) {
    return rejected(302, "", {{"location", location}}).message;
  };
  const std::string hint =
      "OpenRouter answered 302 Found: redirects are not followed; base_url is probably wrong";
  EXPECT_EQ(words("https://user:secret@api.example:8443/v1/chat?token=secret#x"),
            hint + " (this one leads to https://api.example:8443)");
  EXPECT_EQ(words("http://api.example"), hint + " (this one leads to http://api.example)");
  for (const char* location : {"", "/v2/chat", "//host/x", "javascript://x", "https://"})
    EXPECT_EQ(words(location), hint) << location;
  EXPECT_LE(words("https://" + std::string(100'000, 'h')).size(), 600u);
  EXPECT_EQ(rejected(307, "").error_class, ErrorClass::kNotFound);
}

TEST(ChatErrors, AnEncodedErrorBodyKeepsTheClassOfItsStatus) {
  const Error error = rejected(429, "\x1f\x8b\x08\x01\x02", {{"content-encoding", "br"}});
  EXPECT_EQ(error.error_class, ErrorClass::kRateLimit);
  EXPECT_EQ(error.message, "OpenRouter answered 429 Too Many Requests: its body is br-encoded");
}

TEST(ChatErrors, AnErrorBodyThatWasCutIsReadAsFarAsItGoes) {
  const std::string body =
      R"({"error":{"message":"out of \"credit\"","code":"insufficient_quota","metadata":{"raw":"[1,{\"a\":2}]","more":[1,{"b":tru)";
  const Error error = rejected(400, body);
  EXPECT_EQ(error.error_class, ErrorClass::kCredit);
  EXPECT_TRUE(has(error.message, R"(: out of "credit")")) << error.message;
  const Error words = rejected(500, R"({"error":{"code":500,"message":"it all went)");
  EXPECT_EQ(words.message, "OpenRouter answered 500 Internal Server Error: it all went...");
}

TEST(ChatErrors, EveryCutOfAnErrorBodyKeepsTheClassAndNeverInventsWords) {
  const std::string body =
      R"([ {"a":[true,null,-1.5e3,{}],"error" : {"message":"one \\ two \u00fc \ud83c\udf1f \"three\"","code":429}} ])";
  const std::string whole = rejected(429, body).message;
  for (std::size_t size = 0; size <= body.size(); ++size) {
    Error error = rejected(429, std::string_view(body).substr(0, size));
    EXPECT_EQ(error.error_class, ErrorClass::kRateLimit);
    if (error.message.size() > 3 && error.message.substr(error.message.size() - 3) == "...")
      error.message.resize(error.message.size() - 3);  // where it was cut
    const bool none = has(error.message, "broken JSON") || has(error.message, "code 429");
    EXPECT_TRUE(none || whole.rfind(error.message, 0) == 0) << error.message;
  }
}

TEST(ChatErrors, ProseInBracketsIsNotJsonThatWasCut) {
  const Error error = rejected(
      500,
      R"({"error":{"message":"Provider returned error","metadata":{"raw":"[1] was too busy"}}})");
  EXPECT_TRUE(has(error.message, "[1] was too busy")) << error.message;
}

TEST(ChatErrors, NestingOfACutErrorBodyIsLimited) {
  const std::string deep = R"({"message":"seen","x":)";
  EXPECT_TRUE(has(rejected(500, deep + std::string(127, '[')).message, "seen"));
  EXPECT_FALSE(has(rejected(500, deep + std::string(128, '[')).message, "seen"));
}

TEST(ChatErrors, RetryableIsTheProvidersOwnWord) {
  EXPECT_EQ(rejected(500, "{}").retryable, std::nullopt);
  EXPECT_EQ(rejected(400, "{}", {{"x-should-retry", "true"}}).retryable, true);
  EXPECT_EQ(rejected(429, R"({"error":{"availability":{"retryable":true}}})",
                     {{"x-should-retry", "false"}})
                .retryable,
            false);
  EXPECT_EQ(rejected(404, R"({"error":{"availability":{"code":"no_endpoints","retryable":false}}})")
                .retryable,
            false);
}

TEST(ChatErrors, RetryAfterComesFromHeadersAndBodies) {
  using std::chrono::milliseconds;
  EXPECT_EQ(rejected(429, "{}", {{"retry-after", "7"}}).retry_after, milliseconds(7000));
  EXPECT_EQ(
      rejected(
          503,
          R"({"error":{"availability":{"code":"temporarily_unavailable","retryable":true,"retry_after":12}}})")
          .retry_after,
      milliseconds(12'000));
  EXPECT_EQ(
      rejected(
          429,
          R"({"error":{"code":429,"metadata":{"headers":{"X-RateLimit-Limit":"50","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1700000030000"}}}})")
          .retry_after,
      milliseconds(30'000));
  EXPECT_EQ(rejected(401, "{}", {{"x-ratelimit-reset-requests", "6m0s"}}).retry_after,
            std::nullopt);
}

TEST(ChatErrors, AnOverloadWaitsForALimitOnlyWhenItIsUsedUp) {
  using std::chrono::milliseconds;
  const Headers healthy{{"x-ratelimit-remaining-requests", "9999"},
                        {"x-ratelimit-remaining-tokens", "149984"},
                        {"x-ratelimit-reset-requests", "8ms"},
                        {"x-ratelimit-reset-tokens", "6m0s"}};
  for (const int status : {500, 502, 503, 529, 429})
    EXPECT_EQ(rejected(status, "{}", healthy).retry_after, std::nullopt) << status;
  const Headers unsaid{{"x-ratelimit-reset-tokens", "6m0s"}, {"x-ratelimit-reset", "20"}};
  EXPECT_EQ(rejected(503, "{}", unsaid).retry_after, std::nullopt);
  EXPECT_EQ(rejected(429, "{}", unsaid).retry_after, milliseconds(360'000));
  const Headers used_up{{"x-ratelimit-remaining-requests", "0"},
                        {"x-ratelimit-reset-requests", "12s"},
                        {"x-ratelimit-reset-tokens", "6m0s"}};
  for (const int status : {503, 529, 429})
    EXPECT_EQ(rejected(status, "{}", used_up).retry_after, milliseconds(12'000)) << status;
  EXPECT_EQ(rejected(503, "{}", {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "20"}})
                .retry_after,
            milliseconds(20'000));
  const std::string repeated =
      R"({"error":{"code":503,"metadata":{"headers":{"X-RateLimit-Remaining":"4","X-RateLimit-Reset":"1700000030000"}}}})";
  EXPECT_EQ(rejected(503, repeated).retry_after, std::nullopt);
}

TEST(ChatErrors, RequestIdIsKept) {
  EXPECT_EQ(rejected(500, "{}", {{"x-request-id", "req_1"}}).request_id, "req_1");
  EXPECT_EQ(rejected(500, "{}", {{"x-generation-id", "gen-9"}}).request_id, "gen-9");
}

TEST(ChatErrors, ErrorStatusThroughTheDecoder) {
  const auto log =
      decode(R"({"error":{"code":401,"message":"No auth credentials found"}})",
             {.status = 401, .headers = {{"content-type", "application/json"}}, .piece = 5});
  ASSERT_EQ(log.lines.size(), 1u);
  EXPECT_EQ(log.error.error_class, ErrorClass::kAuth);
  EXPECT_EQ(log.error.phase, Phase::kHead);
}

TEST(ChatErrors, ErrorBodyIsReadUpToItsLimit) {
  test::Exchange exchange{.status = 500};
  exchange.options.error_body_max = 10;
  const auto log = decode("plain words of no end", exchange);
  EXPECT_EQ(log.error.message, "OpenRouter answered 500 Internal Server Error: plain word");
}

TEST(ChatErrors, ABodyAboveTheLimitKeepsItsMessage) {
  test::Exchange exchange{.status = 402, .headers = {{"content-type", "application/json"}}};
  const auto log = decode(R"({"error":{"message":"no credit","code":402,"metadata":{"raw":")" +
                              std::string(5'000'000, 'r') + R"("}}})",
                          exchange);
  EXPECT_EQ(log.error.error_class, ErrorClass::kCredit);
  EXPECT_TRUE(has(log.error.message, "no credit")) << log.error.message;
}

TEST(ChatErrors, TheStatusWinsOverWhatHappenedToTheBody) {
  Error stalled;
  stalled.error_class = ErrorClass::kTimeout;
  stalled.message = "no byte for 30s";
  test::Exchange exchange{.status = 429, .headers = {{"retry-after", "3"}}};
  exchange.end = &stalled;
  const auto log = decode(R"({"error":{"message":"slow down", "co)", exchange);
  EXPECT_EQ(log.error.error_class, ErrorClass::kRateLimit);
  EXPECT_EQ(log.error.retry_after, std::chrono::milliseconds(3000));
  EXPECT_EQ(log.error.message, "OpenRouter answered 429 Too Many Requests: slow down");
}

TEST(ChatErrors, TheParameterIsNamedWhereTheWordsDoNot) {
  EXPECT_EQ(
      rejected(
          400,
          R"({"error":{"message":"Not allowed.","param":"top_p","code":"unsupported_parameter"}})")
          .message,
      "OpenRouter answered 400 Bad Request: Not allowed. (parameter top_p)");
  EXPECT_EQ(rejected(400, R"({"error":{"message":"No 'top_p' here.","param":"top_p"}})").message,
            "OpenRouter answered 400 Bad Request: No 'top_p' here.");
  EXPECT_EQ(rejected(400, R"({"error":{"message":"No.","param":null}})").message,
            "OpenRouter answered 400 Bad Request: No.");
}

TEST(ChatErrors, FastApisDetailIsReadWithItsPlaces) {
  const std::string detail =
      R"({"detail":[{"type":"missing","loc":["body","messages",0,"role"],"msg":"Field required"},)"
      R"({"loc":["body","seed"],"msg":"Input should be a valid integer"},{"loc":[],"msg":"c"},{"msg":"d"}]})";
  const char* const words =
      "OpenRouter answered 422 Unprocessable Content: messages[0].role: Field required; seed: "
      "Input should be a valid integer; c";
  EXPECT_EQ(rejected(422, detail).message, words);
  EXPECT_EQ(rejected(422, R"({"object":"error","message":)" + detail + "}").message, words);
  EXPECT_EQ(rejected(422, R"({"detail":"plain words"})").message,
            "OpenRouter answered 422 Unprocessable Content: plain words");
}

TEST(ChatErrors, OtherServersTypedWordsDecide) {
  const std::tuple<int, const char*, ErrorClass> cases[] = {
      {429, R"({"error":{"code":"insufficient_quota","message":"m"}})", ErrorClass::kCredit},
      {429, R"({"error":{"code":"credit_balance_exhausted","message":"m"}})", ErrorClass::kCredit},
      {429, R"({"error":{"code":"slow_down","message":"m"}})", ErrorClass::kRateLimit},
      {503, R"({"error":{"code":"slow_down","message":"m"}})", ErrorClass::kOverloaded},
      {503, R"({"error":{"code":"server_is_overloaded","message":"m"}})", ErrorClass::kOverloaded},
      {401, R"({"error":{"code":"invalid_api_key","message":"m"}})", ErrorClass::kAuth},
      {403, R"({"error":{"code":"unsupported_country_region_territory","message":"m"}})",
       ErrorClass::kPermission},
      {404, R"({"error":{"code":"model_not_found","message":"m"}})", ErrorClass::kNotFound},
      {400, R"({"error":{"code":"model_decommissioned","message":"m"}})", ErrorClass::kNotFound},
      {400, R"({"error":{"code":"unknown_parameter","message":"m","param":"x"}})",
       ErrorClass::kUnsupported},
      {400,
       R"({"error":{"code":400,"message":"m","type":"exceed_context_size_error","n_ctx":4096}})",
       ErrorClass::kContextLength},
      {404, R"({"error":"model \"x\" not found, try pulling it first"})", ErrorClass::kNotFound}};
  for (const auto& [status, body, error_class] : cases)
    EXPECT_EQ(rejected(status, body).error_class, error_class) << body;
}

TEST(ChatErrors, XShouldRetryIsTheProvidersOwnWord) {
  for (const char* const word : {"true", "false"})
    EXPECT_EQ(rejected(500, "{}", {{"x-should-retry", word}}).retryable,
              word == std::string("true"));
  EXPECT_EQ(rejected(500, "{}", {{"x-should-retry", "maybe"}}).retryable, std::nullopt);
}

TEST(ChatRefusal, IsReadFromTypedMembersAlone) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {R"({"error":{"code":"unsupported_parameter","param":"max_tokens","message":"m"}})",
       "unsupported_parameter", "max_tokens"},
      {R"({"error":{"code":null,"param":null,"message":"Use 'max_completion_tokens'."}})", "", ""},
      {R"({"detail":[{"type":"extra_forbidden","loc":["body","messages",3,"images"],"msg":"m"}]})",
       "unknown_parameter", "messages[3].images"},
      {R"({"detail":[{"type":"value_error.extra","loc":["body","stream_options"]}]})",
       "unknown_parameter", "stream_options"},
      {R"({"error":{"detail":[{"type":"missing","loc":["body","model"]}]}})", "missing", "model"},
      {R"({"detail":"max_tokens"})", "", ""},
      {R"({"detail":[]})", "", ""},
      {R"({"error":"words"})", "", ""},
      {"<html>", "", ""},
      {"", "", ""}};
  for (const auto& [body, code, parameter] : cases) {
    const Refusal refusal = read_refusal(body);
    EXPECT_EQ(refusal.code, code) << body;
    EXPECT_EQ(refusal.parameter, parameter) << body;
  }
}

}  // namespace
}  // namespace prx::sdk
