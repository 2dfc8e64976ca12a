// The fast path must give the same events as the JSON pass. A decoder that never sees two frames of
// one shape in a row takes only the pass: a frame without effect between each two makes it so.
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
         ",\"delta\":{" + delta + "},\"finish_reason\":null}]}";
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
