/// \file interpolate.hpp
/// `${VAR}`, `${VAR:-default}` and the escape `$${` in strings.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "prx/config.hpp"

namespace prx::config {

inline constexpr std::size_t kExpandedMax = 64u << 10;  ///< bytes of one string after its variables

/// A string with its variables replaced.
struct Interpolation {
  std::string text;
  std::vector<std::string> variables;  ///< names that were asked for, in order
  std::vector<std::string> values;     ///< what the environment gave for them, where not empty
  bool empty_by_choice = false;        ///< ${VAR:-}: an empty default was taken
  std::string missing;                 ///< the first name that is not set and has no default, or ""
};

/// Replaces variables. A `$` that does not begin `${` stands for itself; `$${` gives `${`. `${VAR}`
/// of a variable that is set and empty is empty; the default is taken when it is not set or empty.
/// Errors: kInvalidRequest, what and remedy without a place: no closing brace, a bad name, over
/// kExpandedMax.
[[nodiscard]] Result<Interpolation> interpolate(std::string_view text,
                                                const Environment& environment);

}  // namespace prx::config
