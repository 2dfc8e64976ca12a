#include "prx/sdk/sse.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace prx::sdk {
namespace {

using Events = std::vector<std::string>;

/// "type|data" of each event; "!" at its end when incomplete; "too long" when the limit was hit.
Events read(std::string bytes, std::size_t piece = static_cast<std::size_t>(-1),
            std::size_t line_max = SseParser::kLineMax) {
  SseParser parser(line_max);
  Events out;
  SseEvent event;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size = std::min(piece, bytes.size() - at);
    std::string copy = bytes.substr(at, size);
    parser.feed(copy.data(), size);
    SseResult result;
    while ((result = parser.get(event)) == SseResult::kEvent)
      out.push_back(std::string(event.type) + "|" + std::string(event.text()));
    if (result == SseResult::kTooLong) {
      out.push_back("too long");
      return out;
    }
    at += size;
  }
  if (parser.finish(event) == SseResult::kEvent)
    out.push_back(std::string(event.type) + "|" + std::string(event.text()) +
                  (event.complete ? "" : "!"));
  return out;
}

/// Every way to feed the bytes in pieces of one size gives this.
void expect_events(const std::string& bytes, const Events& expected) {
  for (std::size_t piece = 1; piece <= bytes.size() + 1; ++piece)
    EXPECT_EQ(read(bytes, piece), expected) << "pieces of " << piece;
}

TEST(Sse, LinesEndWithLfCrOrCrlf) {
  const Events expected{"|one", "|two"};
  expect_events("data: one\n\ndata: two\n\n", expected);
  expect_events("data: one\r\n\r\ndata: two\r\n\r\n", expected);
  expect_events("data: one\r\rdata: two\r\r", expected);
  expect_events("data: one\r\n\ndata: two\n\r\n", expected);
}

TEST(Sse, CommentsAndUnknownFieldsAreIgnored) {
  expect_events(": PROCESSING\n\n: again\n\nid: 4\nretry: 10\ndata: x\n: within\nwhat: y\n\n:\n\n",
                {"|x"});
}

TEST(Sse, ExactlyOneSpaceIsStripped) {
  expect_events("data:a\n\ndata: b\n\ndata:  c\n\ndata:\td\n\n", {"|a", "|b", "| c", "|\td"});
}

TEST(Sse, DataLinesJoinWithLineFeeds) {
  expect_events("data: a\ndata\ndata: c\r\n\n", {"|a\n\nc"});
}

TEST(Sse, EmptyDataIsAnEventAndNoDataIsNone) {
  expect_events("data\n\nevent: ping\n\n\n\ndata:\n\n", {"|", "|"});
}

TEST(Sse, EventFieldNamesOneEventOnly) {
  expect_events("event: error\ndata: a\n\ndata: b\n\n", {"error|a", "|b"});
}

TEST(Sse, EventWithoutDataDoesNotNameTheNext) {
  expect_events("event: error\n\ndata: b\n\n", {"|b"});
}

TEST(Sse, ByteOrderMarkIsStrippedAtTheStartOnly) {
  expect_events(
      "\xEF\xBB\xBF"
      "data: a\n\n\xEF\xBB\xBF"
      "data: b\n\ndata: c\n\n",
      {"|a", "|c"});
}

TEST(Sse, Utf8MayBeSplit) {
  expect_events("data: \xF0\x9F\x8C\x9F\xC3\xBC\n\n", {"|\xF0\x9F\x8C\x9F\xC3\xBC"});
}

TEST(Sse, EndOfStreamHandsOutThePendingEventMarked) {
  expect_events("data: a\n\ndata: b\n", {"|a", "|b!"});
  expect_events("data: a\n\ndata: b", {"|a", "|b!"});
  expect_events("data: a\n\n: c", {"|a"});
}

TEST(Sse, LineLimitIsReached) {
  const std::string line = "data: " + std::string(94, 'x');
  for (std::size_t piece : {1u, 7u, 1000u}) {
    EXPECT_EQ(read(line + "\n\n", piece, 100), (Events{"|" + std::string(94, 'x')}));
    EXPECT_EQ(read(line + "x\n\n", piece, 100), Events{"too long"});
  }
  EXPECT_EQ(read(std::string(101, 'x'), 10, 100), Events{"too long"});
}

TEST(Sse, JoinedDataHasTheSameLimit) {
  std::string bytes;
  for (int i = 0; i < 12; ++i) bytes += "data: 123456789\n";
  EXPECT_EQ(read(bytes + "\n", 1000, 100), Events{"too long"});
}

TEST(Sse, DefaultLimitIs16MiB) {
  const std::string most(SseParser::kLineMax - 6, 'x');
  EXPECT_EQ(read("data: " + most + "\n\n", 1 << 16).at(0).size(), most.size() + 1);
  EXPECT_EQ(read("data: " + most + "x\n\n", 1 << 16), Events{"too long"});
}

TEST(Sse, WholeEventIsHandedOutInPlaceWithAnOverwritableByteBehind) {
  std::string bytes = ": c\n\ndata: {}\n\ndata: next\r\n\r\n";
  SseParser parser;
  parser.feed(bytes.data(), bytes.size());
  SseEvent event;
  ASSERT_EQ(parser.get(event), SseResult::kEvent);
  EXPECT_EQ(event.data, bytes.data() + 11);
  event.data[event.size] = '\0';
  event.data[0] = '\0';
  ASSERT_EQ(parser.get(event), SseResult::kEvent);
  EXPECT_EQ(event.text(), "next");
  EXPECT_EQ(event.data, bytes.data() + bytes.size() - 8);
  event.data[event.size] = '\0';
  EXPECT_EQ(parser.get(event), SseResult::kMore);
}

TEST(Sse, CutEventIsOverwritableToo) {
  std::string a = "data: ab", b = "cd\n\n";
  SseParser parser;
  SseEvent event;
  parser.feed(a.data(), a.size());
  ASSERT_EQ(parser.get(event), SseResult::kMore);
  parser.feed(b.data(), b.size());
  ASSERT_EQ(parser.get(event), SseResult::kEvent);
  EXPECT_EQ(event.text(), "abcd");
  event.data[event.size] = '\0';
}

}  // namespace
}  // namespace prx::sdk
