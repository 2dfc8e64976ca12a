/// \file endurance_rules.hpp
/// The tables of rules about many operations and what is left of them, one for each file.
#pragma once

#include <span>

#include "check/rule.hpp"

namespace prx::check {

[[nodiscard]] std::span<const Rule> load_rules();     ///< many at once, many in a row
[[nodiscard]] std::span<const Rule> process_rules();  ///< what belongs to the host's process

}  // namespace prx::check
