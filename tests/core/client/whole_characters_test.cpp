#include "client/whole_characters.hpp"

#include <gtest/gtest.h>

namespace prx {
namespace {

TEST(WholeCharacters, ATextThatFitsIsWhole) {
  EXPECT_EQ(whole_characters("", 0), "");
  EXPECT_EQ(whole_characters("abc", 3), "abc");
  EXPECT_EQ(whole_characters("abc", 100), "abc");
  EXPECT_EQ(whole_characters("abc", 2), "ab");
}

TEST(WholeCharacters, NoPartOfACharacterIsLeft) {
  const std::string_view text = "a\xE2\x82\xAC\xF0\x9F\x8C\x9F";  // of 1, 3 and 4 bytes
  const std::string_view first = text.substr(0, 1), two = text.substr(0, 4);
  for (const std::size_t size_max : {1, 2, 3}) EXPECT_EQ(whole_characters(text, size_max), first);
  for (const std::size_t size_max : {4, 5, 6, 7}) EXPECT_EQ(whole_characters(text, size_max), two);
  EXPECT_EQ(whole_characters(text, 8), text);
}

TEST(WholeCharacters, OfWhatIsNoTextNothingMayBeLeft) {
  EXPECT_EQ(whole_characters("\x80\x80\x80", 2), "");
}

}  // namespace
}  // namespace prx
