// How prx doctor's rows are laid out, with a terminal and without.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/doctor/checks_table.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kNoTerminal = 0;

const Checks kChecks{
    {CheckStatus::kOk, "reach", "openrouter", "answers in 12 ms over HTTP/2", ""},
    {CheckStatus::kFailure, "key", "openrouter", "...c2e7: User not found",
     "OpenRouter rejected the key from OPENROUTER_API_KEY; check it, or get a new one at "
     "https://openrouter.ai/keys"},
    {CheckStatus::kWarning, "limits", "openrouter", "free tier", "add credit"}};

TEST(DoctorTable, WithoutATerminalIsOneLineForEachRow) {
  EXPECT_EQ(checks_table(kChecks, kNoTerminal),
            "STATUS   CHECK              WHAT                          REMEDY\n"
            "ok       reach openrouter   answers in 12 ms over HTTP/2\n"
            "failure  key openrouter     ...c2e7: User not found       " +
                kChecks[1].remedy +
                "\n"
                "warning  limits openrouter  free tier                     add credit\n");
}

TEST(DoctorTable, OnATerminalThatIsWideEnoughIsTheSame) {
  const std::string whole = checks_table(kChecks, kNoTerminal);
  const std::size_t widest = 58 + kChecks[1].remedy.size();
  EXPECT_EQ(checks_table(kChecks, widest), whole);
  EXPECT_NE(checks_table(kChecks, widest - 1), whole);
}

TEST(DoctorTable, OnANarrowOneRemediesStandBelowTheirRows) {
  EXPECT_EQ(checks_table(kChecks, 70),
            "STATUS   CHECK              WHAT\n"
            "ok       reach openrouter   answers in 12 ms over HTTP/2\n"
            "failure  key openrouter     ...c2e7: User not found\n"
            "         -> OpenRouter rejected the key from OPENROUTER_API_KEY; check\n"
            "            it, or get a new one at https://openrouter.ai/keys\n"
            "warning  limits openrouter  free tier\n"
            "         -> add credit\n");
}

TEST(DoctorTable, WhatDoesNotFitBesideTheNamesStandsBelowThemToo) {
  EXPECT_EQ(checks_table(kChecks, 50),
            "STATUS   CHECK\n"
            "ok       reach openrouter\n"
            "         answers in 12 ms over HTTP/2\n"
            "failure  key openrouter\n"
            "         ...c2e7: User not found\n"
            "         -> OpenRouter rejected the key from\n"
            "            OPENROUTER_API_KEY; check it, or get a\n"
            "            new one at https://openrouter.ai/keys\n"
            "warning  limits openrouter\n"
            "         free tier\n"
            "         -> add credit\n");
}

TEST(DoctorTable, AWordThatIsLongerThanALineStaysWhole) {
  const std::string url = "https://example.org/" + std::string(60, 'x');
  const Checks checks{{CheckStatus::kOk, "configuration", "/" + std::string(50, 'y'), "see " + url,
                       "open " + url + " now"}};
  const std::string table = checks_table(checks, 40);
  EXPECT_THAT(table, HasSubstr("ok       configuration\n         /yyy"));
  EXPECT_THAT(table, HasSubstr("         see\n         " + url + "\n"));
  EXPECT_THAT(table, EndsWith("         -> open\n            " + url + "\n            now\n"));
}

TEST(DoctorTable, ATerminalThatIsTooNarrowForWordsIsTakenForAWiderOne) {
  EXPECT_EQ(checks_table(kChecks, 1), checks_table(kChecks, kChecksColumnsMin));
}

TEST(DoctorTable, CharactersOfTwoColumnsHaveRoom) {
  std::string wide;
  for (int i = 0; i < 40; ++i) wide += "\xe6\xbc\xa2 ";  // U+6F22
  const std::string table = checks_table({{CheckStatus::kOk, "key", "", "", wide}}, 80);
  // Of 68 columns: 22 characters with a blank between each.
  std::string line = "         ->";
  for (int i = 0; i < 23; ++i) line += " \xe6\xbc\xa2";
  EXPECT_THAT(table, HasSubstr(line + "\n"));
}

TEST(DoctorTable, ShowsEscapesAndKeepsALine) {
  const Checks checks{{CheckStatus::kOk, "key", "a\x1b[2J", "b\nc", "\x9b"}};
  for (const std::size_t columns : {kNoTerminal, std::size_t{200}}) {
    const std::string table = checks_table(checks, columns);
    EXPECT_THAT(table, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\x9b"))));
    EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 2);
  }
}

}  // namespace
}  // namespace prx::cli
