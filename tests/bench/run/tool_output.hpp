/// \file tool_output.hpp
/// Reads the totals that callgrind and strace write. Pure.
#pragma once

#include <istream>
#include <optional>

namespace prx::bench {

/// Instructions of a callgrind file ("summary: N" or "totals: N"); nullopt without such a line.
[[nodiscard]] std::optional<double> read_callgrind(std::istream& file);

/// System calls of a summary by `strace -c`; nullopt without its total.
[[nodiscard]] std::optional<double> read_strace(std::istream& file);

}  // namespace prx::bench
