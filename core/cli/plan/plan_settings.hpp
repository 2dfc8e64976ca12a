/// \file plan_settings.hpp
/// The effective settings of a chain, each with where it comes from. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "client/chain_plan.hpp"

namespace prx::cli {

struct PlanLine {
  std::string name;    ///< "retries"
  std::string value;   ///< as the configuration would write it; "off"
  std::string origin;  ///< a place, a flag, a variable, or "default"
};

/// Those of the chain itself.
[[nodiscard]] std::vector<PlanLine> policy_lines(const Config& config,
                                                 const driver::PlannedChain& chain);
/// The clocks of one of its targets. \param index  into the chain's.
[[nodiscard]] std::vector<PlanLine> clock_lines(const Config& config,
                                                const driver::PlannedChain& chain,
                                                std::size_t index);

}  // namespace prx::cli
