#include "cli/arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prx::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Parsed {
  bool json = false;
  std::optional<std::string> model;
  std::optional<double> temperature;
  std::optional<std::int64_t> max_tokens;
  std::vector<std::string> parameters, words;
  std::optional<Error> error;
  bool help = false;
  std::string help_text;
};

Parsed parse(const std::vector<std::string>& arguments, bool takes_words = true) {
  Parsed parsed;
  Arguments options({"prx ask [OPTIONS] [WORD...]", "Asks.", "Example: none\n"});
  options.flag("-j,--json", parsed.json, "as JSON");
  options.text("--model", parsed.model, "NAME", "which model");
  options.number("--temperature", parsed.temperature, "how random");
  options.integer("--max-tokens", parsed.max_tokens, "how long");
  options.list("--param", parsed.parameters, "NAME=JSON", "anything");
  if (takes_words) options.words(parsed.words);
  const auto outcome = options.parse(arguments);
  if (!outcome) {
    parsed.error = outcome.error();
  } else {
    parsed.help = *outcome == Arguments::Outcome::kHelp;
  }
  parsed.help_text = options.help();
  return parsed;
}

TEST(Arguments, WordsAndOptionsMixInAnyOrder) {
  const Parsed parsed = parse({"why", "--model", "m", "is", "-j", "it"});
  ASSERT_FALSE(parsed.error);
  EXPECT_THAT(parsed.words, ElementsAre("why", "is", "it"));
  EXPECT_EQ(parsed.model, "m");
  EXPECT_TRUE(parsed.json);
}

TEST(Arguments, WordsAreTakenAsTheyAre) {
  const Parsed parsed = parse({"[a, b]", "-", "", "{\"x\":1}", "a,b", "'q'"});
  ASSERT_FALSE(parsed.error);
  EXPECT_THAT(parsed.words, ElementsAre("[a, b]", "-", "", "{\"x\":1}", "a,b", "'q'"));
}

TEST(Arguments, ValuesAreTakenAsTheyAre) {
  const Parsed parsed =
      parse({"--model", "[a, b]", "--param", "[1,2]", "--param=stop=[\"x\",\"y\"]"});
  ASSERT_FALSE(parsed.error);
  EXPECT_EQ(parsed.model, "[a, b]");
  EXPECT_THAT(parsed.parameters, ElementsAre("[1,2]", "stop=[\"x\",\"y\"]"));
}

TEST(Arguments, AListTakesOneValueEachTime) {
  const Parsed parsed = parse({"--param", "a=1", "word", "--param", "b=2"});
  EXPECT_THAT(parsed.parameters, ElementsAre("a=1", "b=2"));
  EXPECT_THAT(parsed.words, ElementsAre("word"));
}

TEST(Arguments, TheLastOfARepeatedValueWins) {
  EXPECT_EQ(parse({"--model", "a", "--model", "b"}).model, "b");
}

TEST(Arguments, AfterTwoDashesEverythingIsAWord) {
  const Parsed parsed = parse({"a", "--", "--model", "-x"});
  ASSERT_FALSE(parsed.error);
  EXPECT_THAT(parsed.words, ElementsAre("a", "--model", "-x"));
  EXPECT_FALSE(parsed.model);
}

TEST(Arguments, NumbersAreRead) {
  const Parsed parsed = parse({"--temperature", "0.25", "--max-tokens=12"});
  EXPECT_EQ(parsed.temperature, 0.25);
  EXPECT_EQ(parsed.max_tokens, 12);
}

TEST(Arguments, AWordWhereANumberBelongsIsAnErrorNamingTheOption) {
  const Parsed parsed = parse({"--max-tokens", "many"});
  ASSERT_TRUE(parsed.error);
  EXPECT_THAT(parsed.error->message, HasSubstr("--max-tokens"));
}

TEST(Arguments, ANumberIsAllOfItsTextAndInRange) {
  EXPECT_EQ(parse({"--max-tokens=+7"}).max_tokens, 7);
  EXPECT_EQ(parse({"--temperature", "1e-1"}).temperature, 0.1);
  for (const char* text : {"", "7.5", "7 ", "0x7", "9223372036854775808", "++7"}) {
    const Parsed parsed = parse({"--max-tokens", text});
    ASSERT_TRUE(parsed.error) << text;
    EXPECT_THAT(parsed.error->message, HasSubstr("--max-tokens: '" + std::string(text) + "' is "));
  }
  for (const char* text : {"", "1e999", "0,7"})
    EXPECT_TRUE(parse({"--temperature", text}).error) << text;
}

TEST(Arguments, AMissingValueIsAnErrorNamingTheOption) {
  const Parsed parsed = parse({"--model"});
  ASSERT_TRUE(parsed.error);
  EXPECT_THAT(parsed.error->message, HasSubstr("--model"));
}

TEST(Arguments, AnEmptyValueBehindAnEqualsSignIsTheValue) {
  const Parsed parsed = parse({"--model=", "word", "--param=", "--", "--model="});
  ASSERT_FALSE(parsed.error);
  EXPECT_EQ(parsed.model, "");
  EXPECT_THAT(parsed.parameters, ElementsAre(""));
  EXPECT_THAT(parsed.words, ElementsAre("word", "--model="));
}

TEST(Arguments, AFlagTakesNoValue) {
  for (const char* word : {"--json=", "--json=yes", "--json=false"})
    EXPECT_EQ(parse({word}).error.value_or(Error{}).message,
              "--json takes no value; leave out =...");
}

TEST(Arguments, AnUnknownOptionNamesTheNearest) {
  const Parsed parsed = parse({"--modle=x"});
  ASSERT_TRUE(parsed.error);
  EXPECT_EQ(parsed.error->message, "unknown option --modle; did you mean --model?");
}

TEST(Arguments, AnUnknownOptionLikeNoOtherTellsHowToWriteAWord) {
  EXPECT_EQ(parse({"-5"}).error.value_or(Error{}).message,
            "unknown option -5; put -- before words that begin with -");
}

TEST(Arguments, WordsWhereNoneBelongAreAnError) {
  EXPECT_EQ(parse({"extra"}, false).error.value_or(Error{}).message, "unexpected argument 'extra'");
}

TEST(Arguments, HelpNamesEveryOptionWithItsValue) {
  const Parsed parsed = parse({"--help"});
  EXPECT_TRUE(parsed.help);
  for (const char* text : {"Usage: prx ask [OPTIONS] [WORD...]", "Asks.", "-j,--json",
                           "--model NAME", "which model", "--temperature NUMBER", "--max-tokens N",
                           "--param NAME=JSON", "Example: none", "-h,--help"})
    EXPECT_THAT(parsed.help_text, HasSubstr(text));
}

TEST(Arguments, RestStopsAtTheFirstWord) {
  std::optional<std::string> config;
  std::vector<std::string> rest;
  Arguments options({});
  options.text("--config", config, "FILE", "");
  options.rest(rest);
  ASSERT_TRUE(options.parse({"--config", "c", "chat", "--config", "d", "--", "--json", "[a,b]"}));
  EXPECT_EQ(config, "c");
  EXPECT_THAT(rest, ElementsAre("chat", "--config", "d", "--", "--json", "[a,b]"));
}

}  // namespace
}  // namespace prx::cli
