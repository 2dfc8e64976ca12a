/// \file answer_rules.hpp
/// The tables of rules about answers of a server, one for each file.
#pragma once

#include <span>

#include "check/rule.hpp"

namespace prx::check {

[[nodiscard]] std::span<const Rule> body_rules();    ///< samples, splits, cuts, malformed bodies
[[nodiscard]] std::span<const Rule> status_rules();  ///< statuses, waits, failures of the transport

}  // namespace prx::check
