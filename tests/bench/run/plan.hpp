/// \file plan.hpp
/// What there is to measure: the benchmarks by name, and where the programs are.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/run/row.hpp"
#include "prx/sdk/error.hpp"

namespace prx::bench {

/// Paths of what the build made; a file may be missing, and its benchmarks are then skipped.
struct Places {
  std::string programs;  ///< folder of the programs bench_* and the Google Benchmarks
  std::string prx;       ///< the prx program
  std::string plugins;   ///< folder of plugins
  std::string scratch;   ///< an empty folder, removed afterwards
};

/// One name on the command line of ./bench. It gives one or more rows.
struct Benchmark {
  std::string name;
  std::string what;
  bool quick = false;  ///< deterministic and fast: part of `ci`
  std::function<std::vector<Row>(const Places&)> run = {};
};

/// All of them, in the order of the table.
[[nodiscard]] std::vector<Benchmark> benchmarks();

/// Those of these names; "ci" stands for the quick ones, no name for all. Errors: kInvalidRequest.
[[nodiscard]] Result<std::vector<Benchmark>> choose(std::vector<Benchmark> all,
                                                    const std::vector<std::string>& names);

/// True for an existing file; else the row "skipped: <program> was not built" belongs in the table.
[[nodiscard]] bool built(const std::string& program);

// The parts of benchmarks(), by file.
[[nodiscard]] std::vector<Benchmark> load_benchmarks();      ///< load_cases.cpp
[[nodiscard]] std::vector<Benchmark> count_benchmarks();     ///< count_cases.cpp
[[nodiscard]] std::vector<Benchmark> start_benchmarks();     ///< start_cases.cpp
[[nodiscard]] std::vector<Benchmark> micro_benchmarks();     ///< micro_cases.cpp
[[nodiscard]] std::vector<Benchmark> fallback_benchmarks();  ///< fallback_cases.cpp
[[nodiscard]] std::vector<Benchmark> serve_benchmarks();     ///< serve_cases.cpp

}  // namespace prx::bench
