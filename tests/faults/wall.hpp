/// \file wall.hpp
/// Plays the table and prints it: scenario by host, passed or what differed.
#pragma once

#include <string>
#include <vector>

#include "faults/stage.hpp"

namespace prx::faults {

struct WallOptions {
  std::string only;       ///< scenarios whose names hold this; "": all
  std::size_t jobs = 8;   ///< calls at the same time; most of them wait
  bool thorough = false;  ///< every variant by every host, not only by the library
};

/// True when nothing differed. Prints to stdout.
[[nodiscard]] bool play_wall(const House& house, const std::vector<Scenario>& scenarios,
                             const WallOptions& options);

}  // namespace prx::faults
