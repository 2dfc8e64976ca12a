/// \file plan_play.hpp
/// The rehearsal of `prx plan --fail`: which targets it asks, which faults they have, and its
/// timeline as text and as JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include "client/chain_plan.hpp"
#include "reliability/rehearsal.hpp"

namespace prx::cli {

/// A chain as a rehearsal plays it: without the targets that are left out.
struct PlayedChain {
  reliability::Plan plan;
  std::vector<const driver::PlannedTarget*> targets;  ///< of the plan, in order
};
/// `chain` is borrowed for the result's life.
[[nodiscard]] PlayedChain played_chain(const driver::PlannedChain& chain);

/// As if every target had its key. False: none has its plugin and a model but no key.
bool assume_keys(driver::PlannedChain& chain);

/// Reads "TARGET=FAULT,TARGET=FAULT". A provider's name means all its targets, a place in `chain`
/// or a target's own name (PlanTarget::shown()) that one. One list of acts for each played target.
/// Errors: kInvalidRequest naming --fail, what is wrong with it and the remedy.
[[nodiscard]] Result<std::vector<reliability::Acts>> read_faults(
    const driver::PlannedChain& chain, const PlayedChain& played,
    const std::vector<std::string>& faults);

[[nodiscard]] std::string timeline_text(const reliability::Rehearsal& rehearsal);
/// One object; core/docs/reliability.md lists its members.
[[nodiscard]] std::string timeline_json(const PlayedChain& played,
                                        const reliability::Rehearsal& rehearsal);

}  // namespace prx::cli
