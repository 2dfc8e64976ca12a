#include "cli/json_writer.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "cli/utf8.hpp"

namespace prx::cli {
namespace {

TEST(JsonWriter, PutsCommasBetweenMembersAndElements) {
  JsonWriter json;
  json.begin_object().key("a").integer(1).key("b").begin_array().string("x").boolean(true).null();
  json.begin_object()
      .end_object()
      .begin_array()
      .end_array()
      .end_array()
      .key("c")
      .number(0.5)
      .end_object();
  EXPECT_EQ(json.text(), R"({"a":1,"b":["x",true,null,{},[]],"c":0.5})");
}

TEST(JsonWriter, EscapesText) {
  JsonWriter json;
  json.string("a\"b\\\n\x01");
  EXPECT_EQ(json.text(), "\"a\\\"b\\\\\\n\\u0001\"");
}

TEST(JsonWriter, BytesThatAreNoUtf8BecomeReplacementCharacters) {
  JsonWriter json;
  json.string(
      "a\xff"
      "b");
  EXPECT_EQ(json.text(),
            "\"a\xef\xbf\xbd"
            "b\"");
}

TEST(JsonWriter, WhatIsUnknownIsNull) {
  JsonWriter json;
  json.begin_array().string_or_null("").integer_or_null({}).number_or_null({});
  json.number(std::numeric_limits<double>::infinity()).end_array();
  EXPECT_EQ(json.text(), "[null,null,null,null]");
}

TEST(JsonWriter, NumbersKeepTheirValue) {
  JsonWriter json;
  json.begin_array().number(0.000123).number(1e300).number(3).integer(-5).end_array();
  EXPECT_EQ(json.text(), "[0.000123,1e+300,3,-5]");
}

TEST(NextUtf8, ReadsCharactersOfEverySize) {
  EXPECT_EQ(next_utf8("A").code, U'A');
  EXPECT_EQ(next_utf8("\xc3\xa9x").code, char32_t{0xe9});
  EXPECT_EQ(next_utf8("\xe2\x82\xac").code, char32_t{0x20ac});
  EXPECT_EQ(next_utf8("\xf0\x9f\x98\x80").code, char32_t{0x1f600});
  EXPECT_EQ(next_utf8("\xf0\x9f\x98\x80").size, 4U);
}

TEST(NextUtf8, RefusesOverlongFormsSurrogatesAndValuesAboveTheLast) {
  for (const char* text : {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x28\xa1"})
    EXPECT_EQ(next_utf8(text).kind, Utf8Step::Kind::kInvalid) << text;
}

TEST(NextUtf8, TellsACutCharacterFromABrokenOne) {
  EXPECT_EQ(next_utf8("\xe2\x82").kind, Utf8Step::Kind::kCut);
  EXPECT_EQ(next_utf8("\xe2\x82").size, 2U);
  EXPECT_EQ(next_utf8("\xe2"
                      "a")
                .kind,
            Utf8Step::Kind::kInvalid);
}

}  // namespace
}  // namespace prx::cli
