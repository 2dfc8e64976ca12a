/// \file plan_faults.hpp
/// The faults of `prx plan --fail`, in the simulator's words (sim/fault.hpp). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reliability/rehearsal.hpp"

namespace prx::cli {

/// "503", "429:retry-after=2", "cut@40:times=2", "late-token:ms=500": what the simulator's
/// parse_faults() reads, as far as a rehearsal can play it; besides, a class of errors ("auth") and
/// "differs". Joined by "/" they follow each other, the last for ever unless it says `times`.
/// Errors: kInvalidRequest naming the part and the remedy.
[[nodiscard]] Result<reliability::Acts> parse_acts(std::string_view text);

/// A text that parse_acts() takes of each kind: a status, a class of errors, then the simulator's
/// words and "differs".
[[nodiscard]] const std::vector<std::string>& fault_examples();

}  // namespace prx::cli
