// What goes through a proxy, and what is said when the proxy is the trouble.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/http/http_client.hpp"
#include "support/wire_server.hpp"

namespace prx::http::test {
namespace {

using namespace std::chrono_literals;
using prx::test::always;
using prx::test::plain_response;
using prx::test::WireConnection;
using prx::test::WireServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TransportOptions with_proxy(const std::string& variable, std::string value) {
  TransportOptions options;
  options.environment = [variable, value](const std::string& asked) {
    return asked == variable ? std::optional(value) : std::nullopt;
  };
  options.resolver.look_up = [](const std::string&,
                                std::uint16_t) -> Result<std::vector<std::string>> {
    return fail(ErrorClass::kInternal, "host 'x' could not be resolved");
  };
  return options;
}

std::string place(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

std::string with_user(std::uint16_t port) { return "http://me:s3cret@" + place(port); }

std::uint16_t closed_port() {
  const WireServer server(always(""));
  return server.port();
}

TEST(Proxy, LoopbackHostsAreReachedWithoutIt) {
  WireServer proxy(always(plain_response("by proxy")));
  WireServer server(always(plain_response("direct")));
  for (const char* variable : {"http_proxy", "all_proxy"}) {
    HttpClient client(with_proxy(variable, "http://" + place(proxy.port())));
    for (const char* host : {"127.0.0.1", "localhost"}) {
      const std::string url =
          "http://" + std::string(host) + ":" + std::to_string(server.port()) + "/";
      EXPECT_EQ(client.fetch(get(url)).body, "direct") << url;
    }
  }
  EXPECT_EQ(proxy.connections(), 0);
}

TEST(Proxy, ThatRefusesConnectionsIsNamedWithItsVariable) {
  for (const char* url : {"http://api.example.test/", "https://api.example.test/"}) {
    const std::uint16_t port = closed_port();
    HttpClient client(with_proxy("all_proxy", with_user(port)));
    const Answer answer = client.fetch(get(url));
    EXPECT_EQ(answer.error_class(), ErrorClass::kNetwork);
    EXPECT_EQ(answer.phase(), Phase::kConnect);
    EXPECT_THAT(answer.message(), AllOf(HasSubstr("proxy '" + place(port) + "' (all_proxy)"),
                                        HasSubstr("Connection refused"), HasSubstr("no_proxy"),
                                        HasSubstr("'api.example.test'"), Not(HasSubstr("s3cret"))));
  }
}

TEST(Proxy, ThatRefusesATunnelIsNamedWithItsStatus) {
  for (const char* status : {"403 Forbidden", "407 Wants", "502 Bad"}) {
    WireServer proxy(always("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 0\r\n\r\n"));
    HttpClient client(with_proxy("https_proxy", with_user(proxy.port())));
    const Answer answer = client.fetch(get("https://api.example.test/"));
    EXPECT_EQ(answer.error_class(), ErrorClass::kNetwork);
    EXPECT_EQ(answer.phase(), Phase::kConnect);
    EXPECT_THAT(answer.message(),
                AllOf(HasSubstr("proxy '" + place(proxy.port()) + "' (https_proxy)"),
                      HasSubstr(std::string(status).substr(0, 3)), Not(HasSubstr("s3cret"))));
  }
}

TEST(Proxy, ThatWantsAUserIsNamedForPlainRequestsToo) {
  WireServer proxy(always("HTTP/1.1 407 Wants\r\nContent-Length: 0\r\n\r\n"));
  HttpClient client(with_proxy("http_proxy", place(proxy.port())));
  const Answer answer = client.fetch(get("http://api.example.test/"));
  EXPECT_EQ(answer.error_class(), ErrorClass::kNetwork);
  EXPECT_THAT(answer.message(), AllOf(HasSubstr("(http_proxy)"), HasSubstr("user and password")));
}

TEST(Proxy, ThatNobodySetAndThatWantsAUserIsNamedAsOne) {
  WireServer server(always("HTTP/1.1 407 Wants\r\nContent-Length: 0\r\n\r\n"));
  HttpClient client;
  const Answer answer = client.fetch(get(server.url()));
  EXPECT_EQ(answer.error_class(), ErrorClass::kNetwork);
  EXPECT_THAT(answer.message(),
              AllOf(HasSubstr("(status 407), and no proxy is set"), HasSubstr("set https_proxy")));
}

TEST(Proxy, ThatHangsUpOrIsSilentIsNamed) {
  WireServer hangs_up([](WireConnection& connection) { (void)connection.read_request(); });
  HttpClient client(with_proxy("https_proxy", place(hangs_up.port())));
  EXPECT_THAT(client.fetch(get("https://api.example.test/")).message(),
              HasSubstr("proxy '" + place(hangs_up.port()) + "' (https_proxy)"));
  WireServer silent([](WireConnection& connection) { connection.wait_closed(); });
  HttpClient patient(with_proxy("https_proxy", place(silent.port())));
  Request request = get("https://api.example.test/");
  request.clocks.connect = 30ms;
  const Answer answer = patient.fetch(std::move(request));
  EXPECT_EQ(answer.error_class(), ErrorClass::kTimeout);
  EXPECT_THAT(answer.message(), HasSubstr("proxy '" + place(silent.port()) + "' (https_proxy)"));
}

TEST(Proxy, WhoseNameIsUnknownIsNamed) {
  HttpClient client(with_proxy("https_proxy", "http://proxy.example.test:3128"));
  EXPECT_THAT(client.fetch(get("https://api.example.test/")).message(),
              HasSubstr("proxy 'proxy.example.test:3128' (https_proxy)"));
}

TEST(Proxy, WithAnEndlessAnswerToConnectIsNamed) {
  WireServer proxy([](WireConnection& connection) {
    (void)connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\nX: ");
    while (connection.write(std::string(1'000, 'x'))) {
    }
  });
  HttpClient client(with_proxy("https_proxy", place(proxy.port())));
  const Answer answer = client.fetch(get("https://api.example.test/"));
  EXPECT_EQ(answer.error_class(), ErrorClass::kNetwork);
  EXPECT_THAT(answer.message(), HasSubstr("(https_proxy)"));
}

}  // namespace
}  // namespace prx::http::test
