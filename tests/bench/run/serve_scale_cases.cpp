// What `prx serve` holds and starts with: thousands of open streams, system calls and instructions
// of a request, the time until it accepts, and its memory before the first request.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <utility>

#include "bench/run/gateway_run.hpp"
#include "bench/run/load_run.hpp"
#include "bench/run/plan.hpp"
#include "bench/run/serve_rows.hpp"
#include "bench/run/tool_output.hpp"

namespace prx::bench {
namespace {

constexpr int kStreamsRounds = 3;
constexpr int kStarts = 20;
constexpr std::size_t kStreamsWanted = 9'500;
constexpr std::size_t kServeSpareFiles = 256;
constexpr std::size_t kFilesOfStream = 2;  // to the client and to the upstream
constexpr double kBytesInKilobyte = 1'024;

// Says so when fewer than wanted fit.
std::size_t affordable_calls() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max == RLIM_INFINITY) return kStreamsWanted;
  const std::size_t files = std::max<std::size_t>(limit.rlim_max, 2 * kServeSpareFiles);
  const std::size_t streams = std::min(kStreamsWanted, (files - kServeSpareFiles) / kFilesOfStream);
  if (streams < kStreamsWanted)
    std::printf("serve.streams: %zu streams instead of %zu, the hard limit of open files is %zu\n",
                streams, kStreamsWanted, files);
  return streams;
}

std::vector<double> kilobytes_a_stream(const std::vector<Report>& reports) {
  std::vector<double> out;
  for (const Report& report : reports)  // the first stream was open before
    out.push_back((report.at("memory_after") - report.at("memory_before")) / kBytesInKilobyte /
                  (report.at("streams") - 1));
  return out;
}

std::vector<Row> streams_rows(const Places& places) {
  const std::string memory_name = "serve.streams_memory", cpu_name = "serve.streams_cpu";
  if (const auto reason = why_not(places, Gateway::kPrx))
    return {skipped_row(memory_name, *reason)};
  GatewayLoad load{"paced", "stamped", "stamped"};
  load.streams = affordable_calls();
  load.interval_ms = 1'000;
  load.stream_events = 30;         // half a minute, of which opening may take two thirds
  load.events = load.streams * 8;  // eight seconds
  const auto rounds = alternate_gateways(places, present(places, {Gateway::kNginx, Gateway::kPrx}),
                                         load, kStreamsRounds);
  if (!rounds) return {broken_row(memory_name, rounds.error().message)};
  const std::vector<Report>& prx = rounds->at(Gateway::kPrx);
  std::vector<Row> rows{values_row(memory_name, kilobytes_a_stream(prx), "KB/stream")};
  rows.back().kind = Kind::kCount;
  rows.back().goal = 28;
  rows.back().floor = 25;
  if (const auto reason = why_not(places, Gateway::kNginx)) {
    rows.push_back(skipped_row(cpu_name, *reason));
    return rows;
  }
  const std::vector<Report>& nginx = rounds->at(Gateway::kNginx);
  rows.push_back(values_row(memory_name + "_nginx", kilobytes_a_stream(nginx), "KB/stream"));
  rows.push_back(over_nginx_row(cpu_name, ratios(cpu_us(prx), cpu_us(nginx)), 1.2, 1.14));
  rows.push_back(values_row("serve.streams_time", cpu_us(prx), "us/event"));
  rows.push_back(values_row("serve.streams_nginx", cpu_us(nginx), "us/event"));
  return rows;
}

enum class Counter { kStrace, kCallgrind };

const char* program_of(Counter counter) {
  return counter == Counter::kStrace ? "strace" : "valgrind";
}

// By strace -D the gateway stays the child that is started, so that what is ended is the gateway.
std::vector<std::string> counting(Counter counter, const std::string& path) {
  const std::string program = *find_program(program_of(counter));
  if (counter == Counter::kStrace) return {program, "-D", "-f", "-c", "-o", path};
  return {program, "--tool=callgrind", "--callgrind-out-file=" + path, "--log-file=/dev/null"};
}

Result<double> count_of(const Places& places, const GatewayLoad& load, Counter counter) {
  const std::string path = places.scratch + "/serve-counts";
  PRX_TRY(run_gateway(places, Gateway::kPrx, load, counting(counter, path)));
  std::ifstream file(path);
  const std::optional<double> value =
      counter == Counter::kStrace ? read_strace(file) : read_callgrind(file);
  if (!value) return fail(ErrorClass::kInternal, "no total in " + path);
  return *value;
}

struct ServeCount {
  const char* name;
  Counter counter;
  GatewayLoad load;
  std::size_t few, many;  // requests
  const char* unit;
  std::optional<double> goal = std::nullopt, floor = std::nullopt;
};

// The cost of a request is the difference of two runs, so start and end cancel out.
Result<double> count_of_each(const Places& places, const ServeCount& c) {
  GatewayLoad load = c.load;
  load.requests = c.few;
  PRX_TRY_SET(const double less, count_of(places, load, c.counter));
  load.requests = c.many;
  PRX_TRY_SET(const double more, count_of(places, load, c.counter));
  return (more - less) / static_cast<double>(c.many - c.few);
}

Row serve_count_row(const Places& places, const ServeCount& c) {
  if (const auto reason = why_not(places, Gateway::kPrx)) return skipped_row(c.name, *reason);
  if (!find_program(program_of(c.counter)))
    return skipped_row(c.name, std::string(program_of(c.counter)) + " is not installed");
  const Result<double> value = count_of_each(places, c);
  if (!value) return broken_row(c.name, value.error().message);
  Row row;
  row.name = c.name;
  row.value = *value;
  row.unit = c.unit;
  row.kind = c.goal ? Kind::kCount : Kind::kInfo;
  row.goal = c.goal;
  row.floor = c.floor;
  return row;
}

std::vector<Row> serve_count_rows(const Places& places) {
  const GatewayLoad json{"closed", "json", "json"}, stream{"closed", "stream", "coalesced"};
  const std::vector<ServeCount> counts{
      {"serve.json_syscalls", Counter::kStrace, json, 192, 2'240, "calls/request", 10, 8.4},
      {"serve.stream_syscalls", Counter::kStrace, stream, 64, 576, "calls/stream", 20, 15},
      {"serve.json_instructions", Counter::kCallgrind, json, 192, 1'216, "Ir/request"},
      {"serve.stream_instructions", Counter::kCallgrind, stream, 64, 192, "Ir/stream"}};
  std::vector<Row> rows;
  for (const ServeCount& c : counts) rows.push_back(serve_count_row(places, c));
  return rows;
}

// Resident, as `ps` says it.
std::optional<double> resident_megabytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string word; file >> word;) {
    double kilobytes = 0;
    if (word == "Rss:" && file >> kilobytes) return kilobytes / kBytesInKilobyte;
  }
  return std::nullopt;
}

std::vector<Row> ready_rows(const Places& places) {
  const std::string name = "serve.ready";
  if (const auto reason = why_not(places, Gateway::kPrx)) return {skipped_row(name, *reason)};
  const auto upstream = Upstream::start(places, {"", "json"});
  if (!upstream) return {broken_row(name, upstream.error().message)};
  std::vector<double> times, memory;
  for (int i = 0; i < kStarts; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const auto program = GatewayProgram::start(places, Gateway::kPrx, {upstream->port()});
    const auto ready = std::chrono::steady_clock::now();
    if (!program) return {broken_row(name, program.error().message)};
    const auto resident = resident_megabytes(program->pid());
    if (!resident) return {broken_row(name, "cannot read the memory of prx serve")};
    times.push_back(std::chrono::duration<double, std::milli>(ready - start).count());
    memory.push_back(*resident);
  }
  Row time = values_row(name, times, "ms");
  time.kind = Kind::kTime;
  time.goal = 12;
  time.floor = 8.8;
  Row idle = values_row("serve.idle", memory, "MB");
  idle.kind = Kind::kCount;
  idle.goal = 15;
  idle.floor = 11;
  return {std::move(time), std::move(idle)};
}

}  // namespace

std::vector<Benchmark> serve_scale_benchmarks() {
  return {
      {"serve_streams", "prx serve and nginx: 9,500 streams open at once", false, &streams_rows},
      {"serve_counts", "system calls and instructions of prx serve per request", true,
       &serve_count_rows},
      {"serve_ready", "prx serve, from exec until it accepts, and its memory then", false,
       &ready_rows}};
}

}  // namespace prx::bench
