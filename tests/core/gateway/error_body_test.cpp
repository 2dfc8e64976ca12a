// Errors as each dialect's clients read them.
#include "gateway/error_body.hpp"

#include <gtest/gtest.h>

#include "prx/sdk/chat_completions.hpp"

namespace prx::gateway {
namespace {

Error error_of(ErrorClass error_class, int http_status = 0) {
  Error error;
  error.error_class = error_class;
  error.http_status = http_status;
  error.message = "it says \"no\"";
  return error;
}

TEST(ErrorBody, TheServersStatusIsKeptAndWithoutOneTheClassSaysIt) {
  EXPECT_EQ(status_of(error_of(ErrorClass::kOverloaded, 529)), 529);
  EXPECT_EQ(status_of(error_of(ErrorClass::kBadResponse, 200)), 502);
  EXPECT_EQ(status_of(error_of(ErrorClass::kNetwork)), 502);
  EXPECT_EQ(status_of(error_of(ErrorClass::kTimeout)), 504);
  EXPECT_EQ(status_of(error_of(ErrorClass::kCredit)), 402);
  EXPECT_EQ(status_of(error_of(ErrorClass::kInternal)), 500);
  for (std::int32_t code = PRX_E_CANCELLED; code <= PRX_E_INTERNAL; ++code)
    EXPECT_GE(status_of(error_of(static_cast<ErrorClass>(code))), 400);
}

TEST(ErrorBody, OpenAisClientsGetTypeAndAStringForACode) {
  Error error = error_of(ErrorClass::kRateLimit, 429);
  EXPECT_EQ(
      error_envelope(error, Dialect::kOpenAi, {}),
      R"({"error":{"message":"it says \"no\"","type":"requests","param":null,"code":"rate_limit_exceeded"}})");
  error.provider_code = "slow_down";
  EXPECT_NE(error_envelope(error, Dialect::kOpenAi, {}).find(R"("code":"slow_down")"),
            std::string::npos);
  error.provider_code = "429";
  EXPECT_NE(error_envelope(error, Dialect::kOpenAi, {}).find(R"("code":"rate_limit_exceeded")"),
            std::string::npos);
  EXPECT_NE(error_envelope(error_of(ErrorClass::kInvalidRequest), Dialect::kOpenAi, {})
                .find(R"("code":null)"),
            std::string::npos);
}

TEST(ErrorBody, OpenRoutersClientsGetANumberAndTheCause) {
  Error error = error_of(ErrorClass::kOverloaded, 503);
  error.provider_code = "overloaded_error";
  error.raw = "{\"a\":1}";
  Attempt first, skipped;
  first.provider = "openrouter";
  skipped.provider = "never";
  skipped.reason = "skipped";
  EXPECT_EQ(
      error_envelope(error, Dialect::kOpenRouter, {first, skipped}),
      R"({"error":{"code":503,"message":"it says \"no\"","metadata":{"error_type":"provider_overloaded","provider_code":"overloaded_error","provider_name":"openrouter","raw":"{\"a\":1}"}}})");
}

TEST(ErrorBody, OpenRoutersTypeTellsAPrxInFrontTheSameClass) {
  using enum ErrorClass;
  for (const ErrorClass each : {kInvalidRequest, kAuth, kPermission, kCredit, kRateLimit,
                                kContextLength, kContentPolicy, kNotFound, kOverloaded, kTimeout}) {
    const std::string body = error_envelope(error_of(each), Dialect::kOpenRouter, {});
    const sdk::ChatHead head{status_of(error_of(each)), {}};
    EXPECT_EQ(sdk::read_error(head, body, "prx", 0).error_class, each) << body;
  }
}

TEST(ErrorBody, AWaitIsToldInSecondsRoundedUpAndInMilliseconds) {
  Error error = error_of(ErrorClass::kRateLimit, 429);
  error.retry_after = std::chrono::milliseconds(1'200);
  const ErrorAnswer answer = error_answer(error, Dialect::kOpenAi);
  EXPECT_EQ(answer.status, 429);
  ASSERT_EQ(answer.headers.size(), 2u);
  EXPECT_EQ(answer.headers[0], (std::pair<std::string_view, std::string>("Retry-After", "2")));
  EXPECT_EQ(answer.headers[1],
            (std::pair<std::string_view, std::string>("retry-after-ms", "1200")));
}

}  // namespace
}  // namespace prx::gateway
