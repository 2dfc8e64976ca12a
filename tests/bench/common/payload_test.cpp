#include "bench/common/payload.hpp"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>

namespace prx::bench {
namespace {

TEST(BenchPayload, RequestAndAnswerAreJsonOfTheirSizes) {
  for (const std::string& body : {request_body(true), request_body(false), answer_body()}) {
    rapidjson::Document document;
    EXPECT_FALSE(document.Parse(body.data(), body.size()).HasParseError()) << body;
  }
  EXPECT_EQ(request_body(false).size(), kRequestSize);
  EXPECT_EQ(request_body(true).size(), kRequestSize);
  EXPECT_EQ(answer_body().size(), kAnswerSize);
}

TEST(BenchPayload, EveryEventIsAFrameOfAbout230BytesWithItsText) {
  const SseAnswer answer = sse_answer(200);
  std::size_t text = 0, bytes = 0;
  for (const std::string& event : answer.events) {
    ASSERT_TRUE(event.starts_with("data: {") && event.ends_with("}\n\n"));
    rapidjson::Document document;
    document.Parse(event.data() + 6, event.size() - 8);
    ASSERT_FALSE(document.HasParseError()) << event;
    text += document["choices"][0]["delta"]["content"].GetStringLength();
    bytes += event.size();
  }
  EXPECT_EQ(text, answer.text_size);
  EXPECT_NEAR(static_cast<double>(bytes) / 200, 230, 10);
  EXPECT_EQ(bytes + answer.ending.size(), answer.body_size);
}

TEST(BenchPayload, EventsAreCountedByTheBytesThatCame) {
  const SseAnswer answer = sse_answer(3);
  const std::size_t first = answer.events[0].size();
  EXPECT_EQ(answer.events_in(first - 1), 0u);
  EXPECT_EQ(answer.events_in(first), 1u);
  EXPECT_EQ(answer.events_in(answer.body_size), 3u);
}

TEST(BenchPayload, AStampIsReadAsItWasWritten) {
  std::string event = stamped_event();
  write_stamp(event.data(), {4'711, std::chrono::nanoseconds(1'234'567'890'123)});
  const auto stamp = read_stamp(event);
  ASSERT_TRUE(stamp);
  EXPECT_EQ(stamp->number, 4'711u);
  EXPECT_EQ(stamp->sent.count(), 1'234'567'890'123);
}

TEST(BenchPayload, WhatIsNoStampedEventHasNoStamp) {
  const std::string event = stamped_event();
  EXPECT_FALSE(read_stamp(event.substr(1)));
  for (const std::size_t at : {std::size_t{7}, event.find("00000000"), event.size() - 3}) {
    std::string other = event;
    other[at] = 'x';
    EXPECT_FALSE(read_stamp(other)) << at;
  }
}

}  // namespace
}  // namespace prx::bench
