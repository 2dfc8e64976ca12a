// core/docs/plugin-check.md says what the checker has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "check/check_file.hpp"
#include "check/rule.hpp"
#include "cli/plugin/live_rules.hpp"

namespace prx::cli {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

std::string page() {
  std::ifstream in(PRX_SOURCE_DIR "/core/docs/plugin-check.md");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(PluginCheckPage, ItsTableIsThatOfTheRules) {
  std::vector<check::Rule> rules = check::all_rules();
  const auto fuzz = check::fuzz_rules();
  rules.insert(rules.end(), fuzz.begin(), fuzz.end());
  std::vector<std::string> expected, found;
  for (const check::Rule& rule : rules) {
    std::string quirks;
    for (const std::string_view quirk : rule.quirks)
      quirks += (quirks.empty() ? "`" : ", `") + std::string(quirk) + "`";
    expected.push_back("| `" + std::string(rule.id) + "` | " + std::string(rule.claim) + " | " +
                       quirks + " |");
  }
  std::istringstream lines(page().substr(page().find("## The rules")));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("| `")) found.push_back(line);
  EXPECT_THAT(found, ElementsAreArray(expected));
}

TEST(PluginCheckPage, TheRulesOfTheServiceAreThere) {
  for (const check::Rule& rule : live_rules())
    EXPECT_THAT(page(),
                HasSubstr("| " + std::string(rule.id) + " | " + std::string(rule.claim) + " |\n"));
}

TEST(PluginCheckPage, ItsExampleIsRead) {
  const std::string text = page();
  const std::size_t begin = text.find("```toml\n") + 8;
  const std::string toml = text.substr(begin, text.find("```", begin) - begin);
  PluginNote note;
  note.id = "lab";
  note.abi_major = 1;
  note.kinds = {"lab"};
  const auto none = [](const std::string&) { return std::optional<std::string>(); };
  const auto check = check::read_check_file({toml, "check.toml", ".", false}, note, none);
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_EQ(check->config_json, R"({"base_url":"https://lab.example.com/v1"})");
  EXPECT_EQ(check->quirks.concurrency, 1u);
  ASSERT_EQ(check->samples.size(), 1u);
  EXPECT_THAT(check->samples[0].body, HasSubstr("data: {\"stop\":\"end\"}\n\n"));
}

TEST(PluginCheckPage, EverySectionThatARuleNamesIsThere) {
  std::vector<check::Rule> rules = check::all_rules();
  rules.insert(rules.end(), live_rules().begin(), live_rules().end());
  const std::string name = "plugin-check.md of prx's documentation, ";
  for (const check::Rule& rule : rules) {
    if (!rule.source.starts_with(name)) continue;
    EXPECT_THAT(page(), HasSubstr("\n## " + std::string(rule.source.substr(name.size())) + "\n"));
  }
}

}  // namespace
}  // namespace prx::cli
