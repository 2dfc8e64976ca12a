#include "cli/onboard/diff_text.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace prx::cli {
namespace {

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

struct Step {
  char sign;  ///< ' ', '-' or '+'
  std::string_view line;
};

/// Lengths of the longest common sequences of what is left of both, row by row.
class CommonTable {
 public:
  CommonTable(const Lines& a, const Lines& b)
      : width_(b.size() + 1), cells_((a.size() + 1) * width_) {
    for (std::size_t i = a.size(); i-- > 0;)
      for (std::size_t j = b.size(); j-- > 0;)
        cell(i, j) =
            a[i] == b[j] ? cell(i + 1, j + 1) + 1 : std::max(cell(i + 1, j), cell(i, j + 1));
  }
  std::uint32_t& cell(std::size_t i, std::size_t j) { return cells_[i * width_ + j]; }

 private:
  std::size_t width_;
  std::vector<std::uint32_t> cells_;
};

void add_middle(std::vector<Step>& steps, const Lines& a, const Lines& b) {
  std::size_t i = 0, j = 0;
  if (a.size() * b.size() <= kDiffCellsMax) {
    CommonTable common(a, b);
    while (i < a.size() && j < b.size()) {
      if (a[i] == b[j]) {
        steps.push_back({' ', a[i]});
        ++i, ++j;
      } else if (common.cell(i + 1, j) >= common.cell(i, j + 1)) {
        steps.push_back({'-', a[i++]});
      } else {
        steps.push_back({'+', b[j++]});
      }
    }
  }
  for (; i < a.size(); ++i) steps.push_back({'-', a[i]});
  for (; j < b.size(); ++j) steps.push_back({'+', b[j]});
}

std::vector<Step> steps_between(const Lines& a, const Lines& b) {
  const std::size_t least = std::min(a.size(), b.size());
  std::size_t front = 0, back = 0;
  while (front < least && a[front] == b[front]) ++front;
  while (back < least - front && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
  std::vector<Step> steps;
  for (std::size_t i = 0; i < front; ++i) steps.push_back({' ', a[i]});
  const auto middle = [&](const Lines& lines) {
    return Lines(lines.begin() + static_cast<std::ptrdiff_t>(front),
                 lines.end() - static_cast<std::ptrdiff_t>(back));
  };
  add_middle(steps, middle(a), middle(b));
  for (std::size_t i = a.size() - back; i < a.size(); ++i) steps.push_back({' ', a[i]});
  return steps;
}

std::string range(std::size_t first, std::size_t count) {
  return std::to_string(count == 0 ? first : first + 1) +
         (count == 1 ? "" : "," + std::to_string(count));
}

/// The steps [begin, end) with their head; `a` and `b` are the lines before them.
std::string hunk(const std::vector<Step>& steps, std::size_t begin, std::size_t end, std::size_t a,
                 std::size_t b) {
  std::size_t old_lines = 0, new_lines = 0;
  std::string body;
  for (std::size_t i = begin; i < end; ++i) {
    old_lines += steps[i].sign == '+' ? 0 : 1;
    new_lines += steps[i].sign == '-' ? 0 : 1;
    body += steps[i].sign + std::string(steps[i].line);
    if (!body.ends_with('\n')) body += "\n\\ No newline at end of file\n";
  }
  return "@@ -" + range(a, old_lines) + " +" + range(b, new_lines) + " @@\n" + body;
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after, std::string_view name) {
  if (before == after) return {};
  const auto steps = steps_between(lines_of(before), lines_of(after));
  std::string text = "--- " + std::string(name) + "\n+++ " + std::string(name) + "\n";
  std::size_t a = 0, b = 0, done = 0;
  const auto walk_to = [&](std::size_t at) {
    for (; done < at; ++done) {
      a += steps[done].sign == '+' ? 0 : 1;
      b += steps[done].sign == '-' ? 0 : 1;
    }
  };
  for (std::size_t i = 0; i < steps.size();) {
    if (steps[i].sign == ' ') {
      ++i;
      continue;
    }
    const std::size_t begin = std::max(done, i - std::min(i, kDiffContext));
    std::size_t last = i;
    for (std::size_t k = i; k < steps.size() && k <= last + 2 * kDiffContext; ++k)
      if (steps[k].sign != ' ') last = k;
    const std::size_t end = std::min(steps.size(), last + 1 + kDiffContext);
    walk_to(begin);
    text += hunk(steps, begin, end, a, b);
    walk_to(end);
    i = end;
  }
  return text;
}

}  // namespace prx::cli
