#include "bench/run/gateway_run.hpp"

#include <chrono>
#include <utility>

#include "bench/run/load_run.hpp"

namespace prx::bench {
namespace {

constexpr std::chrono::seconds kLoadMax{180};

Load upstream_load(const GatewayLoad& load, const std::string& mode) {
  Load out{"", mode};
  out.stream_events = load.stream_events;
  out.interval_ms = load.interval_ms;
  return out;
}

std::vector<std::string> load_command(const Places& places, const GatewayProgram& program,
                                      const GatewayLoad& load) {
  std::vector<std::string> argv{places.programs + "/bench_http_load"};
  const auto add = [&argv](const char* name, std::string value) {
    argv.insert(argv.end(), {name, std::move(value)});
  };
  add("--shape", load.shape);
  add("--answer", load.answer);
  add("--port", std::to_string(program.port()));
  add("--path", program.path());
  add("--headers", program.headers());
  add("--watch", std::to_string(program.pid()));
  add("--streams", std::to_string(load.streams));
  add("--stream-events", std::to_string(load.stream_events));
  add("--warmup", std::to_string(load.warmup));
  add("--requests", std::to_string(load.requests));
  add("--rate", std::to_string(load.rate));
  add("--events", std::to_string(load.events));
  return argv;
}

}  // namespace

Result<Report> run_gateway(const Places& places, Gateway gateway, const GatewayLoad& load,
                           const std::vector<std::string>& wrapper) {
  PRX_TRY_SET(const Upstream first,
              Upstream::start(places, upstream_load(load, load.upstream_mode)));
  const std::string& other = load.second_mode.empty() ? load.upstream_mode : load.second_mode;
  PRX_TRY_SET(const Upstream second, Upstream::start(places, upstream_load(load, other)));
  PRX_TRY_SET(GatewayProgram program,
              GatewayProgram::start(places, gateway, {first.port(), second.port()}, wrapper));
  Command command;
  command.argv = load_command(places, program, load);
  command.processor = processors().load;
  PRX_TRY_SET(const Finished finished, run(command, kLoadMax));
  Report report = parse_report(finished.output);
  for (const char* name : {"count", "cpu_ns", "streams", "memory_after", "p50_ns", "p99_ns"})
    if (!report.contains(name))
      return fail(ErrorClass::kInternal, std::string("bench_http_load gave no ") + name);
  if (!wrapper.empty()) PRX_TRY(program.end());
  return report;
}

Result<GatewayRounds> alternate_gateways(const Places& places, const std::vector<Gateway>& gateways,
                                         const GatewayLoad& load, int rounds) {
  GatewayRounds out;
  for (int i = 0; i < rounds; ++i)
    for (const Gateway gateway : gateways) {
      PRX_TRY_SET(Report report, run_gateway(places, gateway, load));
      out[gateway].push_back(std::move(report));
    }
  return out;
}

std::vector<double> column(const std::vector<Report>& reports, const char* member, double per) {
  std::vector<double> out;
  for (const Report& report : reports) out.push_back(report.at(member) / per);
  return out;
}

std::vector<double> cpu_us(const std::vector<Report>& reports, double per) {
  std::vector<double> out;
  for (const Report& report : reports)
    out.push_back(report.at("cpu_ns") / 1'000 / (report.at("count") * per));
  return out;
}

}  // namespace prx::bench
