// What `prx serve` costs between a client and its provider, beside nginx, which does no more than
// pass bytes on.
#include <iterator>
#include <utility>

#include "bench/run/gateway_run.hpp"
#include "bench/run/plan.hpp"
#include "bench/run/serve_rows.hpp"

namespace prx::bench {
namespace {

struct ServeCase {
  std::string name;  // of the ratio's row; the others put a word behind it
  GatewayLoad load;
  double goal = 0, floor = 0;
  double per = 1;  // things counted in one of the load's
  std::string unit;
  bool with_chain = false;
};

std::vector<Row> cpu_rows_of(const ServeCase& c, const Places& places) {
  const std::string name = c.name + "_cpu";
  if (const auto reason = why_not(places, Gateway::kPrx)) return {skipped_row(name, *reason)};
  std::vector<Gateway> gateways = present(places, {Gateway::kNginx, Gateway::kPrx});
  if (c.with_chain) gateways.push_back(Gateway::kChain);
  const auto rounds = alternate_gateways(places, gateways, c.load, kServeRounds);
  if (!rounds) return {broken_row(name, rounds.error().message)};
  const std::vector<double> prx = cpu_us(rounds->at(Gateway::kPrx), c.per);
  std::vector<Row> rows;
  if (const auto reason = why_not(places, Gateway::kNginx)) {
    rows.push_back(skipped_row(name, *reason));
    rows.push_back(values_row(c.name + "_time", prx, c.unit));
    return rows;
  }
  const std::vector<double> nginx = cpu_us(rounds->at(Gateway::kNginx), c.per);
  rows.push_back(over_nginx_row(name, ratios(prx, nginx), c.goal, c.floor));
  if (c.with_chain)
    rows.push_back(values_row(
        c.name + "_chain", ratios(cpu_us(rounds->at(Gateway::kChain), c.per), nginx), kOverNginx));
  rows.push_back(values_row(c.name + "_time", prx, c.unit));
  rows.push_back(values_row(c.name + "_nginx", nginx, c.unit));
  return rows;
}

ServeCase json_calls() {
  ServeCase c{"serve.json", {"closed", "json", "json"}, 2.5, 2.2, 1, "us/request", true};
  c.load.warmup = 2'000;
  c.load.requests = 15'000;
  return c;
}

ServeCase streams(const char* name, const char* mode, double goal, std::size_t requests) {
  ServeCase c{name, {"closed", "stream", mode}, goal, 0.75, 1, "us/stream"};
  c.load.warmup = requests / 5;
  c.load.requests = requests;
  return c;
}

ServeCase paced_streams() {
  ServeCase c{"serve.paced", {"paced", "stamped", "stamped"}, 1.15, 1.1, 1, "us/event"};
  c.load.streams = 600;
  c.load.stream_events = 400;  // eight seconds, two of which are measured
  c.load.events = 60'000;
  return c;
}

Benchmark cpu_benchmark(std::string name, std::string what, std::vector<ServeCase> cases) {
  Benchmark benchmark{std::move(name), std::move(what)};
  benchmark.run = [cases = std::move(cases)](const Places& places) {
    std::vector<Row> rows;
    for (const ServeCase& c : cases)
      for (Row& row : cpu_rows_of(c, places)) rows.push_back(std::move(row));
    return rows;
  };
  return benchmark;
}

}  // namespace

std::vector<Benchmark> serve_benchmarks() {
  std::vector<Benchmark> all;
  all.push_back(cpu_benchmark("serve_json", "prx serve and nginx: plain requests, 64 in flight",
                              {json_calls()}));
  all.push_back(cpu_benchmark("serve_stream",
                              "prx serve and nginx: streams of 200 events, 64 in flight",
                              {streams("serve.stream", "coalesced", 1.2, 2'500),
                               streams("serve.send", "each", 0.85, 500)}));
  all.push_back(cpu_benchmark("serve_paced",
                              "prx serve and nginx: 600 streams, an event every 20 ms each",
                              {paced_streams()}));
  for (auto part : {serve_latency_benchmarks(), serve_scale_benchmarks(), portkey_benchmarks()})
    std::move(part.begin(), part.end(), std::back_inserter(all));
  return all;
}

}  // namespace prx::bench
