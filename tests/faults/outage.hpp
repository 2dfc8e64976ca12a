/// \file outage.hpp
/// A primary that is out for a while under a steady trickle of calls.
#pragma once

#include "faults/stage.hpp"

namespace prx::faults {

struct Outage {
  milliseconds lasts{60'000};        ///< from the first call
  milliseconds every{4'000};         ///< a call
  milliseconds back_within{30'000};  ///< of its end: the primary serves again
  int refused_most = 20;             ///< requests that the primary gets while it is out
};

/// A shell loop: one program after the other, which tell each other what they found. All are
/// answered, and the primary gets `refused_most` requests at most.
[[nodiscard]] Differences play_shell_loop(Stage& stage, Host host, int programs, int refused_most);

/// All calls are answered; the breaker opens; the primary serves again.
[[nodiscard]] Differences play_outage(Stage& stage, Host host, const Outage& outage);

}  // namespace prx::faults
