// How much later answers and events come through `prx serve`: requests at a fixed rate, whatever
// comes back, and streams whose events say when they were sent.
#include <utility>

#include "bench/run/gateway_run.hpp"
#include "bench/run/plan.hpp"
#include "bench/run/serve_rows.hpp"

namespace prx::bench {
namespace {

constexpr double kNanosecondsInMicrosecond = 1'000;
constexpr double kFailingGoal = 2;

std::vector<double> differences(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> out;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) out.push_back(a[i] - b[i]);
  return out;
}

std::vector<double> micros(const std::vector<Report>& reports, const char* member) {
  return column(reports, member, kNanosecondsInMicrosecond);
}

// One row of the difference, and what it is the difference of.
std::vector<Row> added_rows(const Places& places, const std::string& name, const GatewayLoad& load,
                            double goal, double floor) {
  if (const auto reason = why_not(places, Gateway::kPrx)) return {skipped_row(name, *reason)};
  const bool has_nginx = !why_not(places, Gateway::kNginx);
  const auto rounds = alternate_gateways(
      places, present(places, {Gateway::kDirect, Gateway::kNginx, Gateway::kPrx}), load,
      kServeRounds);
  if (!rounds) return {broken_row(name, rounds.error().message)};
  std::vector<Row> rows;
  if (has_nginx) {
    Row added = values_row(name,
                           differences(micros(rounds->at(Gateway::kPrx), "p50_ns"),
                                       micros(rounds->at(Gateway::kNginx), "p50_ns")),
                           "us over nginx");
    added.kind = Kind::kTime;
    added.goal = goal;
    added.floor = floor;
    rows.push_back(std::move(added));
  } else {
    rows.push_back(skipped_row(name, *why_not(places, Gateway::kNginx)));
  }
  const auto add = [&](Gateway gateway, const char* word) {
    const auto found = rounds->find(gateway);
    if (found == rounds->end()) return;
    rows.push_back(values_row(name + word, micros(found->second, "p50_ns"), "us"));
    Row tail = values_row(name + word + "_p99", micros(found->second, "p99_ns"), "us");
    rows.push_back(std::move(tail));
  };
  add(Gateway::kDirect, "_direct");
  add(Gateway::kNginx, "_nginx");
  add(Gateway::kPrx, "_prx");
  return rows;
}

std::vector<Row> open_loop_rows(const Places& places) {
  GatewayLoad load{"open", "json", "json"};
  load.rate = 2'000;
  load.warmup = 2'000;
  load.requests = 6'000;
  return added_rows(places, "serve.p50", load, 50, 10);
}

std::vector<Row> token_rows(const Places& places) {
  GatewayLoad load{"paced", "stamped", "stamped"};
  load.streams = 100;
  load.stream_events = 400;
  load.interval_ms = 10;
  load.events = 30'000;  // three of the four seconds
  return added_rows(places, "serve.paced_p50", load, 80, 45);
}

// The same chain, its first target well and then refusing every call. In the first seconds calls
// are tried there, and some wait before they are tried again; then the target rests. What the 99th
// percentile of those first seconds is has a row of its own.
struct FailingRounds {
  std::vector<Report> healthy, failing, beginning, refused;
};

Result<FailingRounds> failing_rounds(const Places& places) {
  GatewayLoad load{"open", "json", "json"};
  load.rate = 1'000;
  load.warmup = 2'000;
  load.requests = 4'000;
  GatewayLoad failing = load;
  failing.upstream_mode = "refused";
  failing.second_mode = "json";
  GatewayLoad beginning = failing;
  beginning.warmup = 0;
  GatewayLoad refused = load;
  refused.answer = refused.upstream_mode = "refused";
  FailingRounds out;
  for (int i = 0; i < kServeRounds; ++i) {
    PRX_TRY_SET(Report a, run_gateway(places, Gateway::kChain, load));
    PRX_TRY_SET(Report b, run_gateway(places, Gateway::kChain, failing));
    PRX_TRY_SET(Report c, run_gateway(places, Gateway::kChain, beginning));
    PRX_TRY_SET(Report d, run_gateway(places, Gateway::kDirect, refused));
    out.healthy.push_back(std::move(a));
    out.failing.push_back(std::move(b));
    out.beginning.push_back(std::move(c));
    out.refused.push_back(std::move(d));
  }
  return out;
}

std::vector<Row> failing_rows(const Places& places) {
  const std::string name = "serve.failing_p99";
  if (const auto reason = why_not(places, Gateway::kChain)) return {skipped_row(name, *reason)};
  const auto rounds = failing_rounds(places);
  if (!rounds) return {broken_row(name, rounds.error().message)};
  const std::vector<double> healthy = micros(rounds->healthy, "p99_ns");
  const std::vector<double> own = micros(rounds->refused, "p50_ns");
  Row ratio = values_row(name, ratios(differences(micros(rounds->failing, "p99_ns"), own), healthy),
                         "x healthy");
  ratio.kind = Kind::kRatio;
  ratio.goal = kFailingGoal;
  return {std::move(ratio),
          values_row(name + "_healthy", healthy, "us"),
          values_row(name + "_failing", micros(rounds->failing, "p99_ns"), "us"),
          values_row(name + "_refused", own, "us"),
          values_row(name + "_beginning", micros(rounds->beginning, "p99_ns"), "us"),
          values_row("serve.failing_cpu", ratios(cpu_us(rounds->failing), cpu_us(rounds->healthy)),
                     "x healthy")};
}

}  // namespace

std::vector<Benchmark> serve_latency_benchmarks() {
  return {
      {"serve_p50", "prx serve and nginx: 2,000 plain requests a second", false, &open_loop_rows},
      {"serve_paced_p50", "prx serve and nginx: from an event's send to its client", false,
       &token_rows},
      {"serve_failing", "prx serve while the first target of its chain refuses every call", false,
       &failing_rows}};
}

}  // namespace prx::bench
