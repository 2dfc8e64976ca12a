// The man page: all that the program says about itself, in a form that man and mandoc accept.
#include "cli/completion/man_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/program_help.hpp"
#include "support/process.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// As roff shows it, but for fonts.
std::string shown(std::string text) {
  for (const auto& [roff, sign] :
       {std::pair("\\fB", ""), std::pair("\\fI", ""), std::pair("\\fP", ""), std::pair("\\-", "-"),
        std::pair("\\&", ""), std::pair("\\(dq", "\""), std::pair("\\(aq", "'"),
        std::pair("\\(ti", "~")}) {
    const std::string from(roff);
    for (std::size_t at = 0; (at = text.find(from, at)) != text.npos;)
      text.replace(at, from.size(), sign);
  }
  return text;
}

std::string words_of(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? ' ' : c;
  return out;
}

TEST(ManPage, HasEveryVerbWithEveryOptionAndItsHelp) {
  const std::string page = words_of(shown(man_page(commands())));
  for (const CommandEntry& entry : commands()) {
    if (entry.is_hidden()) continue;
    const VerbFacts facts = facts_of(entry);
    const std::size_t begin = page.find(".SS \"" + facts.help.usage + "\"");
    ASSERT_NE(begin, page.npos) << entry.name;
    const std::string text = page.substr(begin, page.find(".SS ", begin + 1) - begin);
    const auto globals = program_options();
    for (const OptionFacts& option : facts.options) {
      const bool global = std::any_of(globals.begin(), globals.end(),
                                      [&](const auto& each) { return each.names == option.names; });
      const std::string& where = global ? page : text;
      EXPECT_THAT(where, AllOf(HasSubstr(option.names.back()), HasSubstr(option.help)));
    }
  }
}

TEST(ManPage, HasItsSectionsInTheirOrderAndNothingHidden) {
  const std::string page = man_page(commands());
  std::size_t at = 0;
  for (const char* section : {"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS",
                              "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES", "SEE ALSO"}) {
    const std::size_t next = page.find(std::string(".SH \"") + section + "\"\n", at);
    ASSERT_NE(next, page.npos) << section;
    at = next;
  }
  EXPECT_THAT(page.substr(page.find('\n')), Not(HasSubstr("__")));
  EXPECT_THAT(shown(page),
              AllOf(HasSubstr("\n130\ninterrupted (143 by SIGTERM)"), HasSubstr("PRX_PLUGIN_PATH"),
                    HasSubstr("~/.config/prx/config.toml"), HasSubstr("--log-level LEVEL")));
}

TEST(ManPage, IsTheSameWheneverItIsMade) { EXPECT_EQ(man_page(commands()), man_page(commands())); }

TEST(ManPage, NoTextBecomesARequest) {
  EXPECT_EQ(roff_text(".so /etc/passwd\n'br\na\\b\n"), "\\&.so /etc/passwd\n\\(aqbr\na\\eb\n");
}

TEST(ManPage, ParagraphsAreFilledAndExamplesKept) {
  EXPECT_EQ(roff_text("One.\nTwo.\n\nExamples:\n  a  b\n\n  c\nThree.\n"),
            "One.\nTwo.\n.PP\nExamples:\n.PP\n.nf\n  a  b\n.fi\n.PP\n.nf\n  c\n.fi\n.PP\nThree.\n");
}

/// What a checker says about the page; nullopt: it is not installed.
std::optional<std::string> complaints(const std::string& program,
                                      const std::vector<std::string>& arguments) {
  if (::access(program.c_str(), X_OK) != 0) return std::nullopt;
  test::ProcessOptions options;
  options.program = program;
  options.arguments = arguments;
  options.environment = {{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C.UTF-8"}, {"HOME", "/"}};
  options.input = test::ProcessOptions::Input::kPipe;
  options.input_text = man_page(commands());
  const auto result = test::run_process(options);
  return result.err + (arguments[0] == "-Tlint" ? result.out : "");
}

TEST(ManPage, GroffHasNothingToSay) {
  const auto said = complaints("/usr/bin/groff", {"-ww", "-man", "-Tutf8"});
  if (!said) GTEST_SKIP() << "groff is not installed";
  EXPECT_EQ(*said, "");
}

TEST(ManPage, MandocMissesTheDateAlone) {
  const auto said = complaints("/usr/bin/mandoc", {"-Tlint", "-Wwarning"});
  if (!said) GTEST_SKIP() << "mandoc is not installed";
  // A date would make each build another, or be wrong.
  EXPECT_THAT(*said, AllOf(HasSubstr("missing date"), Not(HasSubstr("ERROR"))));
  EXPECT_EQ(std::count(said->begin(), said->end(), '\n'), 1) << *said;
}

}  // namespace
}  // namespace prx::cli
