#include "cli/duration.hpp"

#include <array>
#include <cstdint>
#include <cstdio>

#include "config/duration.hpp"

namespace prx::cli {
namespace {

std::string printed(const char* format, double value) {
  std::array<char, 48> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, value);
  return buffer.data();
}

/// Three figures: 1.24, 12.4, 124.
std::string figures(double value, const char* unit) {
  const char* format = value < 9.995 ? "%.2f " : value < 99.95 ? "%.1f " : "%.0f ";
  return printed(format, value) + unit;
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto duration = config::parse_duration(text);
  if (duration && duration->count() > 0) return *duration;
  return fail(ErrorClass::kInvalidRequest,
              "'" + std::string(text) + "' is not a duration; write 500ms, 30s, 1m30s or 2h");
}

std::string format_duration(std::chrono::microseconds duration) {
  const auto count = static_cast<double>(duration.count());
  if (count < 1'000) return printed("%.0f us", count);
  if (count < 999'500) return figures(count / 1e3, "ms");
  if (count < 59'950'000) return figures(count / 1e6, "s");
  const std::int64_t seconds = (duration.count() + 500'000) / 1'000'000;
  std::array<char, 48> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%lldm%02llds", static_cast<long long>(seconds / 60),
                static_cast<long long>(seconds % 60));
  return buffer.data();
}

}  // namespace prx::cli
