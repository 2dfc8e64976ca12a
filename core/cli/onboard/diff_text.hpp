/// \file diff_text.hpp
/// What is different between two texts, as `diff -u` shows it. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace prx::cli {

inline constexpr std::size_t kDiffContext = 3;  ///< equal lines around each difference
/// Lines of one text times lines of the other, without those that are equal at both ends; beyond it
/// all between the equal ends is shown as replaced.
inline constexpr std::size_t kDiffCellsMax = 4u << 20;

/// "" when they are equal. `name` stands for the file.
[[nodiscard]] std::string unified_diff(std::string_view before, std::string_view after,
                                       std::string_view name);

}  // namespace prx::cli
