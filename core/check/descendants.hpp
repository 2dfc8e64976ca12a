/// \file descendants.hpp
/// Processes that a plugin started, in whatever session: found by their parents, and ended.
#pragma once

#include <sys/types.h>

#include <vector>

namespace prx::check {

/// Whoever calls this becomes the parent of what its descendants leave behind.
void adopt_orphans();

/// The processes whose parent is that one, ended ones too that nobody has waited for.
[[nodiscard]] std::vector<pid_t> children_of(pid_t parent);

/// Kills and reaps the caller's children but for those to be spared, and what they leave behind, as
/// long as it takes for that to end, within limits.
/// \param spared  sorted
void end_children(const std::vector<pid_t>& spared);

}  // namespace prx::check
