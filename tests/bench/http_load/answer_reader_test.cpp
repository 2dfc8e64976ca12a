#include "bench/http_load/answer_reader.hpp"

#include <gtest/gtest.h>

namespace prx::bench {
namespace {

using State = AnswerReader::State;

struct Read {
  State state = State::kGoesOn;
  std::string body, why;
};

Read read_all(const std::vector<std::string_view>& pieces, int status = 200) {
  AnswerReader reader(status);
  Read out;
  for (const std::string_view piece : pieces) {
    out.state = reader.take(piece, [&](std::string_view bytes) {
      out.body += bytes;
      return bytes.find('!') == std::string_view::npos;
    });
    if (out.state != State::kGoesOn) break;
  }
  out.why = reader.why();
  return out;
}

constexpr std::string_view kSized = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
constexpr std::string_view kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";

TEST(BenchAnswerReader, ReadsBothKindsOfBodiesCutAnywhere) {
  for (const std::string_view answer : {kSized, kChunked})
    for (std::size_t cut = 0; cut <= answer.size(); ++cut) {
      const Read read = read_all({answer.substr(0, cut), answer.substr(cut)});
      EXPECT_EQ(read.state, State::kComplete) << cut << ' ' << read.why;
      EXPECT_EQ(read.body, "hello");
    }
}

TEST(BenchAnswerReader, AnAnswerThatWasCutIsNotComplete) {
  for (const std::string_view answer : {kSized, kChunked})
    EXPECT_EQ(read_all({answer.substr(0, answer.size() - 1)}).state, State::kGoesOn);
}

TEST(BenchAnswerReader, TheNextAnswerIsReadAfterACompleteOne) {
  AnswerReader reader(200);
  const auto any = [](std::string_view) { return true; };
  EXPECT_EQ(reader.take(kChunked, any), State::kComplete);
  EXPECT_EQ(reader.take(kSized, any), State::kComplete);
}

TEST(BenchAnswerReader, WhatIsNoGoodAnswerIsWrong) {
  const auto why = [](std::string_view answer) {
    const Read read = read_all({answer});
    EXPECT_EQ(read.state, State::kWrong) << answer;
    return read.why;
  };
  EXPECT_EQ(why("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"),
            "answered HTTP/1.1 503");
  EXPECT_EQ(why("HTTP/1.1 200 OK\r\n\r\nhello"), "a body without length or chunks");
  EXPECT_EQ(why("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"),
            "the connection is not kept");
  EXPECT_EQ(why("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nhello"), "bytes behind an answer");
  EXPECT_EQ(why("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!"),
            "the body is not what the upstream sent");
  EXPECT_EQ(why("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"),
            "a chunk without size");
  EXPECT_EQ(why("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhello\r\n"),
            "a chunk that is longer than it said");
  EXPECT_EQ(why("HTTP/1.1 200 OK\r\nX: " + std::string(AnswerReader::kHeadMax, 'x')),
            "a head without an end");
}

}  // namespace
}  // namespace prx::bench
