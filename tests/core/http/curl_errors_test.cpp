#include "http/curl_errors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prx::http {
namespace {

using ::testing::HasSubstr;

TEST(CurlErrors, ARefusedStreamWasNeverProcessed) {
  const Error error = resend_error("api.example", false);
  EXPECT_EQ(error.error_class, ErrorClass::kNetwork);
  EXPECT_EQ(error.phase, Phase::kHead);
  EXPECT_THAT(error.message, HasSubstr("host 'api.example' refused the request without processing "
                                       "it (HTTP/2 REFUSED_STREAM)"));
}

TEST(CurlErrors, APooledConnectionThatDiedIsCalledThat) {
  EXPECT_EQ(resend_error("api.example", true).message,
            "the pooled connection to 'api.example' was closed before the response head; the "
            "request was not sent again");
}

TEST(CurlErrors, AnEndOfHttp2NamesWhatItMayBe) {
  CurlFailure failure;
  failure.code = CURLE_HTTP2;
  failure.phase = Phase::kHead;
  failure.host = "api.example";
  const Error error = curl_error(failure);
  EXPECT_EQ(error.error_class, ErrorClass::kNetwork);
  EXPECT_THAT(error.message, HasSubstr("GOAWAY"));
}

}  // namespace
}  // namespace prx::http
