/// \file check_report.hpp
/// What `prx plugin check` found, as text, JSON or JUnit XML. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "check/runner.hpp"

namespace prx::cli {

/// What was checked, and how.
struct CheckRun {
  std::string file;  ///< as it was given
  std::string id, version;
  std::string config;  ///< --config as it was given, or ""
  std::uint64_t seed = 0;
  std::int64_t fuzz_seconds = 0;  ///< 0: no fuzzing
  bool live = false;
  bool complete = true;  ///< every rule was asked for
};

/// The exact command line that runs that rule again.
[[nodiscard]] std::string replay_command(const CheckRun& run, const check::Rule& rule);

/// Whether everything was run and nothing failed.
[[nodiscard]] bool is_pass(const CheckRun& run, std::span<const check::Outcome> outcomes);
[[nodiscard]] bool has_failed(std::span<const check::Outcome> outcomes);

/// The text of a report: its first line, then each outcome as it comes, then the last line. Safe on
/// a terminal.
[[nodiscard]] std::string report_begin(const CheckRun& run);
[[nodiscard]] std::string report_outcome(const CheckRun& run, const check::Outcome& outcome);
[[nodiscard]] std::string report_end(const CheckRun& run, std::span<const check::Outcome> outcomes);

/// One JSON object; core/docs/plugin-check.md has its members.
[[nodiscard]] std::string report_json(const CheckRun& run,
                                      std::span<const check::Outcome> outcomes);

/// One `testsuite`. What XML 1.0 cannot carry becomes U+FFFD.
/// \see https://www.w3.org/TR/xml/#charsets
[[nodiscard]] std::string report_junit(const CheckRun& run,
                                       std::span<const check::Outcome> outcomes);

}  // namespace prx::cli
