#include "http/curl_errors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prx::http {
namespace {

using ::testing::HasSubstr;

TEST(CurlErrors, ARefusedStreamWasNeverProcessed) {
  const Error error = resend_error("api.example:443", false);
  EXPECT_EQ(error.error_class, ErrorClass::kNetwork);
  EXPECT_EQ(error.phase, Phase::kHead);
  EXPECT_THAT(error.message, HasSubstr("host 'api.example:443' refused the request without "
                                       "processing it (HTTP/2 REFUSED_STREAM)"));
}

TEST(CurlErrors, APooledConnectionThatDiedIsCalledThat) {
  EXPECT_EQ(resend_error("api.example:443", true).message,
            "the pooled connection to 'api.example:443' was closed before the response head; the "
            "request was not sent again");
}

TEST(CurlErrors, ASocketThatCannotBeMadeNamesTheRemedyAndNoProxy) {
  const Proxy proxy{"http://proxy:3128", "proxy", 3128, "https_proxy"};
  CurlFailure failure;
  failure.code = CURLE_COULDNT_CONNECT;
  failure.server = "api.example:443";
  failure.os_error = EMFILE;
  failure.proxy = &proxy;
  const Error error = curl_error(failure);
  EXPECT_EQ(error.error_class, ErrorClass::kNetwork);
  EXPECT_THAT(error.message, HasSubstr("Too many open files"));
  EXPECT_THAT(error.message, HasSubstr("ulimit -n"));
  EXPECT_THAT(error.message, testing::Not(HasSubstr("no_proxy")));
}

TEST(CurlErrors, TheRemedyForAProxyNamesTheHostWithoutItsPort) {
  const Proxy proxy{"http://proxy:3128", "proxy", 3128, "https_proxy"};
  EXPECT_THAT(refused_by_proxy(proxy, Phase::kConnect, "api.example:443", 502).message,
              HasSubstr("refused the way to 'api.example:443' with status 502; correct "
                        "https_proxy, or name 'api.example' in no_proxy"));
  EXPECT_THAT(refused_by_proxy(proxy, Phase::kConnect, "[2001:db8::1]:443", 502).message,
              HasSubstr("or name '2001:db8::1' in no_proxy"));
}

TEST(CurlErrors, AnEndOfHttp2NamesWhatItMayBe) {
  CurlFailure failure;
  failure.code = CURLE_HTTP2;
  failure.phase = Phase::kHead;
  failure.server = "api.example:443";
  const Error error = curl_error(failure);
  EXPECT_EQ(error.error_class, ErrorClass::kNetwork);
  EXPECT_THAT(error.message, HasSubstr("GOAWAY"));
}

}  // namespace
}  // namespace prx::http
