#include "config/did_you_mean.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace prx::config {
namespace {

constexpr std::size_t kNameMax = 64;  // longer names are nobody's slip

using Row = std::vector<int>;

Row next_row(std::string_view a, std::string_view b, std::size_t i, const Row& before,
             const Row& last) {
  Row row(b.size() + 1);
  row[0] = static_cast<int>(i);
  for (std::size_t j = 1; j <= b.size(); ++j) {
    const int change = a[i - 1] == b[j - 1] ? 0 : 1;
    row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
    if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
      row[j] = std::min(row[j], before[j - 2] + 1);
  }
  return row;
}

}  // namespace

int edit_distance(std::string_view a, std::string_view b, int limit) {
  if (a.size() > kNameMax || b.size() > kNameMax) return a == b ? 0 : limit + 1;
  Row before, last(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    Row row = next_row(a, b, i, before, last);
    before = std::move(last);
    last = std::move(row);
  }
  return std::min(last.back(), limit + 1);
}

std::string_view nearest(std::string_view wrong, std::span<const std::string_view> names) {
  std::string_view best;
  int best_distance = kNearDistance + 1;
  for (const auto name : names) {
    const int distance = edit_distance(wrong, name, kNearDistance);
    if (distance >= best_distance || 2 * static_cast<std::size_t>(distance) >= name.size())
      continue;
    best = name;
    best_distance = distance;
  }
  if (!best.empty() || wrong.empty()) return best;
  const std::string word = std::string(wrong) + '_';
  for (const auto name : names)
    if (name.substr(0, word.size()) == word) return name;
  return {};
}

std::string suggestion(std::string_view wrong, std::span<const std::string_view> names) {
  if (const auto name = nearest(wrong, names); !name.empty())
    return "; did you mean '" + std::string(name) + "'?";
  std::string text;
  for (const auto name : names) text += (text.empty() ? "; valid are " : ", ") + std::string(name);
  return text;
}

}  // namespace prx::config
