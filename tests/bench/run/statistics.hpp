/// \file statistics.hpp
/// Medians. Pure.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace prx::bench {

/// The middle value, or the mean of the two in the middle; 0 of nothing.
[[nodiscard]] double median(std::vector<double> values);

/// a[i] / b[i] for each round; as many as the shorter one has.
[[nodiscard]] std::vector<double> ratios(const std::vector<double>& a,
                                         const std::vector<double>& b);

/// "1.02 to 1.10"
[[nodiscard]] std::string spread(const std::vector<double>& values);

/// The numbers of a line "a=1 b=2"; what is not of that form is left out.
using Report = std::unordered_map<std::string, double>;
[[nodiscard]] Report parse_report(std::string_view line);

}  // namespace prx::bench
