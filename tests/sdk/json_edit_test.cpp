#include "prx/sdk/json_edit.hpp"

#include <gtest/gtest.h>

#include <random>

namespace prx::json {
namespace {

ObjectIndex index_of(std::string_view text) {
  Result<ObjectIndex> index = ObjectIndex::parse(text);
  EXPECT_TRUE(index.has_value()) << text;
  return index ? *index : ObjectIndex();
}
std::string error_of(std::string_view text) {
  const Result<ObjectIndex> index = ObjectIndex::parse(text);
  if (index) return "";
  EXPECT_EQ(index.error().error_class, ErrorClass::kInvalidRequest);
  return index.error().message;
}

TEST(JsonQuote, EscapesWhatTheRfcRequiresAndNothingElse) {
  EXPECT_EQ(quoted("a\"b\\c\n\r\t\b\x01\x1f/\xC3\xBC\x7f"),
            "\"a\\\"b\\\\c\\n\\r\\t\\u0008\\u0001\\u001f/\xC3\xBC\x7f\"");
  EXPECT_EQ(quoted(""), "\"\"");
}

TEST(JsonQuote, UnquotedIsItsInverse) {
  std::mt19937 random(7);
  for (int i = 0; i < 500; ++i) {
    std::string text(random() % 70, '\0');
    for (char& c : text) c = static_cast<char>(random() % 128);
    EXPECT_EQ(unquoted(json::quoted(text)), text);
  }
}

TEST(JsonQuote, UnquotedResolvesEveryEscape) {
  EXPECT_EQ(unquoted(R"("\"\\\/\b\f\n\r\t\u00fc\uD83c\udf1f")"),
            "\"\\/\b\f\n\r\t\xC3\xBC\xF0\x9F\x8C\x9F");
}

TEST(JsonQuote, MalformedTokensAreRefused) {
  for (const char* token :
       {"", "\"", "a", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"a\"b\"", "\"\n\"",
        "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\""})
    EXPECT_EQ(unquoted(token), std::nullopt) << token;
}

TEST(JsonUtf8, WellFormedOnly) {
  const std::string pad(20, 'a');
  for (const char* good : {"", "abc", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(pad + good + pad)) << good;
  for (const char* bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC2", "\xE1\x80", "\xF1\x80\x80", "\xFF"}) {
    EXPECT_FALSE(is_utf8(pad + bad)) << bad;
    EXPECT_FALSE(is_utf8(bad + pad)) << bad;
  }
}

TEST(ObjectIndex, ViewsAreTheExactSlices) {
  const std::string text = " { \"a\" : 1 , \"b\":[ {\"x\":\"]\\\"}\"} ] ,\"c\\n\":\"s\" } \n";
  const ObjectIndex index = index_of(text);
  ASSERT_EQ(index.members().size(), 3u);
  EXPECT_EQ(index.members()[0].key, "a");
  EXPECT_EQ(index.members()[0].value, "1");
  EXPECT_EQ(index.members()[1].value, "[ {\"x\":\"]\\\"}\"} ]");
  EXPECT_EQ(index.members()[2].key, "c\\n");
  EXPECT_EQ(index.find("c\n"), "\"s\"");
  EXPECT_EQ(index.find("d"), std::nullopt);
}

TEST(ObjectIndex, EmptyObjectHasNoMembers) { EXPECT_TRUE(index_of(" {\n} ").members().empty()); }

TEST(ObjectIndex, FaultsNameTheirPlace) {
  EXPECT_EQ(error_of(""), "JSON: expected an object at byte 0");
  EXPECT_EQ(error_of("[]"), "JSON: expected an object at byte 0");
  EXPECT_EQ(error_of("{\"a\":1} x"), "JSON: text after the object at byte 8");
  EXPECT_EQ(error_of("{\"a\" 1}"), "JSON: expected ':' at byte 5");
  EXPECT_EQ(error_of("{\"a\":1,}"), "JSON: expected a member's name at byte 7");
  EXPECT_EQ(error_of("{\"a\":1 \"b\":2}"), "JSON: expected ',' or '}' at byte 7");
  EXPECT_EQ(error_of("{\"a"), "JSON: a string without its end at byte 1");
  EXPECT_EQ(error_of("{\"a\":[1}"), "JSON: a value that is broken or too deep at byte 7");
  EXPECT_EQ(error_of("{\"a\":\"x}"), "JSON: a value that is broken or too deep at byte 5");
  for (const char* text :
       {"{", "{\"a\":", "{\"a\":}", "{\"a\":{]}", "{\"a\":1", "{a:1}", "{\"a\":\"\\"})
    EXPECT_NE(error_of(text), "") << text;
}

TEST(ObjectIndex, SecondMemberOfANameIsRefused) {
  EXPECT_NE(error_of(R"({"model":1,"b":2,"model":3})").find("second member"), std::string::npos);
  EXPECT_NE(error_of(R"({"model":1,"mod\u0065l":3})").find("second member"), std::string::npos);
}

TEST(ObjectIndex, SecondMemberIsFoundAmongFewAndMany) {
  for (const int members : {2, 16, 17, 40}) {
    std::string text = "{\"last\":0";
    for (int i = 1; i < members; ++i)
      text += ",\"k" + std::to_string(i) + "\":" + std::to_string(i);
    EXPECT_TRUE(ObjectIndex::parse(text + "}")) << members;
    EXPECT_NE(error_of(text + ",\"last\":1}").find("second member"), std::string::npos) << members;
  }
}

TEST(ObjectIndex, LimitsAreReached) {
  std::string members = "{\"k0\":0";
  for (std::size_t i = 1; i < ObjectIndex::kMembersMax; ++i)
    members += ",\"k" + std::to_string(i) + "\":0";
  EXPECT_EQ(error_of(members + "}"), "");
  EXPECT_NE(error_of(members + ",\"more\":0}").find("too many members"), std::string::npos);
  const auto nested = [](int levels) {
    const auto n = static_cast<std::size_t>(levels);
    return "{\"a\":" + std::string(n - 1, '[') + std::string(n - 1, ']') + "}";
  };
  EXPECT_EQ(error_of(nested(ObjectIndex::kDepthMax)), "");
  EXPECT_NE(error_of(nested(ObjectIndex::kDepthMax + 1)).find("too deep"), std::string::npos);
}

TEST(ObjectEdit, SetKeepsOrderAndEveryOtherByte) {
  const ObjectIndex index =
      index_of(R"({"messages" : [ {"b":1.0e5, "a":"\u0041"} ],"model":"x" , "n":1})");
  EXPECT_EQ(ObjectEdit(index).set("model", "\"y\"").set("stream", "true").str(),
            R"({"messages" : [ {"b":1.0e5, "a":"\u0041"} ],"model":"y","n":1,"stream":true})");
}

TEST(ObjectEdit, RemoveAndRename) {
  const ObjectIndex index = index_of(R"({"a":1,"b":2,"c":3})");
  EXPECT_EQ(ObjectEdit(index).remove("a").str(), R"({"b":2,"c":3})");
  EXPECT_EQ(ObjectEdit(index).remove("c").remove("zz").str(), R"({"a":1,"b":2})");
  EXPECT_EQ(ObjectEdit(index).rename("a", "d").str(), R"({"d":1,"b":2,"c":3})");
  EXPECT_EQ(ObjectEdit(index).rename("a", "c").str(), R"({"c":1,"b":2})");
  EXPECT_EQ(ObjectEdit(index).rename("zz", "c").rename("b", "b").str(), R"({"a":1,"b":2,"c":3})");
  EXPECT_EQ(ObjectEdit(index).remove("a").remove("b").remove("c").str(), "{}");
}

TEST(ObjectEdit, LaterChangesSeeEarlierOnes) {
  const ObjectIndex index = index_of(R"({"a":1,"b":2})");
  EXPECT_EQ(ObjectEdit(index).rename("a", "x").set("x", "9").set("a", "8").str(),
            R"({"x":9,"b":2,"a":8})");
  EXPECT_EQ(ObjectEdit(index).remove("a").set("a", "5").str(), R"({"b":2,"a":5})");
  EXPECT_EQ(ObjectEdit(index).set("n", "1").rename("n", "b").str(), R"({"a":1,"b":1})");
  EXPECT_EQ(ObjectEdit(index).set("n", "1").set("n", "2").remove("n").str(), R"({"a":1,"b":2})");
}

TEST(ObjectEdit, EscapedKeysAreFound) {
  const ObjectIndex index = index_of(R"({"mod\u0065l":1})");
  EXPECT_EQ(ObjectEdit(index).set("model", "2").str(), R"({"mod\u0065l":2})");
}

TEST(ObjectEdit, MergeSetsEveryMember) {
  const ObjectIndex index = index_of(R"({"a":1,"b":2})");
  const ObjectIndex other = index_of(R"({"b":{"x":1},"c":[ ]})");
  EXPECT_EQ(ObjectEdit(index).merge(other).str(), R"({"a":1,"b":{"x":1},"c":[ ]})");
}

TEST(ObjectEdit, EmptyObjectTakesMembers) {
  const ObjectIndex index = index_of(" { } ");
  EXPECT_EQ(ObjectEdit(index).set("a", "1").set("b", "2").str(), R"({"a":1,"b":2})");
  EXPECT_EQ(ObjectEdit(index).str(), "{}");
}

TEST(JsonElements, AreViewsIntoTheText) {
  const auto list = elements(R"( [ 1 ,{"a":[2]}, "x,y" ,[] ] )");
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(*list, (std::vector<std::string_view>{"1", R"({"a":[2]})", R"("x,y")", "[]"}));
  EXPECT_TRUE(elements("[]")->empty());
  EXPECT_TRUE(elements(" [ ] ")->empty());
}

TEST(JsonElements, RefusesWhatIsNoArray) {
  for (const char* text : {"", "{}", "1", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[\"]", "[1]]",
                           "[1] 2", "[[]", "null"})
    EXPECT_FALSE(elements(text).has_value()) << text;
}

TEST(JsonElements, LimitIsReached) {
  std::string many = "[0";
  for (std::size_t i = 1; i < kElementsMax; ++i) many += ",0";
  EXPECT_EQ(elements(many + "]")->size(), kElementsMax);
  EXPECT_FALSE(elements(many + ",0]").has_value());
}

TEST(JsonValidate, TakesWellFormedValues) {
  for (const char* text :
       {"0", "-0", "1.5e+10", "1E5", "true", "false", "null", "\"\"", "[]", "{}", " [1, 2 ,[ ]] ",
        R"({"a":{"b":[{}]},"c":"\u12aF\n"})", "\"\xF0\x9F\x8C\x9F\""})
    EXPECT_TRUE(validate(text).has_value()) << text;
}

TEST(JsonValidate, RefusesTheRest) {
  for (const char* text :
       {"",           " ",      "01",        "-",    "1.",   ".5",    "1e",      "+1",
        "tru",        "nul",    "truefalse", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}", "{1:2}",  "[",         "]",    "{]",   "[}",    "\"",      "\"\\x\"",
        "\"\\u12\"",  "\"\n\"", "\"\xFF\"",  "1 2",  "[1]]", "NaN",   "'a'"})
    EXPECT_FALSE(validate(text).has_value()) << text;
}

TEST(JsonValidate, DepthLimitIsReached) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(validate(nested(512)).has_value());
  EXPECT_FALSE(validate(nested(513)).has_value());
  EXPECT_TRUE(validate(nested(3), 3).has_value());
  EXPECT_FALSE(validate(nested(4), 3).has_value());
  EXPECT_FALSE(validate(std::string(2'000'000, '[')).has_value());
}

TEST(JsonValidate, FaultNamesItsPlace) {
  EXPECT_EQ(validate("[1,x]").error().message, "not well-formed JSON at byte 3");
}

}  // namespace
}  // namespace prx::json
