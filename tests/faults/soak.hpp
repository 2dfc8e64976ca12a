/// \file soak.hpp
/// Many calls at once against a simulator that fails at random in every known way.
#pragma once

#include <cstddef>

#include "faults/stage.hpp"

namespace prx::faults {

struct SoakOptions {
  std::size_t calls = 500;
  std::size_t in_flight = 50;
};

/// None hangs, none ends twice, none is lost, no answer is wrong, and the memory returns to where
/// it was. Prints how the calls ended; true when nothing was odd.
[[nodiscard]] bool play_soak(const House& house, const SoakOptions& options);

}  // namespace prx::faults
