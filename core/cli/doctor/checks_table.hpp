/// \file checks_table.hpp
/// prx doctor's rows as a table for people. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "cli/doctor/checks.hpp"

namespace prx::cli {

/// Narrower terminals are written to as if they were so wide.
inline constexpr std::size_t kChecksColumnsMin = 40;

/// One line for each row, so that grep finds a row whole; control characters made visible.
///
/// \param columns  of the terminal; 0: none. Where such a table does not fit, remedies stand below
/// their rows, wrapped at the width, and so does what was found when it does not fit either. A word
/// that is longer than a line stays whole, so that paths and URLs can be copied.
[[nodiscard]] std::string checks_table(const Checks& checks, std::size_t columns);

}  // namespace prx::cli
