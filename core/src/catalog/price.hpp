/// \file price.hpp
/// What an answer costs, reckoned from listed prices. Pure.
#pragma once

#include <optional>

#include "prx/attempt.hpp"
#include "prx/model.hpp"

namespace prx::catalog {

/// US dollars for the tokens of an answer; nullopt when prices or tokens are not known. Cached
/// tokens count at their own price where one is listed, else as all others: then it is too much
/// rather than too little.
[[nodiscard]] std::optional<double> estimated_cost(const ModelFacts& facts, const Usage& usage);

}  // namespace prx::catalog
