#include "config/duration.hpp"

#include <charconv>
#include <cstdint>

namespace prx::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr Unit kUnits[] = {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};

// The letters at the start of `text`.
std::string_view word(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && text[size] >= 'a' && text[size] <= 'z') ++size;
  return text.substr(0, size);
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::int64_t total = 0;
  std::size_t unit = 0;
  bool any = false;
  while (!text.empty()) {
    if (text[0] < '0' || text[0] > '9') return std::nullopt;
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || count > kDurationMax.count()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto name = word(text);
    while (unit < std::size(kUnits) && kUnits[unit].name != name) ++unit;
    if (unit == std::size(kUnits)) return std::nullopt;
    total += count * kUnits[unit++].milliseconds;
    text.remove_prefix(name.size());
    if (total > kDurationMax.count()) return std::nullopt;
    any = true;
  }
  if (!any) return std::nullopt;
  return std::chrono::milliseconds{total};
}

std::string to_text(std::chrono::milliseconds duration) {
  std::int64_t rest = duration.count();
  std::string text;
  for (const auto& unit : kUnits) {
    if (rest >= unit.milliseconds)
      text += std::to_string(rest / unit.milliseconds) + std::string(unit.name);
    rest %= unit.milliseconds;
  }
  return text.empty() ? "0ms" : text;
}

}  // namespace prx::config
