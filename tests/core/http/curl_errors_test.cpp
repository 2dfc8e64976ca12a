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
  failure.socket_error = EMFILE;
  failure.proxy = &proxy;
  const Error error = curl_error(failure);
  EXPECT_EQ(error.error_class, ErrorClass::kInternal);
  EXPECT_EQ(error.phase, Phase::kConnect);
  EXPECT_THAT(error.message, HasSubstr("Too many open files"));
  EXPECT_THAT(error.message, HasSubstr("ulimit -n"));
  EXPECT_THAT(error.message, testing::Not(HasSubstr("no_proxy")));
}

TEST(CurlErrors, WhatThisMachineIsShortOfIsNotTheNetworks) {
  CurlFailure failure;
  failure.code = CURLE_COULDNT_CONNECT;
  failure.server = "api.example:443";
  for (const int shortage : {EMFILE, ENFILE, ENOMEM, ENOBUFS}) {
    failure.socket_error = shortage;
    EXPECT_EQ(curl_error(failure).error_class, ErrorClass::kInternal) << shortage;
  }
  failure.socket_error = EAFNOSUPPORT;  // the host has another address, or none that helps
  EXPECT_EQ(curl_error(failure).error_class, ErrorClass::kNetwork);
  failure.socket_error = 0;
  failure.code = CURLE_OUT_OF_MEMORY;
  EXPECT_EQ(curl_error(failure).error_class, ErrorClass::kInternal);
}

TEST(CurlErrors, AnAddressThatRefusedIsNamedBesideOneWithoutASocket) {
  CurlFailure failure;
  failure.code = CURLE_COULDNT_CONNECT;
  failure.server = "api.example:443";
  failure.os_error = ECONNREFUSED;
  failure.socket_error = EAFNOSUPPORT;
  EXPECT_EQ(curl_error(failure).message,
            "could not connect to 'api.example:443': Connection refused");
  failure.socket_error = EMFILE;
  EXPECT_EQ(curl_error(failure).message,
            "could not connect to 'api.example:443': Connection refused; for another address there "
            "was no socket: Too many open files; raise the limit of open files (ulimit -n)");
  EXPECT_EQ(curl_error(failure).error_class, ErrorClass::kInternal) << "it could have answered";
}

TEST(CurlErrors, AWrongSettingIsOfNoPhase) {
  CurlFailure failure;
  failure.code = CURLE_SSL_CACERT_BADFILE;
  EXPECT_EQ(curl_error(failure).error_class, ErrorClass::kInternal);
  EXPECT_EQ(curl_error(failure).phase, Phase::kNone);
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
