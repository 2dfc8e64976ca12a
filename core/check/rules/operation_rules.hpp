/// \file operation_rules.hpp
/// The tables of rules about operations, one for each file.
#pragma once

#include <span>

#include "check/rule.hpp"

namespace prx::check {

[[nodiscard]] std::span<const Rule> tour_rules();    ///< what any operation may not do
[[nodiscard]] std::span<const Rule> start_rules();   ///< what start makes of odd requests
[[nodiscard]] std::span<const Rule> cancel_rules();  ///< cancel, stop and release

}  // namespace prx::check
