// How much less CPU `prx serve` takes than Portkey's gateway for the same.
#include <utility>

#include "bench/run/gateway_run.hpp"
#include "bench/run/plan.hpp"
#include "bench/run/serve_rows.hpp"

namespace prx::bench {
namespace {

constexpr int kPortkeyRounds = 3;

struct PortkeyCase {
  const char* name;
  const char* unit;  // of what its CPU time is given for
  double goal, floor;
  GatewayLoad load;
};

std::vector<Row> portkey_rows_of(const Places& places, const PortkeyCase& c) {
  const auto rounds =
      alternate_gateways(places, {Gateway::kPortkey, Gateway::kPrx}, c.load, kPortkeyRounds);
  if (!rounds) return {broken_row(c.name, rounds.error().message)};
  const std::vector<double> portkey = cpu_us(rounds->at(Gateway::kPortkey));
  Row row = values_row(c.name, ratios(portkey, cpu_us(rounds->at(Gateway::kPrx))), "x less");
  row.kind = Kind::kRatio;
  row.goal = c.goal;
  row.at_least = true;
  row.floor = c.floor;
  return {std::move(row), values_row(std::string(c.name) + "_time", portkey, c.unit)};
}

std::vector<PortkeyCase> portkey_cases() {
  PortkeyCase json{"serve.portkey_json", "us/request", 35, 45, {"closed", "json", "json"}};
  json.load.warmup = 1'000;
  json.load.requests = 2'000;
  PortkeyCase stream{
      "serve.portkey_stream", "us/stream", 25, 25, {"closed", "stream", "coalesced"}};
  stream.load.warmup = 200;
  stream.load.requests = 400;
  PortkeyCase paced{"serve.portkey_paced", "us/event", 6, 7, {"paced", "stamped", "stamped"}};
  paced.load.streams = 60;         // more would be more than it can send
  paced.load.stream_events = 400;  // eight seconds: its first ones come late
  paced.load.events = 10'000;
  return {json, stream, paced};
}

std::vector<Row> portkey_rows(const Places& places) {
  std::optional<std::string> reason = why_not_all(places, {Gateway::kPrx, Gateway::kPortkey});
  if (!reason)
    if (const auto installed = install_portkey(places); !installed)
      reason = installed.error().message;
  std::vector<Row> rows;
  for (const PortkeyCase& c : portkey_cases())
    if (reason)
      rows.push_back(skipped_row(c.name, *reason));
    else
      for (Row& row : portkey_rows_of(places, c)) rows.push_back(std::move(row));
  return rows;
}

}  // namespace

std::vector<Benchmark> portkey_benchmarks() {
  return {{"serve_portkey", "prx serve and Portkey's gateway from npm", false, &portkey_rows}};
}

}  // namespace prx::bench
