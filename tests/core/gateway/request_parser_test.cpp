// Requests out of bytes: however they are cut, within limits, and nothing that two readers could
// read in two ways.
#include "gateway/http/request_parser.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace prx::gateway {
namespace {

using State = RequestParser::State;

constexpr RequestLimits kLimits{512, 8, 64};

/// As a connection does: what is left is seen again with what comes next.
struct Feeder {
  explicit Feeder(const RequestLimits& limits = kLimits) : parser(limits) {}
  void feed(std::string_view bytes) {
    left += bytes;
    left.erase(0, parser.feed(left));
  }
  RequestParser parser;
  std::string left;
};

std::string posted(std::string_view headers, std::string_view body) {
  return "POST /v1/chat/completions?a=b HTTP/1.1\r\nHost: here\r\n" + std::string(headers) +
         "\r\n" + std::string(body);
}

TEST(RequestParser, ARequestIsTheSameWhereverItIsCut) {
  const std::string sized = posted("X-One: 1\r\nContent-Length: 5\r\n", "hello");
  const std::string chunked =
      posted("X-One: 1\r\nTransfer-Encoding: chunked\r\n", "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n");
  for (const std::string& text : {sized, chunked}) {
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      Feeder feeder;
      feeder.feed(std::string_view(text).substr(0, cut));
      EXPECT_NE(feeder.parser.state(), State::kDone);
      feeder.feed(std::string_view(text).substr(cut));
      ASSERT_EQ(feeder.parser.state(), State::kDone) << "cut at " << cut;
      const HttpRequest request = feeder.parser.take();
      EXPECT_EQ(request.method, "POST");
      EXPECT_EQ(request.path, "/v1/chat/completions");
      EXPECT_EQ(request.query, "a=b");
      EXPECT_EQ(request.header("x-one"), "1");
      EXPECT_EQ(request.body, "hello");
      EXPECT_TRUE(request.keep_alive);
      EXPECT_EQ(feeder.left, "");
    }
  }
}

TEST(RequestParser, WhatStandsBehindARequestIsOfTheNextOne) {
  Feeder feeder;
  feeder.feed("GET /a HTTP/1.1\r\nHost: x\r\n\r\n\r\nGET /b HTTP/1.0\r\n\r\n");
  ASSERT_EQ(feeder.parser.state(), State::kDone);
  EXPECT_EQ(feeder.parser.take().path, "/a");
  EXPECT_EQ(feeder.parser.state(), State::kIdle);
  feeder.feed("");
  ASSERT_EQ(feeder.parser.state(), State::kDone) << "an empty line before a request is skipped";
  const HttpRequest second = feeder.parser.take();
  EXPECT_EQ(second.path, "/b");
  EXPECT_EQ(second.version, 10);
  EXPECT_FALSE(second.keep_alive);
}

TEST(RequestParser, ATrailerIsNoHeader) {
  Feeder feeder;
  feeder.feed(posted("Transfer-Encoding: chunked\r\n", "0\r\nAuthorization: Bearer x\r\n\r\n"));
  ASSERT_EQ(feeder.parser.state(), State::kDone);
  EXPECT_EQ(feeder.parser.take().header("authorization"), "");
}

TEST(RequestParser, AClientThatAsksWhetherToSendIsAnsweredBeforeItsBody) {
  Feeder feeder;
  feeder.feed(posted("Expect: 100-Continue\r\nContent-Length: 2\r\n", ""));
  EXPECT_EQ(feeder.parser.state(), State::kBody);
  EXPECT_TRUE(feeder.parser.wants_continue());
  feeder.feed("o");
  EXPECT_FALSE(feeder.parser.wants_continue());
}

struct Bad {
  const char* name;
  std::string text;
  int status;
};
std::ostream& operator<<(std::ostream& out, const Bad& bad) { return out << bad.name; }

class BadRequest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadRequest, IsRefused) {
  const auto& [name, text, status] = GetParam();
  Feeder feeder;
  feeder.feed(text);
  ASSERT_EQ(feeder.parser.state(), State::kFault);
  EXPECT_EQ(feeder.parser.fault().status, status);
  EXPECT_NE(std::string(feeder.parser.fault().message), "");
  EXPECT_EQ(feeder.parser.feed("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 0u)
      << "nobody knows where it is";
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    Feeder pieces;
    pieces.feed(std::string_view(text).substr(0, cut));
    pieces.feed(std::string_view(text).substr(cut));
    ASSERT_EQ(pieces.parser.state(), State::kFault) << "cut at " << cut;
    EXPECT_EQ(pieces.parser.fault().status, status) << "cut at " << cut;
  }
}
INSTANTIATE_TEST_SUITE_P(
    Of, BadRequest,
    ::testing::Values(
        Bad{"garbage", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400},
        Bad{"no_host", "GET / HTTP/1.1\r\n\r\n", 400},
        Bad{"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        Bad{"two_lengths", posted("Content-Length: 2\r\nContent-Length: 2\r\n", "xx"), 400},
        Bad{"list_of_lengths", posted("Content-Length: 2, 2\r\n", "xx"), 400},
        Bad{"negative_length", posted("Content-Length: -2\r\n", "xx"), 400},
        Bad{"length_and_chunks",
            posted("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        Bad{"chunks_and_length",
            posted("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "0\r\n\r\n"), 400},
        Bad{"gzip", posted("Transfer-Encoding: gzip\r\n", "x"), 501},
        Bad{"gzip_and_chunks", posted("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
        Bad{"chunks_of_chunks", posted("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
            501},
        Bad{"old_chunks",
            "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Bad{"bad_chunk", posted("Transfer-Encoding: chunked\r\n", "zz\r\n"), 400},
        Bad{"space_in_name", "GET / HTTP/1.1\r\nHost: x\r\nX-A : 1\r\n\r\n", 400},
        Bad{"bare_newline_in_value", "GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\n2\r\n\r\n", 400},
        Bad{"folded_header", "GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n 2\r\n\r\n", 400},
        Bad{"folded_coding", posted("Transfer-Encoding:\r\n\tchunked\r\n", "0\r\n\r\n"), 400},
        Bad{"bare_newline_in_an_extension",
            posted("Transfer-Encoding: chunked\r\n", "2;a=\"\n\"\r\nhe\r\n0\r\n\r\n"), 400},
        Bad{"long_extension",
            posted("Transfer-Encoding: chunked\r\n",
                   "2;a=" + std::string(600, 'a') + "\r\nhe\r\n0\r\n\r\n"),
            431},
        Bad{"long_trailer",
            posted("Transfer-Encoding: chunked\r\n", "0\r\nX-A: " + std::string(300, 'a') +
                                                         "\r\nX-B: " + std::string(300, 'b') +
                                                         "\r\n\r\n"),
            431},
        Bad{"proxy_form", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Bad{"connect", "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Bad{"http_2", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
        Bad{"expectation", posted("Expect: tea\r\nContent-Length: 2\r\n", "xx"), 417},
        Bad{"long_head", "GET / HTTP/1.1\r\nHost: x\r\nX-A: " + std::string(600, 'a') + "\r\n\r\n",
            431},
        Bad{"many_headers",
            "GET / HTTP/1.1\r\nHost: "
            "x\r\na:1\r\nb:1\r\nc:1\r\nd:1\r\ne:1\r\nf:1\r\ng:1\r\nh:1\r\n\r\n",
            431},
        Bad{"long_body", posted("Content-Length: 65\r\n", ""), 413},
        Bad{"long_chunk", posted("Transfer-Encoding: chunked\r\n", "41\r\n"), 413},
        Bad{"endless_chunks",
            posted("Transfer-Encoding: chunked\r\n", "20\r\n" + std::string(32, 'x') +
                                                         "\r\n20\r\n" + std::string(32, 'x') +
                                                         "\r\n1\r\n"),
            413}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST(RequestParser, AnEmptyLineBeforeARequestIsSkippedHoweverItIsCut) {
  const std::string text = "\r\n\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n";
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    Feeder pieces;
    pieces.feed(std::string_view(text).substr(0, cut));
    pieces.feed(std::string_view(text).substr(cut));
    EXPECT_EQ(pieces.parser.state(), State::kDone) << "cut at " << cut;
  }
}

TEST(RequestParser, WhatAHeadPromisesTakesNoMemory) {
  RequestLimits limits;
  RequestParser parser(limits);
  const std::string head = posted("Content-Length: 33554432\r\n", "");
  EXPECT_EQ(parser.feed(head), head.size());
  ASSERT_NE(parser.head(), nullptr);
  EXPECT_LE(parser.head()->body.capacity(), 64u << 10);
}

TEST(RequestParser, LimitsThemselvesAreReached) {
  Feeder body;
  body.feed(posted("Content-Length: 64\r\n", std::string(64, 'x')));
  EXPECT_EQ(body.parser.state(), State::kDone);
  Feeder headers;
  headers.feed(
      "GET / HTTP/1.1\r\nHost: x\r\na:1\r\nb:1\r\nc:1\r\nd:1\r\ne:1\r\nf:1\r\ng:1\r\n\r\n");
  EXPECT_EQ(headers.parser.state(), State::kDone);
}

TEST(RequestParser, AHeadThatNeverEndsIsRefusedAtItsLimit) {
  Feeder feeder;
  feeder.feed("GET / HTTP/1.1\r\nHost: x\r\nX-A: ");
  for (int i = 0; i < 600 && feeder.parser.state() == State::kHead; ++i) feeder.feed("a");
  ASSERT_EQ(feeder.parser.state(), State::kFault);
  EXPECT_EQ(feeder.parser.fault().status, 431);
}

TEST(RequestParser, AHeadThatComesLineByLineHasTheSameLimit) {
  Feeder feeder;
  feeder.feed("GET / HTTP/1.1\r\nH");
  feeder.feed("ost: x\r\n");
  for (int i = 0; i < 6 && feeder.parser.state() == State::kHead; ++i)
    feeder.feed("X-A: " + std::string(100, 'a') + "\r\nX");
  ASSERT_EQ(feeder.parser.state(), State::kFault);
  EXPECT_EQ(feeder.parser.fault().status, 431);
}

}  // namespace
}  // namespace prx::gateway
