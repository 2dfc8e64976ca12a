// core/docs/reliability.md: its table of classes is what verdict() decides.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "reliability/verdict.hpp"

namespace prx::reliability {
namespace {

/// The cells behind "| `network` |"; none when the table has no such row.
std::vector<std::string> row_of(std::string_view name) {
  const std::string begin = "| `" + std::string(name) + "` | ";
  std::ifstream page(PRX_SOURCE_DIR "/core/docs/reliability.md");
  std::vector<std::string> cells;
  for (std::string line; cells.empty() && std::getline(page, line);) {
    if (line.substr(0, begin.size()) != begin) continue;
    for (std::size_t at = begin.size(), end = 0; end != std::string::npos; at = end + 3) {
      end = line.find(" | ", at);
      cells.push_back(line.substr(at, end == std::string::npos ? end : end - at));
    }
  }
  return cells;
}

bool says_yes(const std::string& cell) {
  EXPECT_TRUE(cell.starts_with("yes") || cell.starts_with("no")) << cell;
  return cell.starts_with("yes");
}

TEST(Guide, TheTableOfClassesIsWhatTheEngineDecides) {
  for (auto code = static_cast<std::int32_t>(PRX_E_CANCELLED); code <= PRX_E_INTERNAL; ++code) {
    Error error;
    error.error_class = static_cast<ErrorClass>(code);
    error.phase = Phase::kHead;
    const Verdict what = verdict(error, {});
    const auto cells = row_of(to_string(error.error_class));
    ASSERT_EQ(cells.size(), 5U) << to_string(error.error_class);
    EXPECT_EQ(says_yes(cells[1]), what.retry) << cells[0];
    EXPECT_EQ(says_yes(cells[2]), what.next_key) << cells[0];
    EXPECT_EQ(says_yes(cells[3]), what.fallback) << cells[0];
    EXPECT_EQ(says_yes(cells[4]), what.counts) << cells[0];
    EXPECT_EQ(cells[4].find("rests") != std::string::npos, what.dead_key) << cells[0];
  }
}

}  // namespace
}  // namespace prx::reliability
