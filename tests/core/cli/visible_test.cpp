#include "cli/visible.hpp"

#include <gtest/gtest.h>

namespace prx::cli {
namespace {

std::string shown(std::string_view text) {
  VisibleText filter;
  std::string out = filter.feed(text);
  return out + filter.finish();
}

TEST(VisibleText, PlainTextPasses) {
  const std::string text = "Hello, w\xc3\xb6rld \xf0\x9f\x98\x80\n\ttab\n";
  EXPECT_EQ(shown(text), text);
}

TEST(VisibleText, EscapeSequencesBecomeVisible) {
  EXPECT_EQ(shown("\x1b]0;title\x07\x1b[2J"), "^[]0;title^G^[[2J");
  EXPECT_EQ(shown("\xc2\x9b"
                  "31m"),
            "<U+009B>31m");
}

TEST(VisibleText, DeleteNulAndBackspaceBecomeVisible) {
  EXPECT_EQ(shown(std::string_view("\x7f\0\b", 3)), "^?^@^H");
}

TEST(VisibleText, OverridesOfDirectionBecomeVisible) {
  EXPECT_EQ(shown("a\xe2\x80\xae"
                  "b\xe2\x81\xa6"),
            "a<U+202E>b<U+2066>");
}

TEST(VisibleText, BytesThatAreNoUtf8BecomeVisible) { EXPECT_EQ(shown("a\xff\xc3"), "a<FF><C3>"); }

TEST(VisibleText, CarriageReturnPassesOnlyBeforeALineFeed) {
  EXPECT_EQ(shown("a\r\nb\rc\r"), "a\nb^Mc^M");
}

TEST(VisibleText, CutAnywhereItShowsTheSame) {
  const std::string text = "x\r\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x1b[0m\xff\xe2\x82\r";
  const std::string whole = shown(text);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    VisibleText filter;
    std::string out = filter.feed(text.substr(0, cut));
    out += filter.feed(text.substr(cut));
    out += filter.finish();
    EXPECT_EQ(out, whole) << cut;
  }
}

TEST(VisibleText, WhatShowsNothingBecomesVisible) {
  EXPECT_EQ(shown("a\u00ad\u115f\u1160\u180e\u200b\u200f\u2028\u2029\u2060\u2064\u3164\ufeff"
                  "\U000e0001\U000e007f"),
            "a<U+00AD><U+115F><U+1160><U+180E><U+200B><U+200F><U+2028><U+2029><U+2060><U+2064>"
            "<U+3164><U+FEFF><U+E0001><U+E007F>");
}

TEST(VisibleText, JoinedCharactersPassInAnAnswerAndNotInALine) {
  const std::string text = "\U0001f469\u200d\U0001f4bb \u2764\ufe0f";
  EXPECT_EQ(shown(text), text);
  EXPECT_EQ(visible_line(text), "\U0001f469<U+200D>\U0001f4bb \u2764<U+FE0F>");
}

TEST(VisibleLine, StaysOnOneLine) { EXPECT_EQ(visible_line("a\nb\tc\r\nd\x1b"), "a b c d^["); }

}  // namespace
}  // namespace prx::cli
