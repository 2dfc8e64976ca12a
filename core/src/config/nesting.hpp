/// \file nesting.hpp
/// Measures how deeply a TOML text nests before a recursive parser sees it.
#pragma once

#include <optional>
#include <string_view>

#include "config/document.hpp"

namespace prx::config {

/// The place where a text first nests deeper than `levels_max`, or nullopt. One scan, no recursion.
/// Counted are the open brackets and braces of a table header or a value, and the dots of the keys
/// before them.
[[nodiscard]] std::optional<Place> too_deep(std::string_view text, int levels_max);

}  // namespace prx::config
