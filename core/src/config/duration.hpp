/// \file duration.hpp
/// Durations as text: "500ms", "8s", "10m", "1h30m".
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace prx::config {

inline constexpr std::chrono::milliseconds kDurationMax{std::chrono::hours{168}};  ///< a week

/// Whole numbers with h, m, s, ms, each at most once and in this order; nullopt for anything else
/// and for more than kDurationMax. "0ms" is zero.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The shortest text that parse_duration reads as this: "1h30m", "0ms".
[[nodiscard]] std::string to_text(std::chrono::milliseconds duration);

}  // namespace prx::config
