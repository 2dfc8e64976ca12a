/// \file answer_rules.hpp
/// The tables of rules about answers of a server, one for each file.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "check/rule.hpp"

namespace prx::check {

inline constexpr std::size_t kSplitsMax = 4'096;  ///< positions that are tried in one body

/// Every position in a body of that size, or, of a longer one than kSplitsMax, so many or fewer,
/// evenly.
[[nodiscard]] std::vector<std::size_t> split_positions(std::size_t size);

[[nodiscard]] std::span<const Rule> body_rules();    ///< samples, splits, cuts, malformed bodies
[[nodiscard]] std::span<const Rule> status_rules();  ///< statuses, waits, failures of the transport

}  // namespace prx::check
