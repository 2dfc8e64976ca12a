/// \file live_rules.hpp
/// Rules that ask the real service, for `prx plugin check --live`.
#pragma once

#include <span>

#include "check/rule.hpp"

namespace prx::cli {

/// They send requests over the network with the keys of the environment, through prx::Client.
[[nodiscard]] std::span<const check::Rule> live_rules();

}  // namespace prx::cli
