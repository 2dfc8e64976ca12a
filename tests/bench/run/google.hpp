/// \file google.hpp
/// Runs a Google Benchmark program and reads its medians.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "prx/sdk/error.hpp"

namespace prx::bench {

/// Median CPU time in nanoseconds (or the time the benchmark took itself, when it does) by the
/// benchmark's name with its arguments ("BM_Decode/230").
using Medians = std::unordered_map<std::string, double>;

/// Of the JSON that `--benchmark_format=json` with repetitions writes. Errors: kBadResponse.
[[nodiscard]] Result<Medians> parse_medians(std::string_view json);

/// Runs it pinned, repetitions interleaved. Errors: kInternal, kTimeout, kBadResponse.
[[nodiscard]] Result<Medians> run_google(const std::string& program);

}  // namespace prx::bench
