// Responses that break HTTP's rules, and bodies of errors that never end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/http/http_client.hpp"
#include "support/wire_server.hpp"

namespace prx::http::test {
namespace {

using namespace std::chrono_literals;
using prx::test::always;
using prx::test::WireConnection;
using prx::test::WireServer;
using testing::HasSubstr;

constexpr std::string_view kLimited =
    "HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 1000\r\n\r\n{\"error\":";

TransportOptions with_error_body_time(std::chrono::milliseconds time) {
  TransportOptions options;
  options.error_body_time = time;
  return options;
}

WireServer::Script endlessly(std::string begin, std::string piece) {
  return [begin, piece](WireConnection& connection) {
    (void)connection.read_request();
    connection.write(begin);
    while (connection.write(piece)) {
    }
  };
}

TEST(OddResponse, AnEndlessHeaderLineIsABadResponseThatNamesTheLimit) {
  WireServer server(endlessly("HTTP/1.1 200 OK\r\nX-Long: ", std::string(1'000, 'x')));
  HttpClient client;
  const Answer answer = client.fetch(get(server.url()));
  EXPECT_EQ(answer.error_class(), ErrorClass::kBadResponse) << answer.message();
  EXPECT_EQ(answer.phase(), Phase::kHead);
  EXPECT_THAT(answer.message(), HasSubstr("102400 bytes"));
}

TEST(OddResponse, AnEndlessStatusLineIsABadResponse) {
  WireServer server(endlessly("HTTP/1.1 200 ", std::string(1'000, 'x')));
  HttpClient client;
  EXPECT_EQ(client.fetch(get(server.url())).error_class(), ErrorClass::kBadResponse);
}

TEST(OddResponse, AHeadWithoutEndIsABadResponseThatNamesTheLimit) {
  WireServer server(endlessly("HTTP/1.1 200 OK\r\n", "X-A: " + std::string(1'000, 'x') + "\r\n"));
  HttpClient client;
  const Answer answer = client.fetch(get(server.url()));
  EXPECT_EQ(answer.error_class(), ErrorClass::kBadResponse);
  EXPECT_THAT(answer.message(), HasSubstr("256 headers or 262144 bytes"));
}

TEST(OddResponse, WhatBreaksTheRulesIsABadResponseAndNotTheNetwork) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  for (const std::string& response :
       {std::string("hello there\n"), std::string("HTTP/1.1\r\n\r\n"),
        std::string("HTTP/7.3 200 OK\r\n\r\n"), std::string("HTTP/1.1 2x0 OK\r\n\r\n"),
        head + "Content-Length: -5\r\n\r\n", head + "Content-Length: nine\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx",
        head + "Transfer-Encoding: unheard-of\r\n\r\nx",
        head + std::string("X: a\0b\r\n\r\n", 10)}) {
    WireServer server(always(response));
    HttpClient client;
    Request request = get(server.url());
    request.clocks = {5s, 1s, 1s};
    const Answer answer = client.fetch(std::move(request));
    EXPECT_EQ(answer.error_class(), ErrorClass::kBadResponse) << response << answer.message();
  }
}

TEST(ErrorBody, ThatStallsEndsWithTheStatusAfterItsOwnClock) {
  WireServer server([](WireConnection& connection) {
    (void)connection.read_request();
    connection.write(kLimited);
    connection.wait_closed();
  });
  HttpClient client(with_error_body_time(30ms));
  const Answer answer = client.fetch(get(server.url()));
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.header("retry-after"), "7");
  EXPECT_EQ(answer.body, "{\"error\":");
  ASSERT_TRUE(answer.end);
  EXPECT_FALSE(answer.end->error) << answer.message();
}

TEST(OddResponse, ASwitchOfProtocolsThatNobodyAskedForIsABadResponse) {
  for (const std::string after : {"", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}) {
    WireServer server(always("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + after));
    HttpClient client;
    const Answer answer = client.fetch(get(server.url()));
    EXPECT_EQ(answer.error_class(), ErrorClass::kBadResponse) << answer.message();
    EXPECT_EQ(answer.phase(), Phase::kHead);
    EXPECT_EQ(answer.status, 0);
    EXPECT_EQ(answer.body, "");
    EXPECT_THAT(answer.message(), HasSubstr("switched to another protocol (status 101)"));
  }
}

TEST(ErrorBody, IsGivenTheRequestsOwnTimeWhenThatIsShorter) {
  WireServer server([](WireConnection& connection) {
    (void)connection.read_request();
    connection.write(kLimited);
    connection.wait_closed();
  });
  HttpClient client(with_error_body_time(1h));
  Request request = get(server.url());
  request.clocks.idle = std::nullopt;
  request.clocks.error_body = 30ms;
  const Answer answer = client.fetch(std::move(request));
  EXPECT_EQ(answer.status, 429);
  ASSERT_TRUE(answer.end);
  EXPECT_FALSE(answer.end->error) << answer.message();
}

TEST(ErrorBody, ThatTricklesEndsToo) {
  WireServer server(endlessly("HTTP/1.1 503 Busy\r\nContent-Length: 100000000\r\n\r\n", "x"));
  HttpClient client(with_error_body_time(50ms));
  const Answer answer = client.fetch(get(server.url()));
  EXPECT_EQ(answer.status, 503);
  ASSERT_TRUE(answer.end);
  EXPECT_FALSE(answer.end->error) << answer.message();
}

TEST(ErrorBody, IsGivenTheIdleClockWhenThatIsShorter) {
  WireServer server([](WireConnection& connection) {
    (void)connection.read_request();
    connection.write(kLimited);
    connection.wait_closed();
  });
  HttpClient client;
  Request request = get(server.url());
  request.clocks.idle = 30ms;
  const Answer answer = client.fetch(std::move(request));
  EXPECT_EQ(answer.status, 429);
  ASSERT_TRUE(answer.end);
  EXPECT_FALSE(answer.end->error) << answer.message();
}

TEST(ErrorBody, ThatIsCutOrTooLongEndsWithTheStatus) {
  WireServer cut([](WireConnection& connection) {
    (void)connection.read_request();
    connection.write(kLimited);
    if (connection.number() == 0) connection.reset();
  });
  HttpClient client;
  for (int i = 0; i < 2; ++i) {
    const Answer answer = client.fetch(get(cut.url()));
    EXPECT_EQ(answer.status, 429);
    ASSERT_TRUE(answer.end);
    EXPECT_FALSE(answer.end->error) << answer.message();
  }
  WireServer endless(endlessly("HTTP/1.1 500 No\r\n\r\n", std::string(1'000, 'x')));
  Request request = get(endless.url());
  request.body_max = 10'000;
  const Answer answer = client.fetch(std::move(request));
  EXPECT_EQ(answer.status, 500);
  EXPECT_LE(answer.body.size(), 10'000u);
  ASSERT_TRUE(answer.end);
  EXPECT_FALSE(answer.end->error) << answer.message();
}

TEST(ErrorBody, ThatIsCompleteLeavesItsConnectionInThePool) {
  WireServer server(always("HTTP/1.1 429 Too Many\r\nContent-Length: 2\r\n\r\n{}"));
  HttpClient client;
  EXPECT_EQ(client.fetch(get(server.url())).body, "{}");
  EXPECT_TRUE(client.fetch(get(server.url())).reused);
}

TEST(ErrorBody, OfAnExchangeDoesNotShortenTheNext) {
  WireServer server([](WireConnection& connection) {
    (void)connection.read_request();
    connection.write("HTTP/1.1 429 Too Many\r\nContent-Length: 2\r\n\r\n{}");
    (void)connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
    connection.wait_closed();
  });
  HttpClient client(with_error_body_time(20ms));
  EXPECT_EQ(client.fetch(get(server.url())).status, 429);
  Request request = get(server.url());
  request.clocks.idle = 60ms;
  const Answer answer = client.fetch(std::move(request));
  EXPECT_EQ(answer.error_class(), ErrorClass::kTimeout);
  EXPECT_THAT(answer.message(), HasSubstr("60 ms (idle_timeout)"));
}

}  // namespace
}  // namespace prx::http::test
