/// \file schedule.hpp
/// A random schedule: what calls ask of which targets, and how attempts behave. The same seed draws
/// the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/reliability/property/dice.hpp"
#include "reliability/chain_engine.hpp"

namespace prx::reliability::test {

using Nanoseconds = std::chrono::nanoseconds;

struct CallScript {
  Plan plan;
  MonotonicTime starts;
  std::optional<MonotonicTime> cancelled;
  std::optional<MonotonicTime> paused, resumed;
};

/// How one attempt goes.
struct AttemptScript {
  enum class End {
    kComplete,  ///< finish reason, and the end soon after
    kUnclosed,  ///< finish reason, and silence
    kFails,
  };
  bool head = true;           ///< false: it ends before the head
  Nanoseconds until_head{0};  ///< or until the end, without one
  Nanoseconds until_token{0};
  Nanoseconds between_tokens{0};
  Nanoseconds until_end{0};
  std::string text;  ///< all that it would say
  std::size_t piece = 1;
  std::size_t pieces_max = 0;  ///< said before the end
  End end = End::kComplete;
  Error error;  ///< kFails
};

/// Of the whole schedule.
struct World {
  ReliabilityConfig policy;
  std::vector<PlanTarget> targets;
  std::vector<double> fail_share;  ///< by target: how often its attempts fail
  std::string answer;              ///< what all targets say that agree
  std::vector<CallScript> calls;
};

constexpr MonotonicTime kBeginning{std::chrono::hours(1)};

[[nodiscard]] World draw_world(Dice& dice);
/// What is known of lanes and keys before the first call.
void draw_health(Dice& dice, const World& world, Health& health);
/// \param fail_share  of the target.
[[nodiscard]] AttemptScript draw_attempt(Dice& dice, double fail_share, const std::string& answer);

}  // namespace prx::reliability::test
