/// \file values.hpp
/// Names of providers, chains, models and plugins for a shell: as the configuration and the cached
/// lists of models have them.
#pragma once

#include "cli/completion/line.hpp"

namespace prx::cli {

/// What the configuration in force offers of that kind: the one that the options name. Empty where
/// the configuration is wrong, or no list was fetched yet. Reads no key, runs no plugin's code and
/// no command, sends nothing, says nothing.
[[nodiscard]] std::vector<Candidate> configured_values(Values::Kind kind,
                                                       const GivenOptions& given);

}  // namespace prx::cli
