/// \file duration.hpp
/// Durations as people write and read them. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "prx/sdk/error.hpp"

namespace prx::cli {

/// "500ms", "30s", "1m30s", "2h", as in the configuration; more than 0, at most
/// config::kDurationMax. Errors: kInvalidRequest naming the forms.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Three figures with the unit that fits: "412 us", "38.2 ms", "1.24 s", "3m05s".
[[nodiscard]] std::string format_duration(std::chrono::microseconds duration);

}  // namespace prx::cli
