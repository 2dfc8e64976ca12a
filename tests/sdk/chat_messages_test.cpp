#include "prx/sdk/chat_messages.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "prx/sdk/json_peek.hpp"

namespace prx::sdk {
namespace {

const std::vector<std::string_view> kDropped{"reasoning", "images"};
const std::vector<std::string_view> kPartDropped{"cache_control"};

std::string to_developer(std::string_view messages) {
  return edit_messages(messages, {.role_from = "system", .role_to = "developer"})
      .value_or(std::string(messages));
}
std::string shorter(std::string_view messages) {
  return edit_messages(messages, {.assistant_dropped = kDropped, .part_dropped = kPartDropped})
      .value_or(std::string(messages));
}

TEST(ChatMessages, OnlyTheBytesOfARoleChange) {
  EXPECT_EQ(
      to_developer("[ {\"role\" :\t\"system\" , \"content\":\"\\\"role\\\":\\\"system\\\"\"} ,7]"),
      "[ {\"role\" :\t\"developer\" , \"content\":\"\\\"role\\\":\\\"system\\\"\"} ,7]");
  EXPECT_EQ(to_developer(R"([{"ro\u006ce":"s\u0079stem"}])"), R"([{"ro\u006ce":"developer"}])");
  EXPECT_EQ(to_developer(R"([{"content":{"role":"system"},"role":"user"}])"),
            R"([{"content":{"role":"system"},"role":"user"}])");
}

TEST(ChatMessages, WithoutWorkThereIsNoCopy) {
  EXPECT_FALSE(edit_messages(R"([{"role":"system"}])", {}));
  EXPECT_FALSE(
      edit_messages(R"([{"role":"user"},{"role":"assistant","content":[{"type":"text"}]}])",
                    {.role_from = "system",
                     .role_to = "developer",
                     .assistant_dropped = kDropped,
                     .part_dropped = kPartDropped}));
}

TEST(ChatMessages, AssistantsLoseMembersWhereverTheirRoleStands) {
  EXPECT_EQ(
      shorter(
          R"([{"reasoning":"r","role":"assistant","images":[]},{"reasoning":1,"role":"user"}])"),
      R"([{"role":"assistant"},{"reasoning":1,"role":"user"}])");
  EXPECT_EQ(shorter(R"([{"role":"assistant","\u0069mages":[1,{"a":"]"}],"content":"c"}])"),
            R"([{"role":"assistant","content":"c"}])");
}

TEST(ChatMessages, PartsAndMembersGoTogether) {
  EXPECT_EQ(
      shorter(
          R"([{"role":"assistant","content":[{"cache_control":{},"text":"t"},"s"],"reasoning":"r"}])"),
      R"([{"role":"assistant","content":[{"text":"t"},"s"]}])");
}

TEST(ChatMessages, WhatIsBrokenStaysAsItIs) {
  for (const char* const odd :
       {"", "7", "{}", "[", "[{", R"([{"role":"assistant","reasoning":)",
        R"([{"role":"assistant","reasoning":1,"reasoning":2}])", R"([{"role")", "[{]}"})
    EXPECT_EQ(shorter(odd), odd) << odd;
}

TEST(ChatMessages, ARoleIsFoundByItsNumber) {
  constexpr std::string_view kMessages = R"([{"role":"a"},7,{"content":1,"role":"b"},{"role":3}])";
  EXPECT_EQ(role_of(kMessages, 0), "a");
  EXPECT_EQ(role_of(kMessages, 1), "");
  EXPECT_EQ(role_of(kMessages, 2), "b");
  EXPECT_EQ(role_of(kMessages, 3), "");
  EXPECT_EQ(role_of(kMessages, 4), "");
  EXPECT_EQ(role_of("{}", 0), "");
}

TEST(JsonPeek, AFilterFindsWhatBeginsAStringAtEveryPlace) {
  const json::KeyFilter filter({"provider", "models", "m", "min_p"});
  const json::KeyFilter long_ones({"provider", "models"});
  for (std::size_t before = 0; before < 40; ++before) {
    const std::string blank(before, ' ');
    EXPECT_TRUE(long_ones.may_have(blank + R"({"provider":1})")) << before;
    EXPECT_TRUE(long_ones.may_have(blank + R"(["a","models"])")) << before;
    EXPECT_TRUE(long_ones.may_have(blank + R"("provider)")) << before;
    EXPECT_FALSE(long_ones.may_have(blank + R"({"provide":"model","messages":["provide)"))
        << before;
    EXPECT_TRUE(filter.may_have(blank + R"({"messages")")) << before;
  }
}

TEST(JsonPeek, AFilterFindsNothingWhereNothingIs) {
  const json::KeyFilter filter({"provider"});
  for (const char* const none : {"", "\"", "provider", "\"\"", "{\"a\":\"b\"}", "\"p"})
    EXPECT_FALSE(filter.may_have(none)) << none;
  EXPECT_FALSE(json::KeyFilter().may_have(R"({"a":"b"})"));
  EXPECT_FALSE(filter.may_have(std::string_view(R"("provider)").substr(0, 8))) << "beyond its end";
}

TEST(JsonPeek, AnObjectIsKnownByItsFirstCharacter) {
  for (const char* const yes : {"{}", " \t\r\n{", "{\"a\":1}"})
    EXPECT_TRUE(json::begins_object(yes)) << yes;
  for (const char* const no : {"", " ", "[{}]", "\"{\"", "\v{", "auto"})
    EXPECT_FALSE(json::begins_object(no)) << no;
}

TEST(JsonPeek, TellsArraysOfTexts) {
  for (const char* const yes : {"[]", "[ ]", R"(["a"])", R"([ "a" , "b" ])"})
    EXPECT_TRUE(json::is_array_of_texts(yes)) << yes;
  for (const char* const no : {"", "7", "\"a\"", "{}", "[1]", R"(["a",null])", R"([["a"]])"})
    EXPECT_FALSE(json::is_array_of_texts(no)) << no;
}

}  // namespace
}  // namespace prx::sdk
