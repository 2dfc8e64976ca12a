// Backends cut an answer into tokens anywhere, also between the two escapes of one character.
#include "../../sdk/src/chat_halves.hpp"

#include <gtest/gtest.h>

#include "event_log.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::sdk {
namespace {

using test::chunk;
using test::decode;
using test::EventLog;
using test::Exchange;
using test::kStop;
using test::sse;
using test::text_chunk;

using Lines = std::vector<std::string>;

// One character each, as the wire spells them.
const Lines kUnits = {"a", "\\ud83d", "\\ude00", "\\u00fc", "\\ud83c", "\\udf1f", "\\\\", "z"};
constexpr const char* kJoined = "a\xF0\x9F\x98\x80\xC3\xBC\xF0\x9F\x8C\x9F\\z";

/// The units in pieces: cut behind unit i where bit i of `cuts` is set.
Lines pieces_of(unsigned cuts) {
  Lines pieces(1);
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    pieces.back() += kUnits[i];
    if ((cuts >> i & 1U) != 0 && i + 1 < kUnits.size()) pieces.emplace_back();
  }
  return pieces;
}

using Wrap = std::string (*)(const std::string&);

std::string reasoning(const std::string& text) { return chunk(R"({"reasoning":")" + text + "\"}"); }
std::string call(const std::string& text) {
  return chunk(R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":")" + text +
               "\"}}]}");
}

std::string joined_arguments(const EventLog& log) {
  std::string out;
  for (const std::string& line : log.lines)
    if (line.rfind("tool ", 0) == 0) out += line.substr(line.find("args=") + 5);
  return out;
}

EventLog decode_pieces(const Lines& pieces, Wrap wrap, const Exchange& exchange = {}) {
  Lines frames;
  for (const std::string& piece : pieces) frames.push_back(wrap(piece));
  frames.push_back(kStop);
  frames.emplace_back("[DONE]");
  const EventLog log = decode(sse(frames), exchange);
  EXPECT_EQ(log.last(), "done");
  for (const std::string& line : log.lines) EXPECT_TRUE(json::is_utf8(line)) << line;
  return log;
}

TEST(ChatHalves, APairIsJoinedAtEveryCut) {
  for (unsigned cuts = 0; cuts < 1U << (kUnits.size() - 1); ++cuts) {
    const Lines pieces = pieces_of(cuts);
    EXPECT_EQ(decode_pieces(pieces, text_chunk).joined("text 0 "), kJoined) << cuts;
    EXPECT_EQ(decode_pieces(pieces, reasoning).joined("reasoning 0 "), kJoined) << cuts;
    EXPECT_EQ(joined_arguments(decode_pieces(pieces, call)), kJoined) << cuts;
  }
}

TEST(ChatHalves, TheBytesMayBeCutAnywhereToo) {
  const Lines pieces = pieces_of(0x12);  // behind each first half
  for (std::size_t size = 1; size < 40; ++size) {
    Exchange exchange;
    exchange.piece = size;
    EXPECT_EQ(decode_pieces(pieces, text_chunk, exchange).joined("text 0 "), kJoined) << size;
  }
}

TEST(ChatHalves, PlainChunksBetweenAndAfterAreNotTouched) {
  Lines pieces(20, "same");
  pieces[10] = "\\ud83d";
  pieces.insert(pieces.begin() + 11, "");  // keeps the half waiting
  pieces[12] = "\\ude00";
  const auto log = decode_pieces(pieces, text_chunk);
  std::string expected;
  for (int i = 0; i < 10; ++i) expected += "same";
  expected += "\xF0\x9F\x98\x80";
  for (int i = 0; i < 8; ++i) expected += "same";
  EXPECT_EQ(log.joined("text 0 "), expected);
}

TEST(ChatHalves, AHalfThatStaysAloneIsReplacedInItsPlace) {
  EXPECT_EQ(decode_pieces({"a\\ud83d", "b"}, text_chunk).joined("text 0 "),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(decode_pieces({"a\\ud83d", "\\ud83d\\ude00"}, text_chunk).joined("text 0 "),
            "a\xEF\xBF\xBD\xF0\x9F\x98\x80");
  EXPECT_EQ(decode_pieces({"a",
                           "\\ude00"
                           "b"},
                          text_chunk)
                .joined("text 0 "),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(decode_pieces({"a\\ud83d", "\\ud83d", "\\ude00"}, text_chunk).joined("text 0 "),
            "a\xEF\xBF\xBD\xF0\x9F\x98\x80");
}

TEST(ChatHalves, AHalfAtTheFinishReasonIsReplacedBeforeIt) {
  const auto log = decode_pieces({"a\\ud83d"}, text_chunk);
  ASSERT_EQ(log.lines.size(), 5U);
  EXPECT_EQ(log.lines[1], "text 0 a");
  EXPECT_EQ(log.lines[2], "text 0 \xEF\xBF\xBD");
  EXPECT_EQ(log.lines[3], "finish 0 1 stop");
  EXPECT_EQ(joined_arguments(decode_pieces({"a\\ud83d"}, call)), "a\xEF\xBF\xBD");
}

TEST(ChatHalves, AnAnswerThatBreaksOffEndsWithItsLastWholeCharacter) {
  const auto log = decode(sse({text_chunk("a\\ud83d")}));
  EXPECT_EQ(log.joined("text 0 "), "a");
  EXPECT_EQ(log.error.error_class, ErrorClass::kBadResponse);
}

TEST(ChatHalves, EachChoiceTextAndCallWaitsForItsOwn) {
  const auto choice = [](int index, const std::string& text) {
    return R"({"id":"g","choices":[{"index":)" + std::to_string(index) +
           R"(,"delta":{"content":")" + text + R"("},"finish_reason":null}]})";
  };
  const auto stop = [](int index) {
    return R"({"choices":[{"index":)" + std::to_string(index) +
           R"(,"delta":{},"finish_reason":"stop"}]})";
  };
  const auto log = decode(sse({choice(0, "\\ud83d"), choice(1, "\\ud83c"), choice(0, "\\ude00"),
                               choice(1, "\\udf1f"), stop(0), stop(1), "[DONE]"}));
  EXPECT_EQ(log.joined("text 0 "), "\xF0\x9F\x98\x80");
  EXPECT_EQ(log.joined("text 1 "), "\xF0\x9F\x8C\x9F");
}

TEST(ChatHalves, FramesAroundTheCutAreNotPassedOnAsTheyAre) {
  Exchange exchange;
  exchange.options.want_frame = true;
  const auto log = decode_pieces({"a", "b\\ud83d", "\\ude00", "c"}, text_chunk, exchange);
  ASSERT_GE(log.frames.size(), 5U);
  EXPECT_EQ(log.frames[0], text_chunk("a"));  // on META
  EXPECT_EQ((Lines{log.frames.begin() + 2, log.frames.begin() + 5}),
            (Lines{"", "", text_chunk("c")}));
}

TEST(ChatHalves, ContentPartsAndErrorsKeepTheirOtherWords) {
  const auto parts =
      decode(sse({chunk(R"({"content":[{"type":"text","text":"a\ud83d b"}]})"), kStop, "[DONE]"}));
  EXPECT_EQ(parts.joined("text 0 "), "a\xEF\xBF\xBD b");
  const auto error = decode(sse({R"({"error":{"code":503,"message":"no \ud83d capacity"}})"}));
  EXPECT_NE(error.error.message.find("no \xEF\xBF\xBD capacity"), std::string::npos)
      << error.error.message;
}

}  // namespace
}  // namespace prx::sdk
