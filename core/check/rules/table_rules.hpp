/// \file table_rules.hpp
/// The tables of rules about what comes before an operation, one for each file.
#pragma once

#include <span>

#include "check/rule.hpp"

namespace prx::check {

[[nodiscard]] std::span<const Rule> query_rules();   ///< query, interface_, init
[[nodiscard]] std::span<const Rule> create_rules();  ///< create and describe
[[nodiscard]] std::span<const Rule> struct_rules();  ///< sizes, borrowed memory, missing services

}  // namespace prx::check
