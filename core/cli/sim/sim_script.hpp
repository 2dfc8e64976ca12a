/// \file sim_script.hpp
/// A fault script in TOML, for `prx sim --script`. Pure.
#pragma once

#include <string>
#include <string_view>

#include "sim/fault.hpp"

namespace prx::cli {

/// `name` stands for the file in messages. Errors: kInvalidRequest with the place, or the rule's
/// number.
[[nodiscard]] Result<sim::FaultScript> parse_script(std::string_view toml, const std::string& name);

}  // namespace prx::cli
