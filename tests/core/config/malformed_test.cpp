// Texts that are no TOML: an error with a place, in every build, whatever toml++ makes of them.
#include <gmock/gmock.h>

#include <random>

#include "config/document.hpp"

namespace prx::config {
namespace {

constexpr std::string_view kValid = R"([default]
model = "a/b"  # the model

["providers".x]
api_keys = ["${A}", 'b']
headers = { X-A = "b", "quoted key" = "\u00e9\n" }
extra_body.a = [1, 2.5e3, 0x1F, true, inf, { b.c = """x
y""" }]
own = 1979-05-27T07:32:00Z

[[chains.c.targets]]
provider = "x"
'single' = '''z
'''
)";

/// Bytes that mean something in TOML, or nothing at all; some of more than one byte.
constexpr std::string_view kNasty[] = {"$",  "[",     "]",    "[[", "]]", "{",
                                       "}",  ".",     ",",    "=",  "\"", "\"\"\"",
                                       "'",  "\\",    "#",    "\n", "\r", std::string_view("\0", 1),
                                       "\t", "\x7f",  "\x80", "é",  "+",  "_",
                                       "0",  "\\u12", "[$",   "a.", "{$", " = "};

/// A configuration, or an error of one line that begins with the place.
void expect_sound(const std::string& text) {
  const auto parsed = parse_document(text, "a.toml");
  if (parsed) return;
  const std::string& message = parsed.error().message;
  ASSERT_TRUE(message.starts_with("a.toml:")) << message << "\n" << text;
  ASSERT_TRUE(message.size() > 7 && message[7] >= '1' && message[7] <= '9') << message << "\n"
                                                                            << text;
  ASSERT_EQ(message.find('\n'), std::string::npos) << message << "\n" << text;
}

TEST(Malformed, WhatTripsAnAssertionOfTheParserIsAnErrorWithItsPlace) {
  const std::pair<std::string, std::string> texts[] = {
      {"[$", "1:2"},        {"[[$", "1:3"},   {"[", "1:2"},      {"[[", "1:3"},
      {"a.[", "1:3"},       {"a.", "1:3"},    {"[.a]", "1:2"},   {"[=", "1:2"},
      {"a = 1\n[#", "2:2"}, {"[\n", "1:2"},   {"[[a]\n", "1:5"}, {"[[a]", "1:5"},
      {"a = {$=1}", "1:6"}, {"[a.$]", "1:4"}, {"[\n]", "1:2"},   {"a = [{.b = 1}]", "1:7"},
      {"[\xc3\xa9]", "1:2"}};
  for (const auto& [text, place] : texts) {
    const auto parsed = parse_document(text, "a.toml");
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message, ::testing::StartsWith("a.toml:" + place + ": ")) << text;
    EXPECT_THAT(parsed.error().message, ::testing::HasSubstr("; ")) << "the remedy of " << text;
  }
}

TEST(Malformed, AKeyWrittenInTwoSpellingsIsAnErrorAtTheSecond) {
  const std::pair<std::string, std::string> texts[] = {
      {"\"gr\\u00FCn\" = 1\n\"gr\xC3\xBCn\" = 2\n", "2:1"},
      {"\"gr\xC3\xBCn\" = 1\n\"gr\\U000000FCn\" = 2\n", "2:1"},
      {"a = { '\xC3\xBC' = 1, b = 1, \"\\u00fc\" = 2 }\n", "1:23"},
      {"[x]\n[\"\\u00fc\"]\na = 1\n['\xC3\xBC']\nb = 1\n", "4:2"},
      {"a = [ { '\xC3\xBC'.a = 1, \"\\u00fc\".b = 2 } ]\n", "1:20"}};
  for (const auto& [text, place] : texts) {
    const auto parsed = parse_document(text, "a.toml");
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message,
                ::testing::StartsWith("a.toml:" + place + ": this key is there already, in line "))
        << text;
  }
  EXPECT_TRUE(parse_document("\"\\u00fc\".a = 1\n\"\\u00fc\".b = 1\n'\xC3\xA4' = 1\n", "a.toml"));
  EXPECT_TRUE(parse_document("a.\"\\u00fc\" = 1\nb.'\xC3\xBC' = 1\n", "a.toml"));
}

TEST(Malformed, EachBeginningOfAFileWithEachNastyByteIsReadOrRefused) {
  ASSERT_TRUE(parse_document(kValid, "a.toml"));
  for (std::size_t end = 0; end <= kValid.size(); ++end)
    for (const auto nasty : kNasty) expect_sound(std::string(kValid.substr(0, end)).append(nasty));
}

TEST(Malformed, NastyBytesInsertedAnywhereAreReadOrRefused) {
  std::mt19937 random(7);  // the same texts in each run
  for (int i = 0; i < 5'000; ++i) {
    std::string text(kValid);
    for (auto count = random() % 3 + 1; count > 0; --count)
      text.insert(random() % text.size(), kNasty[random() % std::size(kNasty)]);
    expect_sound(text);
  }
}

}  // namespace
}  // namespace prx::config
