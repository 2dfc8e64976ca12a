/// \file tables.hpp
/// Helpers of the two tables, and the rows that both have.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "faults/scenario.hpp"

namespace prx::faults {

using Table = std::vector<Scenario>;

inline Scenario& row(Table& table, std::string name, std::vector<Target> targets, Expect expected) {
  return table.emplace_back(std::move(name), std::move(targets), std::move(expected));
}

/// What holds with short clocks and with the defaults alike.
void add_common(Table& table);
/// The same for answers that are more than text.
void add_shapes(Table& table);

}  // namespace prx::faults
