/// \file did_you_mean.hpp
/// The nearest valid name to a wrong one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace prx::config {

inline constexpr int kNearDistance =
    2;  ///< edits up to which a name is taken for a slip of another

/// Edits (insert, delete, replace, swap of neighbours) between two names, or `limit` + 1 when more.
[[nodiscard]] int edit_distance(std::string_view a, std::string_view b, int limit);

/// The name that `wrong` probably meant, or "": the fewest edits, at most kNearDistance and fewer
/// than half of its letters; else the first that `wrong` is a whole-word prefix of ("breaker":
/// "breaker_failures"). The first of equals wins.
[[nodiscard]] std::string_view nearest(std::string_view wrong,
                                       std::span<const std::string_view> names);

/// "; did you mean 'model'?", or when nothing is near "; valid are a, b, c", or "" without names.
[[nodiscard]] std::string suggestion(std::string_view wrong,
                                     std::span<const std::string_view> names);

}  // namespace prx::config
