// The known shapes of an error under HTTP 200.
#include <gtest/gtest.h>

#include "event_log.hpp"

namespace prx::sdk {
namespace {

using test::chunk;
using test::decode;
using test::Exchange;
using test::has;
using test::kStop;
using test::sse;
using test::text_chunk;

TEST(ChatErrors, TopLevelErrorInAChunk) {
  const std::string frame =
      R"({"id":"gen-1","choices":[{"delta":{"content":"!"},"finish_reason":"error"}],"error":{"code":502,"message":"lost","metadata":{"error_type":"provider_unavailable"}},"usage":{"completion_tokens":3}})";
  const auto log = decode(sse({text_chunk("x"), frame, "[DONE]"}));
  EXPECT_EQ(log.joined("text 0 "), "x!");
  EXPECT_EQ(log.count("usage"), 1u);
  EXPECT_EQ(log.count("finish"), 0u);
  EXPECT_EQ(log.error.error_class, ErrorClass::kOverloaded);
  EXPECT_EQ(log.error.http_status, 502);
  EXPECT_EQ(log.error.provider_code, "provider_unavailable");
  EXPECT_EQ(log.error.phase, Phase::kBody);
  EXPECT_TRUE(has(log.error.message, "lost"));
}

TEST(ChatErrors, StringCodeInAChunk) {
  const auto log =
      decode(sse({R"({"choices":[],"error":{"code":"server_error","message":"gone"}})"}));
  EXPECT_EQ(log.error.error_class, ErrorClass::kOverloaded);
  EXPECT_EQ(log.error.provider_code, "server_error");
  EXPECT_EQ(log.error.http_status, 200);
}

TEST(ChatErrors, BareErrorFrame) {
  const auto log = decode(sse({R"({"error":{"message":"no","code":429}})"}));
  EXPECT_EQ(log.error.error_class, ErrorClass::kRateLimit);
  EXPECT_EQ(log.error.phase, Phase::kFirstToken);
  EXPECT_TRUE(has(decode(sse({R"({"error":"just words"})"})).error.message, "just words"));
}

TEST(ChatErrors, ErrorsWithoutAnErrorObjectAreReadUnder200) {
  struct Case {
    const char *frame, *words;
    ErrorClass error_class;
  };
  const Case cases[] = {
      {R"({"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400})",
       ": too long", ErrorClass::kInvalidRequest},
      {R"({"object":"error","message":"no code"})", ": no code", ErrorClass::kOverloaded},
      {R"({"type":"error","error":{"type":"rate_limit_error","message":"slow"}})", ": slow",
       ErrorClass::kRateLimit},
      {R"({"code":504,"message":"gone"})", ": gone", ErrorClass::kTimeout},
      {R"({"code":"insufficient_quota","message":"pay"})", ": pay", ErrorClass::kCredit},
      {R"({"message":"bad key","type":"authentication_error"})", ": bad key", ErrorClass::kAuth},
      {R"({"status":404,"message":"nowhere"})", ": nowhere", ErrorClass::kNotFound},
      {R"({"detail":"Not allowed"})", ": Not allowed", ErrorClass::kOverloaded},
      {R"({"detail":[{"msg":"field required"}]})", ": field required", ErrorClass::kOverloaded},
      {R"({"error":5})", ": code 5", ErrorClass::kOverloaded},
      {R"({"error":429})", ": code 429", ErrorClass::kRateLimit},
      {R"({"error":"text","code":403})", ": text", ErrorClass::kPermission},
      {R"({"error":true,"message":"beside"})", ": beside", ErrorClass::kOverloaded},
      {R"({"id":"g","choices":[],"object":"error","message":"with a head"})", ": with a head",
       ErrorClass::kOverloaded}};
  const test::Exchange json{.headers = {{"content-type", "application/json"}}};
  for (const Case& each : cases)
    for (const auto& log :
         {decode(sse({each.frame})), decode(sse({text_chunk("x"), each.frame, "[DONE]"})),
          decode("event: error\ndata: " + std::string(each.frame) + "\n\n"),
          decode(each.frame, json)}) {
      EXPECT_EQ(log.error.error_class, each.error_class) << each.frame;
      EXPECT_TRUE(has(log.error.message, each.words)) << log.error.message;
      EXPECT_EQ(log.count("raw"), 0u) << each.frame;
    }
}

TEST(ChatErrors, FramesThatAreNoErrorsAreNotTakenForThem) {
  for (const char* frame :
       {R"({"type":"ping"})", R"({"message":"loading the model"})",
        R"({"object":"list","data":[]})", R"({"type":"message_start","message":{"id":"m"}})",
        R"({"detail":null})", R"({"code":200,"message":""})", R"({"error":{}})", R"({"error":[]})",
        R"({"error":0})"})
    EXPECT_EQ(decode(sse({text_chunk("x"), frame, test::kStop, "[DONE]"})).last(), "done") << frame;
}

TEST(ChatErrors, ErrorOfAChoice) {
  const std::string choice =
      R"("finish_reason":"error","error":{"code":503,"message":"choice failed"})";
  EXPECT_EQ(decode(sse({text_chunk("x"), chunk("{}", choice)})).error.http_status, 503);
  const auto whole =
      decode(R"({"choices":[{"index":0,"message":{"content":"part"},)" + choice + "}]}",
             {.headers = {{"content-type", "application/json"}}});
  EXPECT_EQ(whole.joined("text 0 "), "part");
  EXPECT_TRUE(has(whole.error.message, "choice failed"));
}

TEST(ChatErrors, EventErrorFrames) {
  EXPECT_EQ(decode("event: error\ndata: {\"error\":{\"message\":\"a\",\"code\":400}}\n\n")
                .error.error_class,
            ErrorClass::kInvalidRequest);
  EXPECT_TRUE(
      has(decode("event: error\ndata: "
                 "{\"type\":\"error\",\"message\":\"bare\",\"code\":\"rate_limit_exceeded\"}\n\n")
              .error.message,
          "bare"));
  EXPECT_TRUE(has(decode("event: error\ndata: prose\n\n").error.message, "prose"));
}

TEST(ChatErrors, ErrorAfterFinishReasonsIsStillAnError) {
  const std::string length = chunk("{}", R"("finish_reason":"length")");
  const auto log = decode(sse(
      {text_chunk("x"), length, length,
       R"({"error":{"code":400,"message":"Token limit reached"},"choices":[{"delta":{},"finish_reason":null}],"usage":{"completion_tokens":9}})",
       "[DONE]"}));
  EXPECT_EQ(log.error.error_class, ErrorClass::kInvalidRequest);
  EXPECT_EQ(log.count("finish"), 1u);
  EXPECT_EQ(log.types.at(log.types.size() - 2), std::uint32_t{PRX_EV_USAGE});
}

TEST(ChatErrors, FinishReasonErrorWithoutAnError) {
  const auto log = decode(
      sse({text_chunk("x"),
           chunk("{}",
                 R"("finish_reason":"error","native_finish_reason":"MALFORMED_FUNCTION_CALL")")}));
  EXPECT_EQ(log.error.error_class, ErrorClass::kOverloaded);
  EXPECT_EQ(log.error.provider_code, "MALFORMED_FUNCTION_CALL");
}

TEST(ChatErrors, ErrorInAWholeBodyUnder200) {
  const auto log = decode(R"({"error":{"code":402,"message":"no credit"},"user_id":"u"})",
                          {.headers = {{"content-type", "application/json"}}});
  EXPECT_EQ(log.error.error_class, ErrorClass::kCredit);
}

TEST(ChatErrors, NullAndEmptyErrorsAreNone) {
  for (const char* error : {"null", "false", "\"\""})
    EXPECT_EQ(
        decode(sse({R"({"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}],"error":)" +
                        std::string(error) + "}",
                    "[DONE]"}))
            .last(),
        "done")
        << error;
}

}  // namespace
}  // namespace prx::sdk
