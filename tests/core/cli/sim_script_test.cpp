#include "cli/sim/sim_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prx::cli {
namespace {

using ::testing::HasSubstr;

TEST(ParseScript, ReadsRulesInOrder) {
  const auto script = parse_script(
      "[[rules]]\nmodel = \"openai/*\"\nfault = \"429?retry_after=2\"\ntimes = 1\n[[rules]]\nfault "
      "= \"reset\"\n",
      "f.toml");
  ASSERT_TRUE(script) << script.error().message;
  ASSERT_EQ(script->rules.size(), 2U);
  EXPECT_EQ(script->rules[0].model, "openai/*");
  EXPECT_EQ(script->rules[0].times, 1);
  EXPECT_EQ(script->rules[0].faults.at(0).status, 429);
  EXPECT_EQ(script->rules[1].faults.at(0).kind, sim::FaultKind::kReset);
}

TEST(ParseScript, AScriptMayHaveNoRules) {
  for (const char* text : {"", "# nothing fails yet\n", "rules = []\n"}) {
    const auto script = parse_script(text, "f.toml");
    ASSERT_TRUE(script) << script.error().message;
    EXPECT_TRUE(script->rules.empty());
  }
  EXPECT_FALSE(parse_script("rule = []\n", "f.toml"));
  EXPECT_FALSE(parse_script("rules = []\nmore = 1\n", "f.toml"));
  EXPECT_FALSE(parse_script("rules = 1\n", "f.toml"));
}

TEST(ParseScript, TomlErrorsNameTheirPlace) {
  const auto script = parse_script("[[rules]]\nfault = \n", "f.toml");
  ASSERT_FALSE(script);
  EXPECT_THAT(script.error().message, HasSubstr("f.toml:2:"));
}

TEST(ParseScript, UnknownFaultsAndMembersNameTheFile) {
  for (const char* text : {"[[rules]]\nfault = \"nope\"\n", "[[rules]]\nfalt = \"reset\"\n",
                           "[[rules]]\nfault = 3\n", "[[rules]]\nfault = 2026-01-01\n"}) {
    const auto script = parse_script(text, "f.toml");
    ASSERT_FALSE(script) << text;
    EXPECT_THAT(script.error().message, HasSubstr("f.toml")) << text;
  }
}

}  // namespace
}  // namespace prx::cli
