/// \file account.hpp
/// What OpenRouter's /key and /credits answer. Pure.
#pragma once

#include <string>

#include "sim/simulator.hpp"

namespace prx::sim {

[[nodiscard]] std::string key_json(const SimulatorAccount& account);
[[nodiscard]] std::string credits_json(const SimulatorAccount& account);

}  // namespace prx::sim
