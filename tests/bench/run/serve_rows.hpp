/// \file serve_rows.hpp
/// What the benchmarks of prx serve have in common.
#pragma once

#include <string>
#include <vector>

#include "bench/run/gateway_program.hpp"
#include "bench/run/plan.hpp"
#include "bench/run/row.hpp"

namespace prx::bench {

inline constexpr int kServeRounds = 5;
inline constexpr const char* kOverNginx = "x nginx";

/// The median, and the spread as its note.
[[nodiscard]] Row values_row(std::string name, const std::vector<double>& values, std::string unit);
/// The same of ratios, with a goal.
[[nodiscard]] Row over_nginx_row(std::string name, const std::vector<double>& values, double goal,
                                 double floor);

/// Those that can run on this machine.
[[nodiscard]] std::vector<Gateway> present(const Places& places,
                                           const std::vector<Gateway>& wanted);
/// Why one of them cannot; nullopt when all can.
[[nodiscard]] std::optional<std::string> why_not_all(const Places& places,
                                                     const std::vector<Gateway>& wanted);

// The parts of serve_benchmarks(), by file.
[[nodiscard]] std::vector<Benchmark> serve_latency_benchmarks();  ///< serve_latency_cases.cpp
[[nodiscard]] std::vector<Benchmark> serve_scale_benchmarks();    ///< serve_scale_cases.cpp
[[nodiscard]] std::vector<Benchmark> portkey_benchmarks();        ///< portkey_cases.cpp

}  // namespace prx::bench
