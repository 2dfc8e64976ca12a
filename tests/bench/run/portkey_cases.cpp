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
  double goal, floor;
  GatewayLoad load;
};

Row portkey_row(const Places& places, const PortkeyCase& c) {
  const auto rounds =
      alternate_gateways(places, {Gateway::kPortkey, Gateway::kPrx}, c.load, kPortkeyRounds);
  if (!rounds) return broken_row(c.name, rounds.error().message);
  Row row = values_row(
      c.name, ratios(cpu_us(rounds->at(Gateway::kPortkey)), cpu_us(rounds->at(Gateway::kPrx))),
      "x less");
  row.kind = Kind::kRatio;
  row.goal = c.goal;
  row.at_least = true;
  row.floor = c.floor;
  return row;
}

std::vector<PortkeyCase> portkey_cases() {
  PortkeyCase json{"serve.portkey_json", 35, 45, {"closed", "json", "json"}};
  json.load.warmup = 1'000;
  json.load.requests = 2'000;
  PortkeyCase stream{"serve.portkey_stream", 25, 25, {"closed", "stream", "coalesced"}};
  stream.load.warmup = 200;
  stream.load.requests = 400;
  PortkeyCase paced{"serve.portkey_paced", 6, 7, {"paced", "stamped", "stamped"}};
  paced.load.streams = 60;         // more would be more than it can send
  paced.load.stream_events = 400;  // eight seconds: its first ones come late
  paced.load.events = 6'000;
  return {json, stream, paced};
}

std::vector<Row> portkey_rows(const Places& places) {
  std::optional<std::string> reason = why_not_all(places, {Gateway::kPrx, Gateway::kPortkey});
  if (!reason)
    if (const auto installed = install_portkey(places); !installed)
      reason = installed.error().message;
  std::vector<Row> rows;
  for (const PortkeyCase& c : portkey_cases())
    rows.push_back(reason ? skipped_row(c.name, *reason) : portkey_row(places, c));
  return rows;
}

}  // namespace

std::vector<Benchmark> portkey_benchmarks() {
  return {{"serve_portkey", "prx serve and Portkey's gateway from npm", false, &portkey_rows}};
}

}  // namespace prx::bench
