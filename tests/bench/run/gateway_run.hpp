/// \file gateway_run.hpp
/// One run of a gateway under a load, against fresh upstreams.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/run/gateway_program.hpp"
#include "bench/run/statistics.hpp"
#include "prx/sdk/error.hpp"

namespace prx::bench {

/// The load, as bench_http_load and bench_upstream take it.
struct GatewayLoad {
  std::string shape, answer;     ///< of bench_http_load
  std::string upstream_mode;     ///< of bench_upstream
  std::string second_mode = {};  ///< of the second target's, where it is another
  std::size_t streams = 64;
  std::size_t stream_events = 200;
  std::size_t interval_ms = 20;
  std::size_t warmup = 0, requests = 0, rate = 0, events = 0;
};

/// The report of bench_http_load (see load.hpp there). A wrong answer is an error.
[[nodiscard]] Result<Report> run_gateway(const Places& places, Gateway gateway,
                                         const GatewayLoad& load,
                                         const std::vector<std::string>& wrapper = {});

/// Values of a gateway, one of each round.
using GatewayRounds = std::map<Gateway, std::vector<Report>>;

/// Each of them in turn, `rounds` times: A B C A B C ...
[[nodiscard]] Result<GatewayRounds> alternate_gateways(const Places& places,
                                                       const std::vector<Gateway>& gateways,
                                                       const GatewayLoad& load, int rounds);

/// A member of each report, divided by `per`.
[[nodiscard]] std::vector<double> column(const std::vector<Report>& reports, const char* member,
                                         double per = 1);
/// CPU time of the gateway for each of what was counted, in microseconds.
[[nodiscard]] std::vector<double> cpu_us(const std::vector<Report>& reports, double per = 1);

}  // namespace prx::bench
