// Trust and proxies: nghttpx as TLS server with certificates made for the test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "core/http/http_client.hpp"
#include "support/nghttpx.hpp"
#include "support/wire_server.hpp"

namespace prx::http::test {
namespace {

using prx::test::always;
using prx::test::Certificates;
using prx::test::Nghttpx;
using prx::test::plain_response;
using prx::test::WireConnection;
using prx::test::WireServer;

class Tls : public testing::Test {
 protected:
  [[nodiscard]] TransportOptions trusting() const {
    TransportOptions options;
    options.ca_file = certificates_.ca_file();
    return options;
  }
  static std::string url(const Nghttpx& front) {
    return "https://127.0.0.1:" + std::to_string(front.port()) + "/";
  }
  void expect_untrusted(const Certificates::Pair& pair, TransportOptions options) {
    const Nghttpx nghttpx(Nghttpx::Options{pair, server_.port(), "http/1.1"});
    HttpClient client(std::move(options));
    const Answer answer = client.fetch(get(url(nghttpx)));
    EXPECT_EQ(answer.error_class(), ErrorClass::kNetwork);
    EXPECT_EQ(answer.phase(), Phase::kConnect);
    EXPECT_THAT(answer.message(),
                testing::MatchesRegex("certificate of host '127.0.0.1:[0-9]+' is not trusted: .*"));
    EXPECT_THAT(answer.message(), testing::HasSubstr("set ca_file"));
  }

  Certificates certificates_;
  WireServer server_{always(plain_response("x"))};
};

TEST_F(Tls, TheCaFileIsTrusted) {
  const Nghttpx nghttpx({certificates_.issue("IP:127.0.0.1"), server_.port(), "http/1.1"});
  HttpClient client(trusting());
  const Answer answer = client.fetch(get(url(nghttpx)));
  EXPECT_TRUE(answer.ok()) << answer.message();
  EXPECT_EQ(answer.version, 11);
}

TEST_F(Tls, VersionElevenIsAskedForByName) {
  const Nghttpx nghttpx({certificates_.issue("IP:127.0.0.1"), server_.port(), "h2,http/1.1"});
  HttpClient client(trusting());
  Request request = get(url(nghttpx));
  request.version = Version::k11;
  EXPECT_EQ(client.fetch(std::move(request)).version, 11);
  request = get(url(nghttpx));
  request.version = Version::k2;
  EXPECT_TRUE(client.fetch(std::move(request)).ok());
}

TEST_F(Tls, AnUnknownAuthorityIsRefusedInBothModes) {
  TransportOptions host;
  TransportOptions command;
  command.ca_use = CaUse::kOneShot;
  expect_untrusted(certificates_.issue("IP:127.0.0.1"), host);
  expect_untrusted(certificates_.issue("IP:127.0.0.1"), command);
}

TEST_F(Tls, AnotherHostsCertificateIsRefused) {
  expect_untrusted(certificates_.issue("DNS:other.test"), trusting());
}

TEST_F(Tls, AnExpiredCertificateIsRefused) {
  expect_untrusted(certificates_.issue("IP:127.0.0.1", true), trusting());
}

TEST_F(Tls, ASelfSignedCertificateIsRefused) {
  expect_untrusted(certificates_.self_signed("IP:127.0.0.1"), trusting());
}

TEST_F(Tls, AMissingCaFileSaysSo) {
  const Nghttpx nghttpx({certificates_.issue("IP:127.0.0.1"), server_.port(), "http/1.1"});
  TransportOptions options;
  options.ca_file = "/nonexistent/ca.pem";
  HttpClient client(options);
  const Answer answer = client.fetch(get(url(nghttpx)));
  EXPECT_EQ(answer.error_class(), ErrorClass::kInternal);
  EXPECT_THAT(answer.message(), testing::HasSubstr("ca_file"));
}

TransportOptions with_proxy(TransportOptions options, const std::string& name, std::string value) {
  options.environment = [name, value](const std::string& asked) {
    return asked == name ? std::optional(value) : std::nullopt;
  };
  options.resolver.look_up = [](const std::string&,
                                std::uint16_t) -> Result<std::vector<std::string>> {
    return fail(ErrorClass::kInternal, "resolved locally");
  };
  return options;
}

TEST(ProxyUse, PlainRequestsGoToTheProxyUnresolved) {
  std::string seen;
  WireServer proxy([&](WireConnection& connection) {
    seen = connection.read_request();
    connection.write(plain_response("by proxy"));
  });
  HttpClient client(with_proxy({}, "http_proxy", "127.0.0.1:" + std::to_string(proxy.port())));
  EXPECT_EQ(client.fetch(get("http://api.example.test/x")).body, "by proxy");
  EXPECT_THAT(seen, testing::StartsWith("GET http://api.example.test/x HTTP/1.1\r\n"));
}

TEST_F(Tls, SecureRequestsTunnelThroughTheProxyUnresolved) {
  const Nghttpx nghttpx(
      {certificates_.issue("DNS:api.example.test"), server_.port(), "h2,http/1.1"});
  std::string seen;
  WireServer proxy([&](WireConnection& connection) {
    seen = connection.read_request();
    connection.write("HTTP/1.1 200 Established\r\nX-Proxy: 1\r\n\r\n");
    connection.relay(nghttpx.port());
  });
  {
    HttpClient client(
        with_proxy(trusting(), "https_proxy", "http://127.0.0.1:" + std::to_string(proxy.port())));
    const Answer answer = client.fetch(get("https://api.example.test/"));
    EXPECT_TRUE(answer.ok()) << answer.message();
    EXPECT_EQ(answer.header("x-proxy"), "");
    EXPECT_EQ(answer.version, 20);
  }
  EXPECT_THAT(seen, testing::StartsWith("CONNECT api.example.test:443 HTTP/1.1\r\n"));
}

TEST(ProxyUse, ARefusedTunnelIsANetworkErrorOfTheConnectPhase) {
  WireServer proxy(always("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
  HttpClient client(
      with_proxy({}, "https_proxy", "http://127.0.0.1:" + std::to_string(proxy.port())));
  const Answer answer = client.fetch(get("https://api.example.test/"));
  EXPECT_EQ(answer.error_class(), ErrorClass::kNetwork) << answer.message();
  EXPECT_EQ(answer.phase(), Phase::kConnect);
}

}  // namespace
}  // namespace prx::http::test
