#include "cli/onboard/diff_text.hpp"

#include <gtest/gtest.h>

namespace prx::cli {
namespace {

std::string numbered(int first, int last) {
  std::string text;
  for (int i = first; i <= last; ++i) text += std::to_string(i) + '\n';
  return text;
}

TEST(DiffText, OfEqualTextsIsNothing) { EXPECT_EQ(unified_diff("a\n", "a\n", "f"), ""); }

TEST(DiffText, ShowsThreeLinesAroundAChange) {
  EXPECT_EQ(unified_diff(numbered(1, 9), numbered(1, 4) + "x\n" + numbered(6, 9), "f"),
            "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
}

TEST(DiffText, OfANewFileIsAllOfIt) {
  EXPECT_EQ(unified_diff("", "a\nb\n", "f"), "--- f\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n");
}

TEST(DiffText, SaysThatALastLineHasNoEnd) {
  EXPECT_EQ(unified_diff("a", "a\nb\n", "f"),
            "--- f\n+++ f\n@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n");
}

TEST(DiffText, KeepsChangesThatAreFarApartApart) {
  const std::string diff = unified_diff(numbered(1, 30), "0\n" + numbered(1, 30) + "31\n", "f");
  EXPECT_EQ(
      diff,
      "--- f\n+++ f\n@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -28,3 +29,4 @@\n 28\n 29\n 30\n+31\n");
}

TEST(DiffText, BeyondItsLimitShowsAllAsReplaced) {
  std::string before = "a\n", after = "b\n";
  for (std::size_t i = 0; i * i <= kDiffCellsMax; ++i) before += "same\n", after += "same\n";
  const std::string diff = unified_diff(before + "c\n", after + "d\n", "f");
  EXPECT_EQ(diff.find("\n same"), std::string::npos);
  EXPECT_NE(diff.find("\n-same"), std::string::npos);
}

}  // namespace
}  // namespace prx::cli
