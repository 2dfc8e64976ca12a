// One exchange over a scripted HTTP/1.1 connection: heads, bodies, limits, cuts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "core/http/http_client.hpp"
#include "support/wire_server.hpp"

namespace prx::http::test {
namespace {

using prx::test::always;
using prx::test::plain_response;
using prx::test::WireConnection;
using prx::test::WireServer;

// Sends `bytes` after each request and closes.
WireServer::Script once(std::string bytes) {
  return [bytes = std::move(bytes)](WireConnection& connection) {
    if (!connection.read_request().empty()) connection.write(bytes);
  };
}

TEST(Exchange, DeliversHeadBodyAndEnd) {
  WireServer server(
      always("HTTP/1.1 201 Created\r\nX-Thing:  a b \r\nContent-Length: 5\r\n\r\nhello"));
  HttpClient client;
  const Answer answer = client.fetch(get(server.url()));
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.version, 11);
  EXPECT_EQ(answer.header("x-thing"), "a b");
  EXPECT_EQ(answer.body, "hello");
  ASSERT_TRUE(answer.end);
  EXPECT_FALSE(answer.end->error);
  EXPECT_EQ(answer.end->bytes, 5u);
}

// What comes after the end (a Retry-After, a backoff) is counted from there, so it must not be
// early: a turn may last as long as everything else that is ready in it.
TEST(Exchange, ItsEndIsNotEarlierThanItsAnswer) {
  WireServer server(always(plain_response("ok")));
  HttpClient client;
  Recorder recorder;
  MonotonicTime came;
  MonotonicTime ended;
  recorder.data_hook = [&] {
    const MonotonicTime began = client.loop.now();
    while ((came = std::chrono::steady_clock::now()) <= began + std::chrono::milliseconds(2)) {
    }
  };
  recorder.end_hook = [&] { ended = client.loop.now(); };
  client.send(get(server.url()), recorder);
  ASSERT_TRUE(recorder.wait().ok());
  client.run([&] { client.transport().cancel(recorder.id); });
  EXPECT_GE(ended, came);
}

TEST(Exchange, SendsMethodHeadersAndBodyAsGiven) {
  std::string seen;
  WireServer server([&](WireConnection& connection) {
    seen = connection.read_request();
    connection.write(plain_response("ok"));
  });
  HttpClient client;
  Request request = post(server.url("/v1/x?q=1"), R"({"a":1})");
  request.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}, {"Accept", "text/x"}};
  EXPECT_TRUE(client.fetch(std::move(request)).ok());
  EXPECT_THAT(seen, testing::StartsWith("POST /v1/x?q=1 HTTP/1.1\r\n"));
  EXPECT_THAT(seen, testing::HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(seen, testing::HasSubstr("\r\nX-Empty:\r\n"));
  EXPECT_THAT(seen, testing::HasSubstr("\r\nAccept: text/x\r\n"));
  EXPECT_THAT(seen, testing::HasSubstr("\r\nContent-Length: 7\r\n"));
  EXPECT_THAT(seen, testing::Not(testing::HasSubstr("Expect")));
  EXPECT_THAT(seen, testing::Not(testing::HasSubstr("Accept-Encoding")));
  EXPECT_THAT(seen, testing::EndsWith("\r\n\r\n{\"a\":1}"));
}

TEST(Exchange, HeadersOfTheExchangeBeforeAreNotSentAgain) {
  std::vector<std::string> seen;
  WireServer server([&](WireConnection& connection) {
    for (std::string request; !(request = connection.read_request()).empty();) {
      seen.push_back(request.substr(0, request.find("\r\n\r\n")));
      connection.write(plain_response("x"));
    }
  });
  {
    TransportOptions options;
    options.user_agent = "prx-test";
    HttpClient client(options);
    for (const HeaderList& headers : {HeaderList{}, HeaderList{{"X-A", "1"}, {"X-B", ""}},
                                      HeaderList{{"X-A", "1"}, {"X-B", ""}},
                                      HeaderList{{"X-A", "2"}, {"user-agent", "me"}}, HeaderList{}})
      for (const std::size_t size : {1u, 70'000u}) {
        Request request = post(server.url(), std::string(size, 'x'));
        request.headers = headers;
        ASSERT_TRUE(client.fetch(std::move(request)).ok());
      }
  }
  ASSERT_EQ(seen.size(), 10u);
  const auto has = [&](std::size_t i, const std::string& line) {
    return (seen[i] + "\r\n").find("\r\n" + line + "\r\n") != std::string::npos;
  };
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const bool first = i >= 2 && i < 6;
    const bool second = i == 6 || i == 7;
    EXPECT_EQ(has(i, "X-A: 1"), first) << seen[i];
    EXPECT_EQ(has(i, "X-B:"), first) << seen[i];
    EXPECT_EQ(has(i, "X-A: 2"), second) << seen[i];
    EXPECT_EQ(has(i, "User-Agent: prx-test"), !second) << seen[i];
    EXPECT_EQ(seen[i].find("Expect:"), std::string::npos) << seen[i];
    EXPECT_EQ(seen[i].find("Content-Type:"), std::string::npos) << seen[i];
  }
}

TEST(Exchange, SendsLargeBodiesWhole) {
  std::string seen;
  WireServer server([&](WireConnection& connection) {
    seen = connection.read_request();
    connection.write(plain_response("ok"));
  });
  HttpClient client;
  const std::string body(3u << 20, 'b');
  EXPECT_TRUE(client.fetch(post(server.url(), body)).ok());
  EXPECT_EQ(seen.substr(seen.find("\r\n\r\n") + 4), body);
}

TEST(Exchange, OtherMethodsLeaveNoTraceOnTheNext) {
  std::vector<std::string> lines;
  WireServer server([&](WireConnection& connection) {
    for (std::string request = connection.read_request(); !request.empty();
         request = connection.read_request()) {
      lines.push_back(request.substr(0, request.find(' ')));
      const bool head = lines.back() == "HEAD";
      connection.write(head ? "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" : plain_response("x"));
    }
  });
  {
    HttpClient client;
    for (const char* method : {"GET", "HEAD", "DELETE", "POST", "PUT", "GET"}) {
      Request request = get(server.url());
      request.method = method;
      if (request.method == "PUT") request = post(server.url(), "z"), request.method = "PUT";
      EXPECT_TRUE(client.fetch(std::move(request)).ok()) << method;
    }
    EXPECT_EQ(client.stats().connections, 1u);
  }
  EXPECT_THAT(lines, testing::ElementsAre("GET", "HEAD", "DELETE", "POST", "PUT", "GET"));
}

TEST(Exchange, ReusesConnectionsAndSaysSo) {
  WireServer server(always(plain_response("x")));
  HttpClient client;
  EXPECT_FALSE(client.fetch(get(server.url())).reused);
  EXPECT_TRUE(client.fetch(get(server.url())).reused);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(client.stats().exchanges, 2u);
  EXPECT_EQ(client.stats().active, 0u);
}

TEST(Exchange, SkipsInterimHeadsAndTrailers) {
  WireServer server(
      always("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
             "3\r\nabc\r\n0\r\nTrailer-Field: 1\r\n\r\n"));
  HttpClient client;
  const Answer answer = client.fetch(get(server.url()));
  EXPECT_TRUE(answer.ok()) << answer.message();
  EXPECT_EQ(answer.body, "abc");
  EXPECT_EQ(answer.header("link"), "");
  EXPECT_EQ(answer.header("trailer-field"), "");
}

TEST(Exchange, DoesNotFollowRedirects) {
  WireServer server(
      always("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"));
  HttpClient client;
  EXPECT_EQ(client.fetch(get(server.url())).status, 302);
}

void expect_cut(const std::string& response, std::size_t at, std::size_t head_size) {
  WireServer server(once(response.substr(0, at)));
  HttpClient client;
  const Answer answer = client.fetch(post(server.url(), "{}"));
  ASSERT_TRUE(answer.end) << "hangs when cut at " << at;
  ASSERT_TRUE(answer.end->error) << "no error when cut at " << at;
  EXPECT_EQ(answer.phase(), at < head_size ? Phase::kHead : Phase::kBody) << at;
  const bool http_begun = at >= 5;  // "HTTP/": less may be anything
  if (http_begun || at == 0) {
    EXPECT_EQ(answer.error_class(),
              at < head_size ? ErrorClass::kNetwork : ErrorClass::kBadResponse)
        << at;
  }
  EXPECT_EQ(server.connections(), 1) << "sent again when cut at " << at;
}

TEST(Exchange, CutAtEveryByteOfASizedResponseIsAnError) {
  const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nabcdefgh";
  const std::size_t head = response.find("\r\n\r\n") + 4;
  for (std::size_t at = 0; at < response.size(); ++at) expect_cut(response, at, head);
}

TEST(Exchange, CutAtEveryByteOfAChunkedResponseIsAnError) {
  const std::string response =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  const std::size_t head = response.find("\r\n\r\n") + 4;
  // Without its very last byte the body is complete all the same.
  for (std::size_t at = 0; at + 1 < response.size(); ++at) expect_cut(response, at, head);
}

TEST(Exchange, ResetInsideTheBodyIsATruncatedAnswer) {
  WireServer server([](WireConnection& connection) {
    (void)connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    connection.reset();
  });
  HttpClient client;
  const Answer answer = client.fetch(get(server.url()));
  EXPECT_EQ(answer.error_class(), ErrorClass::kBadResponse);
}

TEST(Exchange, WhatIsNotHttpIsABadResponse) {
  WireServer server(once("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
  HttpClient client;
  const Answer answer = client.fetch(get(server.url()));
  EXPECT_EQ(answer.error_class(), ErrorClass::kBadResponse) << answer.message();
}

TEST(Exchange, RefusedConnectionIsANetworkErrorOfTheConnectPhase) {
  std::uint16_t port = 0;
  {
    const WireServer server(always(""));
    port = server.port();
  }
  HttpClient client;
  const Answer answer = client.fetch(get("http://127.0.0.1:" + std::to_string(port) + "/?key=s3"));
  EXPECT_EQ(answer.error_class(), ErrorClass::kNetwork);
  EXPECT_EQ(answer.phase(), Phase::kConnect);
  EXPECT_THAT(answer.message(), testing::HasSubstr("Connection refused"));
  EXPECT_THAT(answer.message(), testing::Not(testing::HasSubstr("s3")));
}

TEST(Exchange, MoreHeadersThanTheLimitAreABadResponse) {
  std::string head = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 257; ++i) head += "h" + std::to_string(i) + ": v\r\n";
  WireServer server(always(head + "Content-Length: 0\r\n\r\n"));
  HttpClient client;
  const Answer answer = client.fetch(get(server.url()));
  EXPECT_EQ(answer.error_class(), ErrorClass::kBadResponse);
  EXPECT_EQ(answer.phase(), Phase::kHead);
}

TEST(Exchange, HeadsAboveTheLimitInBytesAreABadResponse) {
  std::string head = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 5; ++i)
    head += "h" + std::to_string(i) + ": " + std::string(60'000, 'v') + "\r\n";
  WireServer server(always(head + "Content-Length: 0\r\n\r\n"));
  HttpClient client;
  EXPECT_EQ(client.fetch(get(server.url())).error_class(), ErrorClass::kBadResponse);
}

TEST(Exchange, AHeadWithinTheLimitsPasses) {
  std::string head = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 255; ++i) head += "h" + std::to_string(i) + ": v\r\n";
  WireServer server(always(head + "Content-Length: 0\r\n\r\n"));
  HttpClient client;
  EXPECT_EQ(client.fetch(get(server.url())).headers.size(), 256u);
}

TEST(Exchange, ABodyAboveItsLimitIsABadResponse) {
  WireServer server(always(plain_response(std::string(1'001, 'x'))));
  HttpClient client;
  Request request = get(server.url());
  request.body_max = 1'000;
  const Answer answer = client.fetch(std::move(request));
  EXPECT_EQ(answer.error_class(), ErrorClass::kBadResponse);
  EXPECT_EQ(answer.phase(), Phase::kBody);
  Request exact = get(server.url());
  exact.body_max = 1'001;
  EXPECT_TRUE(client.fetch(std::move(exact)).ok());
}

TEST(Exchange, WrongRequestsAreRefusedUnsent) {
  WireServer server(always(plain_response("x")));
  HttpClient client;
  Request smuggled = get(server.url());
  smuggled.headers = {{"X-A", "b\r\nX-Evil: 1"}};
  Request framed = get(server.url());
  framed.headers = {{"Content-Length", "3"}};
  Request method = get(server.url());
  method.method = "GET /";
  std::vector<Request> wrong{smuggled,
                             framed,
                             method,
                             get("ftp://127.0.0.1/"),
                             get("/x"),
                             get("http://user:key@127.0.0.1/"),
                             get("http://127.0.0.1:0/")};
  for (const char* name : {"Host", "connection", "Proxy-Authorization", "TE", "Keep-Alive"}) {
    wrong.push_back(get(server.url()));  // the key would go to another site of the same server
    wrong.back().headers = {{name, "elsewhere.example"}};
  }
  for (Request& request : wrong) {
    const Answer answer = client.fetch(std::move(request));
    EXPECT_EQ(answer.error_class(), ErrorClass::kInvalidRequest) << answer.message();
  }
  EXPECT_EQ(server.connections(), 0);
}

// The pooled connection dies as the next request arrives: libcurl would send it again.
void expect_no_resend(const std::function<Request(std::string)>& make) {
  std::atomic<int> requests = 0;
  WireServer server([&](WireConnection& connection) {
    if (connection.read_request().empty()) return;
    ++requests;
    connection.write(plain_response("x"));
    if (connection.read_request().empty()) return;
    ++requests;
  });
  HttpClient client;
  EXPECT_TRUE(client.fetch(make(server.url())).ok());
  const Answer answer = client.fetch(make(server.url()));
  EXPECT_EQ(answer.error_class(), ErrorClass::kNetwork);
  EXPECT_EQ(answer.phase(), Phase::kHead);
  EXPECT_THAT(answer.message(), testing::HasSubstr("pooled connection"));
  EXPECT_EQ(requests, 2);
  EXPECT_TRUE(client.fetch(make(server.url())).ok()) << "and the next one has a fresh connection";
  EXPECT_EQ(requests, 3);
}

TEST(Exchange, AGetIsNeverSentAgain) {
  expect_no_resend([](std::string url) { return get(std::move(url)); });
}
TEST(Exchange, APostIsNeverSentAgain) {
  expect_no_resend([](std::string url) { return post(std::move(url), "{}"); });
}
TEST(Exchange, ALargePostIsNeverSentAgain) {
  expect_no_resend([](std::string url) { return post(std::move(url), std::string(90'000, 'x')); });
}

// A second answer to one request would else become the answer to the next.
TEST(Exchange, BytesThatNobodyAskedForAnswerNothing) {
  std::promise<void> first_was_read;
  WireServer server([&](WireConnection& connection) {
    if (connection.read_request().empty()) return;
    connection.write(plain_response("mine"));
    if (connection.number() == 0) {
      first_was_read.get_future().wait();
      connection.write(plain_response("smuggled"));
    }
    connection.wait_closed();
  });
  HttpClient client;
  EXPECT_EQ(client.fetch(get(server.url())).body, "mine");
  first_was_read.set_value();
  client.wait_for(std::chrono::milliseconds(50));
  const Answer answer = client.fetch(get(server.url()));
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(answer.error_class(), ErrorClass::kNetwork);
  EXPECT_THAT(answer.message(), testing::HasSubstr("no request asked for"));
  EXPECT_EQ(client.fetch(get(server.url())).body, "mine") << "on a fresh connection";
}

TEST(Exchange, AConnectionClosedWhileIdleIsNotUsed) {
  std::atomic<int> closed = 0;
  WireServer server([&](WireConnection& connection) {
    if (connection.read_request().empty()) return;
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    ++closed;
  });
  HttpClient client;
  for (int i = 0; i < 20; ++i) {
    const Answer answer = client.fetch(get(server.url()));
    // The close may still be on its way when the next request leaves; that is then said, not
    // hidden.
    if (answer.ok()) continue;
    EXPECT_THAT(answer.message(), testing::HasSubstr("pooled connection"));
  }
  EXPECT_GE(server.connections(), 10);
}

}  // namespace
}  // namespace prx::http::test
