#include "cli/amounts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace prx::cli {
namespace {

constexpr double kCent = 0.01;
constexpr int kDecimalsMax = 12;  // of the smallest amount that is not told as 0

/// Enough for two figures that are not 0.
int decimals_of(double amount) {
  if (amount == 0.0 || amount >= kCent) return 2;
  const int zeros = -static_cast<int>(std::floor(std::log10(amount)));
  return std::min(zeros + 1, kDecimalsMax);
}

void group(std::string& digits, std::size_t end) {
  for (std::size_t at = end; at > 3;) digits.insert(at -= 3, 1, ',');
}

std::string fixed(double amount, int decimals) {
  std::array<char, 512> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.*f", decimals, amount);
  return {text.data(), static_cast<std::size_t>(std::clamp(size, 0, 511))};
}

}  // namespace

std::string dollars(double amount) {
  if (!std::isfinite(amount)) return "?";
  std::string text = fixed(std::fabs(amount), decimals_of(std::fabs(amount)));
  if (std::fabs(amount) < kCent) {  // "0.0010" is "0.001"
    while (text.size() > 4 && text.back() == '0') text.pop_back();
  }
  group(text, text.find('.'));
  return (amount < 0.0 ? "-$" : "$") + text;
}

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  const bool negative = text.front() == '-';
  if (negative) text.erase(0, 1);
  group(text, text.size());
  return (negative ? "-" : "") + text;
}

}  // namespace prx::cli
