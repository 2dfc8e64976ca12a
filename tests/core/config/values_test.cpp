// Small parts: durations, variables, names, HTTP values, nesting.
#include <gmock/gmock.h>

#include <array>

#include "config/did_you_mean.hpp"
#include "config/document.hpp"
#include "config/duration.hpp"
#include "config/http_values.hpp"
#include "config/interpolate.hpp"
#include "config/mask.hpp"
#include "config/nesting.hpp"
#include "core/config/support.hpp"

namespace prx::config {
namespace {

using std::chrono_literals::operator""ms;
using testing::environment;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Duration, ReadsEachUnitAndTheirSums) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("8s"), 8'000ms);
  EXPECT_EQ(parse_duration("10m"), 600'000ms);
  EXPECT_EQ(parse_duration("1h30m"), 5'400'000ms);
  EXPECT_EQ(parse_duration("1h2m3s4ms"), 3'723'004ms);
  EXPECT_EQ(parse_duration("0ms"), 0ms);
  EXPECT_EQ(parse_duration("168h"), kDurationMax);
}

TEST(Duration, RefusesEverythingElse) {
  for (const auto* text : {"", "8", "s", "8 s", "-8s", "1.5s", "8S", "30m1h", "1s1s", "8d", "off",
                           "169h", "168h1ms", "99999999999999999999s", "8s "})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Duration, TextReadsBackAsTheSame) {
  for (const auto duration : {0ms, 1ms, 999ms, 60'000ms, 5'400'000ms, 3'723'004ms})
    EXPECT_EQ(parse_duration(to_text(duration)), duration);
  EXPECT_EQ(to_text(600'000ms), "10m");
}

TEST(Interpolation, ReplacesVariablesAndDefaults) {
  const auto names = environment({{"A", "1"}, {"EMPTY", ""}});
  EXPECT_EQ(interpolate("x${A}y${A}", names)->text, "x1y1");
  EXPECT_EQ(interpolate("${B:-fallback}", names)->text, "fallback");
  EXPECT_EQ(interpolate("${EMPTY:-fallback}", names)->text, "fallback");
  EXPECT_EQ(interpolate("${EMPTY}", names)->text, "");
  EXPECT_EQ(interpolate("${B:-}", names)->text, "");
  EXPECT_EQ(interpolate("$A $$ $", names)->text, "$A $$ $");
  EXPECT_EQ(interpolate("$${A} $$${A}", names)->text, "${A} $${A}");
  EXPECT_EQ(interpolate("${B}${C}", names)->missing, "B");
}

TEST(Interpolation, RefusesWhatIsNoReference) {
  const auto names = environment({});
  EXPECT_THAT(interpolate("${A", names).error().message, HasSubstr("without '}'"));
  EXPECT_THAT(interpolate("${}", names).error().message, HasSubstr("variable's name"));
  EXPECT_THAT(interpolate("${1A}", names).error().message, HasSubstr("variable's name"));
  EXPECT_THAT(interpolate("${A:=b}", names).error().message, HasSubstr("variable's name"));
}

TEST(Interpolation, AValueHasALimit) {
  const auto names = environment({{"A", std::string(kExpandedMax / 2, 'x')}});
  EXPECT_TRUE(interpolate("${A}${A}", names));
  EXPECT_THAT(interpolate("${A}${A}x", names).error().message, HasSubstr("64 KiB"));
}

TEST(DidYouMean, FindsTheNearestName) {
  constexpr std::array<std::string_view, 4> kNames = {"model", "headers", "log",
                                                      "breaker_failures"};
  EXPECT_EQ(nearest("modle", kNames), "model");
  EXPECT_EQ(nearest("header", kNames), "headers");
  EXPECT_EQ(nearest("breaker", kNames), "breaker_failures");
  EXPECT_EQ(nearest("xyz", kNames), "");
  EXPECT_EQ(nearest("xox", kNames), "") << "two of three letters are no slip";
  EXPECT_EQ(nearest(std::string(100'000, 'm'), kNames), "");
  EXPECT_EQ(suggestion("xyz", kNames), "; valid are model, headers, log, breaker_failures");
}

TEST(BaseUrl, GivesItsOrigin) {
  EXPECT_EQ(parse_base_url("https://API.groq.com/openai/v1")->str(), "https://api.groq.com");
  EXPECT_EQ(parse_base_url("https://api.groq.com:443")->str(), "https://api.groq.com");
  EXPECT_EQ(parse_base_url("http://[::1]:8080/v1")->str(), "http://[::1]:8080");
}

TEST(BaseUrl, RefusesWhatCannotWork) {
  for (const auto* url :
       {"", "api.openai.com", "ftp://x", "https://", "https:///v1", "https://u:p@x", "https://u@x",
        "https://x?a=b", "https://x#a", "https://x:0", "https://x:65536", "https://x:",
        "https://x y", "https://x\r\nhost: y", "https://x\\@y", "https://[::1", "https://\xc3\xa9"})
    EXPECT_FALSE(parse_base_url(url)) << url;
}

TEST(BaseUrl, AnErrorDoesNotRepeatThePassword) {
  EXPECT_THAT(parse_base_url("https://me:hunter2@x").error().message, Not(HasSubstr("hunter2")));
}

TEST(Loopback, IsThisMachineOnly) {
  for (const auto* host : {"localhost", "127.0.0.1", "127.255.0.9", "[::1]"})
    EXPECT_TRUE(is_loopback(host)) << host;
  for (const auto* host : {"128.0.0.1", "127.0.0.1.evil.com", "127.1", "127.0.0.1.", "127.0.0.256",
                           "localhost.evil.com", "[::2]", "10.0.0.1", "", "127.0.0.1x"})
    EXPECT_FALSE(is_loopback(host)) << host;
}

TEST(Header, NamesAndValuesAreChecked) {
  EXPECT_TRUE(is_header_name("X-Title"));
  EXPECT_FALSE(is_header_name("X Title"));
  EXPECT_FALSE(is_header_name(""));
  EXPECT_FALSE(is_header_name("X:"));
  EXPECT_TRUE(is_header_value("caf\xc3\xa9 \t"));
  EXPECT_FALSE(is_header_value("a\r\nb"));
  EXPECT_FALSE(is_header_value(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_key_value("a b"));
  EXPECT_FALSE(is_key_value(std::string(4097, 'x')));
  EXPECT_TRUE(is_key_value(std::string(4096, 'x')));
}

TEST(HttpValues, ABaseUrlIsKeptInOneSpelling) {
  EXPECT_EQ(*normal_base_url("HTTP://LocalHost:80/V1//"), "http://localhost/V1");
  EXPECT_EQ(*normal_base_url("HTTPS://Api.Groq.com:8443"), "https://api.groq.com:8443");
  EXPECT_EQ(*normal_base_url("https://[::1]/"), "https://[::1]");
  EXPECT_FALSE(normal_base_url("localhost:8080/v1"));
}

TEST(Mask, ShowsAtMostFourLettersOfALongKey) {
  EXPECT_EQ(masked_key("0123456789abcdef"), "...cdef");
  EXPECT_EQ(masked_key("0123456789abcde"), "********");
  EXPECT_EQ(shown("sk-or-v1-0123456789"), "'********'");
  EXPECT_TRUE(is_secret_name("X-API-Key"));
  EXPECT_TRUE(is_secret_name("Proxy-Authorization"));
  EXPECT_TRUE(is_secret_name("my_token"));
  EXPECT_FALSE(is_secret_name("X-Title"));
  EXPECT_FALSE(is_secret_name("max_tokens_field"));
}

std::string repeat(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

TEST(Nesting, TheLimitIsReachedByBracketsAndByDots) {
  EXPECT_TRUE(parse_document("a = " + repeat("[", 32) + repeat("]", 32), "f"));
  EXPECT_FALSE(parse_document("a = " + repeat("[", 33) + repeat("]", 33), "f"));
  EXPECT_TRUE(parse_document("a" + repeat(".a", 32) + " = 1", "f"));
  EXPECT_FALSE(parse_document("a" + repeat(".a", 33) + " = 1", "f"));
  EXPECT_FALSE(parse_document("[a" + repeat(".a", 33) + "]", "f"));
  EXPECT_FALSE(parse_document("a.a = " + repeat("{a.a = ", 16) + "1" + repeat("}", 16), "f"));
}

TEST(Nesting, DepthIsNotASumOverSiblings) {
  EXPECT_EQ(too_deep("a = [" + repeat("{b.c = 1.5}, ", 100) + "]", 8), std::nullopt);
  EXPECT_EQ(too_deep(repeat("a.b.c = 1\n", 100), 8), std::nullopt);
  EXPECT_EQ(too_deep("a = [\n" + repeat("[1],\n", 100) + "]", 8), std::nullopt);
}

TEST(Nesting, TextsAndCommentsDoNotCount) {
  EXPECT_EQ(too_deep("# [[[[[[[[[[\na = \"[[[[[[[[[[\"\nb = '[[[[[[[[[['", 4), std::nullopt);
  EXPECT_EQ(too_deep("a = \"\"\"[[[[[[\n\\\"\"\" [[[[[[\"\"\"\"\"\nb = '''[[[[[[\n'''", 4),
            std::nullopt);
}

TEST(Nesting, NothingHidesBehindTheEndOfAText) {
  const auto deep = repeat("[", 40);
  EXPECT_TRUE(too_deep("a = [\"\"\"x\"\"\"\", " + deep, 32));
  EXPECT_TRUE(too_deep("a = [\"\\\\\", " + deep, 32));
  EXPECT_TRUE(too_deep("a = ['\\', " + deep, 32));
  EXPECT_TRUE(too_deep("a = ['''x''''', " + deep, 32));
}

TEST(Nesting, TheErrorNamesThePlace) {
  EXPECT_EQ(parse_document("x = 1\na = " + repeat("[", 33), "f").error().message,
            "f:2:37: nested deeper than 32 levels; flatten it");
}

TEST(Document, AMillionDotsAreRefusedNotParsed) {
  EXPECT_FALSE(parse_document("a" + repeat(".a", 500'000) + " = 1", "f"));
}

TEST(Document, TheSizeHasALimit) {
  EXPECT_TRUE(parse_document("#" + std::string(kDocumentMax - 1, 'x'), "f"));
  EXPECT_EQ(parse_document("#" + std::string(kDocumentMax, 'x'), "f").error().message,
            "f: the file is larger than 1 MiB; make it smaller");
}

TEST(Document, SyntaxErrorsHavePlaceAndRemedy) {
  EXPECT_EQ(parse_document("a = 1\nb = \n", "f").error().message.substr(0, 6), "f:2:5:");
  EXPECT_THAT(parse_document("[x\n", "f").error().message, HasSubstr("; "));
}

TEST(Document, CharactersBeyondAsciiComeThroughAsTheyAre) {
  // Of U+0085, U+00E9, U+2D30, U+3042, U+FEFF toml++ asks what it must not ask; the others are from
  // the planes 1 and 15.
  const std::string text =
      "\xC2\x85\xC3\xA9\xE2\xB4\xB0\xE3\x81\x82\xEF\xBB\xBF\xF0\x9F\x98\x80\xF3\xB0\x80\x81";
  const auto document = parse_document("\xEF\xBB\xBF# " + text + "\n\"" + text + "\" = '" + text +
                                           "'\nb = \"\"\"\\\n " + text + "\"\"\"\n",
                                       "f");
  ASSERT_TRUE(document) << document.error().message;
  const auto& table = *document->as<Table>();
  ASSERT_EQ(table.size(), 2U);
  EXPECT_EQ(table[0].key, text);
  EXPECT_EQ(*table[0].node.as<std::string>(), text);
  EXPECT_EQ(*table[1].node.as<std::string>(), text);
  EXPECT_EQ(table[1].place, (Place{3, 1}));
}

TEST(Document, CharactersBeyondAsciiOutsideOfQuotesAreErrors) {
  EXPECT_THAT(parse_document("a = 1\n\xC3\x9E = 2", "f").error().message,
              AllOf(HasSubstr("f:2:1: "), HasSubstr("saw '\xC3\x9E'")));
  EXPECT_THAT(parse_document("a = \xC3\x9E", "f").error().message, HasSubstr("in quotes"));
  for (const auto* text : {"a =0\"\"\"x\"\"=\"\xCD\xA0__=1\n", "a = \"\"\"\\\xC3\xA9\"\"\"",
                           "a = 1\xC2\xA0", "a = [1\xCD\xA0]", "\xC2\xA0"})
    EXPECT_FALSE(parse_document(text, "f")) << text;
}

TEST(Document, NoUtf8AndPrivatePlanesAreRefusedWithTheirPlace) {
  EXPECT_EQ(parse_document("a = 1\nb = '\xC3\xA9\xFF'", "f").error().message,
            "f:2:7: this is not UTF-8; convert the file");
  EXPECT_THAT(parse_document("a = '\xED\xA0\x80'", "f").error().message, HasSubstr("not UTF-8"));
  EXPECT_THAT(parse_document("a = '\xC0\x80'", "f").error().message, HasSubstr("not UTF-8"));
  EXPECT_THAT(parse_document("a = '\xC3", "f").error().message, HasSubstr("not UTF-8"));
  for (const auto* value :
       {"'\xF4\x80\x80\x80'", R"("\U000F0001")", R"("\U000f0001")", R"("\U0010ffff")"})
    EXPECT_THAT(parse_document("a = " + std::string(value), "f").error().message, HasSubstr("f:1:"))
        << value;
  EXPECT_EQ(*parse_document(R"(a = "\U0001F600")", "f")->as<Table>()->at(0).node.as<std::string>(),
            "\xF0\x9F\x98\x80");
}

TEST(Document, AKeyWithoutQuotesIsNotRepeated) {
  for (const auto* key : {"sk-or-v1-secret12", "12345678901234567890123", "true-secret12345",
                          "0xsecret12345", "9secret12345", "infsecret12345", "[secret12345"}) {
    const auto result = parse_document("api_key = " + std::string(key), "f");
    ASSERT_FALSE(result) << key;
    EXPECT_THAT(result.error().message, Not(HasSubstr("secret1"))) << key;
    EXPECT_THAT(result.error().message, Not(HasSubstr("1234567"))) << key;
  }
}

}  // namespace
}  // namespace prx::config
