// The fast path must give the same events as the JSON pass. A decoder that never sees two frames of
// one shape in a row takes only the pass: a frame without effect between each two makes it so.
#include "../../sdk/src/chat_frame.hpp"

#include <gtest/gtest.h>

#include <random>

#include "event_log.hpp"

namespace prx::sdk {
namespace {

using test::decode;
using test::EventLog;
using test::sse;

std::string random_text(std::mt19937& random) {
  static const char* const kPieces[] = {"a",
                                        "word ",
                                        "\\n",
                                        "\\\"",
                                        "\\\\",
                                        "\\/",
                                        "\\t",
                                        "\\u00fc",
                                        "\xC3\xBC",
                                        "",
                                        "\\ud83c\\udf1f",
                                        "\\b\\f\\r",
                                        "a somewhat longer piece of text that spans a vector",
                                        "\x7f",
                                        "'"};
  std::string out;
  for (unsigned n = random() % 4; n > 0; --n) out += kPieces[random() % std::size(kPieces)];
  return out;
}

/// A member that nobody reads, alike in most frames, or one that is no such member.
std::string random_pad(std::mt19937& random) {
  static const char* const kPads[] = {R"("")",
                                      R"("abc")",
                                      R"("a\"b")",
                                      "\"\xC3\xBC, }\"",
                                      "\"a longer one of some length\"",
                                      "7",
                                      "12345",
                                      "0",
                                      "-1",
                                      "1.5",
                                      "1e2",
                                      "null",
                                      "[1]",
                                      R"({"a":"b"})",
                                      R"("\u0041")"};
  const unsigned kind = random() % 16;
  if (kind == 0) return "";
  if (kind == 1) return R"(,"error":"")";
  if (kind == 2) return R"(,"usage":null)";
  const std::size_t common = random() % 8 == 0 ? std::size(kPads) : 3;
  return std::string(random() % 16 == 0 ? ",\"p\\u0061d\":" : ",\"pad\":") +
         kPads[random() % common];
}

std::string random_frame(std::mt19937& random) {
  const std::string id = random() % 10 == 0 ? "gen-2" : "gen-1";
  const std::string created = random() % 8 == 0 ? "1700000009" : "1700000001";
  const std::string index = random() % 12 == 0 ? "1" : "0";
  const std::string text = random_text(random);
  std::string delta;
  switch (random() % 8) {
    case 0:
      delta = "\"reasoning\":\"" + text + "\",\"content\":\"\"";
      break;
    case 1:
      delta = "\"content\":\"first\",\"content\":\"" + text + "\"";
      break;
    case 2:
      delta = "\"content\":\"" + text + "\",\"reasoning\":\"both\"";
      break;
    default:
      delta = "\"role\":\"assistant\",\"content\":\"" + text + "\"";
      break;
  }
  return "{\"id\":\"" + id + "\",\"created\":" + created + ",\"choices\":[{\"index\":" + index +
         ",\"delta\":{" + delta + "},\"finish_reason\":null}]" + random_pad(random) + "}";
}

std::vector<std::string> with_end(std::vector<std::string> frames) {
  frames.push_back(R"({"choices":[{"index":0,"delta":{"content":"."},"finish_reason":"stop"}]})");
  frames.push_back("[DONE]");
  return frames;
}

TEST(ChatFrame, FastPathAndJsonPassGiveTheSameEvents) {
  std::mt19937 random(20'240'229);
  for (int round = 0; round < 400; ++round) {
    std::vector<std::string> fast, slow;
    std::mt19937 salt(static_cast<unsigned>(round));
    for (int i = 0; i < 40; ++i) {
      const std::string frame = random_frame(random);
      fast.push_back(frame);
      // White space at another place in each frame: no frame fits the one before.
      slow.push_back(std::string(static_cast<std::size_t>(i + 1), ' ') + frame);
    }
    const EventLog a = decode(sse(with_end(fast))), b = decode(sse(with_end(slow)));
    ASSERT_EQ(a.lines, b.lines) << "round " << round;
    ASSERT_EQ(a.flags, b.flags) << "round " << round;
  }
}

std::string padded(const std::string& pad, const std::string& text) {
  return R"({"id":"g","choices":[{"index":0,"delta":{"content":")" + text + R"("}}],"pad":)" + pad +
         "}";
}

TEST(ChatFrame, IgnoredMembersMayDifferOnceTheyDid) {
  FrameMatcher matcher;
  const auto learn = [&](const std::string& frame) {
    matcher.learn(frame, frame.find("\"content\":\"") + 11, PRX_EV_TEXT, 0);
  };
  learn(padded("\"a\"", "x"));
  EXPECT_EQ(matcher.match(padded("\"a\"", "y")), "y");
  EXPECT_EQ(matcher.match(padded("\"b\"", "y")), std::nullopt);
  learn(padded("\"b\"", "y"));
  EXPECT_EQ(matcher.match(padded("\"another\"", "z\\n")), "z\n");
  EXPECT_EQ(matcher.match(padded("\"\"", "")), "");
  for (const char* pad : {"7", "null", "\"a", "\"\\n\"", "\"\x01\"", "\"a\" ", "\"a\",\"error\":1"})
    EXPECT_EQ(matcher.match(padded(pad, "z")), std::nullopt) << pad;
  learn(padded("7", "x"));
  learn(padded("8", "x"));
  EXPECT_EQ(matcher.match(padded("0", "z")), "z");
  for (const char* pad : {"", "-1", "01", "1.5", "1e3", "\"a\""})
    EXPECT_EQ(matcher.match(padded(pad, "z")), std::nullopt) << pad;
}

TEST(ChatFrame, MembersThatAreReadNeverVary) {
  for (const char* name : {"error", "usage", "debug", "choices", "err\\u006fr"}) {
    FrameMatcher matcher;
    const auto frame = [name](const char* value) {
      return R"({"choices":[{"delta":{"content":"x"}}],")" + std::string(name) + "\":\"" + value +
             "\"}";
    };
    for (const char* value : {"", "a", "b"}) {
      const std::string text = frame(value);
      matcher.learn(text, text.find("\"content\":\"") + 11, PRX_EV_TEXT, 0);
    }
    EXPECT_EQ(matcher.match(frame("b")), "x");
    EXPECT_EQ(matcher.match(frame("c")), std::nullopt) << name;
  }
}

TEST(ChatFrame, MembersThatVaryAreLimited) {
  const auto frame = [](std::size_t members, int value) {
    std::string out = R"({"choices":[{"delta":{"content":"x"}}])";
    for (std::size_t i = 0; i < members; ++i)
      out += ",\"m" + std::to_string(i) + "\":" + std::to_string(value);
    return out + "}";
  };
  for (const std::size_t members : {FrameMatcher::kVaryingMax, FrameMatcher::kVaryingMax + 1}) {
    FrameMatcher matcher;
    for (int value : {1, 2}) {
      const std::string text = frame(members, value);
      matcher.learn(text, text.find("\"content\":\"") + 11, PRX_EV_TEXT, 0);
    }
    EXPECT_EQ(matcher.match(frame(members, 3)).has_value(), members == FrameMatcher::kVaryingMax);
  }
}

TEST(ChatFrame, FrameOfAnotherShapeIsNotTakenForText) {
  const std::string text = test::text_chunk("x");
  std::string injected = test::text_chunk(R"(y","reasoning":"z)");
  const auto log = decode(sse({text, text, injected, test::kStop, "[DONE]"}));
  EXPECT_EQ(log.joined("text 0 "), "xxy");
  EXPECT_EQ(log.joined("reasoning 0 "), "z");
}

TEST(ChatFrame, BrokenTextInALearnedFrameIsStillMalformed) {
  for (const char* text : {"\\x", "\\", "\x01", "\\u12"}) {
    const auto log =
        decode(sse({test::text_chunk("x"), test::text_chunk("x"), test::text_chunk(text)}));
    EXPECT_EQ(log.error.error_class, ErrorClass::kBadResponse) << text;
    EXPECT_NE(log.error.message.find("well-formed"), std::string::npos) << text;
  }
}

TEST(ChatFrame, EventTypeErrorIsNeverTakenForText) {
  const std::string text = test::text_chunk("x");
  const auto log = decode(sse({text, text}) + "event: error\ndata: " + text + "\n\n");
  EXPECT_EQ(log.lines.back().rfind("error ", 0), 0u);
}

}  // namespace
}  // namespace prx::sdk
