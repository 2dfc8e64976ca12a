/// \file metrics_text.hpp
/// What the loops know in Prometheus's text format, under OpenTelemetry's names for generative AI
/// where it has some. See serve.md of prx's documentation.
#pragma once

#include <string>
#include <vector>

#include "gateway/watch/reporters.hpp"

namespace prx::gateway {

inline constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

/// \see https://prometheus.io/docs/instrumenting/exposition_formats/
[[nodiscard]] std::string metrics_text(const LoopReports& loops);

/// Each target once, as the loop knows it that thinks worst of it.
[[nodiscard]] std::vector<LaneState> lanes_of(const LoopReports& loops);
/// Each key once, the same way.
[[nodiscard]] std::vector<KeyState> keys_of(const LoopReports& loops);

/// Of this process, as the kernel counts it.
struct ProcessUse {
  double cpu_seconds = 0.0;
  long long resident_bytes = 0;  ///< 0: not known
};
[[nodiscard]] ProcessUse process_use();

}  // namespace prx::gateway
