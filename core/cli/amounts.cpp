#include "cli/amounts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

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

std::string printed(double amount, std::chars_format format, int decimals) {
  std::array<char, 64> text{};  // more than kDollarsWholeMax has in any format
  const auto end = std::to_chars(text.data(), text.data() + text.size(), amount, format, decimals);
  return {text.data(), end.ptr};
}

/// Of 0 or more.
std::string figures(double amount) {
  if (amount >= kDollarsWholeMax) return printed(amount, std::chars_format::scientific, 2);
  std::string text = printed(amount, std::chars_format::fixed, decimals_of(amount));
  if (amount < kCent) {  // "0.0010" is "0.001"
    while (text.size() > 4 && text.back() == '0') text.pop_back();
  }
  group(text, text.find('.'));
  return text;
}

}  // namespace

std::string dollars(double amount) {
  if (!std::isfinite(amount)) return "?";
  return (amount < 0.0 ? "-$" : "$") + figures(std::fabs(amount));
}

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  const bool negative = text.front() == '-';
  if (negative) text.erase(0, 1);
  group(text, text.size());
  return (negative ? "-" : "") + text;
}

}  // namespace prx::cli
