/// \file plan_needs.hpp
/// What a request needs that `prx plan` is told of, and which targets of a chain are known not to
/// have it: as calls find it out, from the lists of models on disk.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cli/arguments.hpp"
#include "client/chain_plan.hpp"

namespace prx::cli {

/// Options of the verb.
struct PlanNeeds {
  bool tools = false, vision = false, structured = false;
  std::optional<std::int64_t> context;  ///< tokens that the request has at least
  [[nodiscard]] bool any() const { return tools || vision || structured || context; }
};
void declare_needs(Arguments& arguments, PlanNeeds& needs);
/// Errors: kInvalidRequest naming the option.
[[nodiscard]] Result<void> check_needs(const PlanNeeds& needs);

/// One for each target, in order: why a call would skip it; nullopt: it has what is needed, or
/// nobody knows. Reads the lists of models below the environment's folders; asks nobody.
[[nodiscard]] std::vector<std::optional<Error>> unmet_needs(const driver::PlannedChain& chain,
                                                            const PlanNeeds& needs,
                                                            const Environment& environment);

}  // namespace prx::cli
