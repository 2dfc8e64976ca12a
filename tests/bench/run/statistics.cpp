#include "bench/run/statistics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace prx::bench {

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::vector<double> ratios(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> out;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) out.push_back(a[i] / b[i]);
  return out;
}

std::string spread(const std::vector<double>& values) {
  if (values.empty()) return "";
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.3g to %.3g", *low, *high);
  return text.data();
}

Report parse_report(std::string_view line) {
  Report report;
  while (!line.empty()) {
    const std::string_view word = line.substr(0, line.find_first_of(" \n"));
    line.remove_prefix(std::min(line.size(), word.size() + 1));
    const std::size_t equals = word.find('=');
    double value = 0;
    if (equals == std::string_view::npos) continue;
    const auto [end, error] =
        std::from_chars(word.data() + equals + 1, word.data() + word.size(), value);
    if (error == std::errc{} && end == word.data() + word.size())
      report.emplace(word.substr(0, equals), value);
  }
  return report;
}

}  // namespace prx::bench
