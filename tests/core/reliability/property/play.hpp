/// \file play.hpp
/// Plays a random schedule in virtual time: engines that share what they know, attempts that follow
/// their scripts, a driver that does what engines say.
#pragma once

#include <cstdint>
#include <vector>

#include "core/reliability/property/referee.hpp"

namespace prx::reliability::test {

/// What it broke; empty: no rule. Deterministic.
[[nodiscard]] std::vector<Referee::Violation> play(std::uint64_t seed);

}  // namespace prx::reliability::test
