// The benchmarks that compare the client with bare libcurl under the same load.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "bench/run/load_run.hpp"
#include "bench/run/plan.hpp"

namespace prx::bench {
namespace {

constexpr int kRounds = 5;
constexpr int kMemoryRounds = 3;
constexpr std::size_t kSpareFiles = 128;  // what a process has open besides its streams

struct LoadCase {
  std::string name;
  Load load;
  double per = 1;  // things counted (events) in one of the subject's (requests)
  std::string unit;
  std::optional<double> goal, floor;              // of the CPU time
  std::optional<double> ratio_goal, ratio_floor;  // of CPU time over bare curl's
};

// What the rounds gave, in order; `client` is empty when it was not built.
struct Rounds {
  std::vector<double> client, curl;
};

bool has_client(const Places& places) { return built(subject_program(places, Subject::kClient)); }

// A B A B ..., and `measure` makes one number of each run.
Result<Rounds> alternate(const Places& places, const Load& load, int count,
                         const std::function<double(const Report&)>& measure) {
  Rounds rounds;
  for (int i = 0; i < count; ++i) {
    if (has_client(places)) {
      PRX_TRY_SET(const Report client, run_load(places, Subject::kClient, load));
      rounds.client.push_back(measure(client));
    }
    PRX_TRY_SET(const Report curl, run_load(places, Subject::kCurl, load));
    rounds.curl.push_back(measure(curl));
  }
  return rounds;
}

constexpr const char* kNoClient = "bench_client was not built";

Row value_row(std::string name, const std::vector<double>& values, std::string unit) {
  Row row;
  row.name = std::move(name);
  row.value = median(values);
  row.unit = std::move(unit);
  row.note = spread(values);
  return row;
}

Row ratio_row(std::string name, const Rounds& rounds, std::optional<double> goal,
              std::optional<double> floor) {
  if (rounds.client.empty()) return skipped_row(std::move(name), kNoClient);
  Row row = value_row(std::move(name), ratios(rounds.client, rounds.curl), "x curl");
  row.kind = goal ? Kind::kRatio : Kind::kInfo;
  row.goal = goal;
  row.floor = floor;
  return row;
}

std::vector<Row> cpu_rows(const LoadCase& load_case, const Places& places) {
  const Result<Rounds> rounds =
      alternate(places, load_case.load, kRounds, [&](const Report& report) {
        return report.at("cpu_ns") / 1'000 / (report.at("count") * load_case.per);
      });
  if (!rounds) return {broken_row(load_case.name + ".cpu", rounds.error().message)};
  std::vector<Row> rows{ratio_row(load_case.name + ".cpu_ratio", *rounds, load_case.ratio_goal,
                                  load_case.ratio_floor)};
  if (!rounds->client.empty()) {
    Row row = value_row(load_case.name + ".cpu", rounds->client, load_case.unit);
    row.kind = load_case.goal ? Kind::kTime : Kind::kInfo;
    row.goal = load_case.goal;
    row.floor = load_case.floor;
    rows.push_back(std::move(row));
  }
  rows.push_back(value_row(load_case.name + ".cpu_curl", rounds->curl, load_case.unit));
  return rows;
}

// Each process holds one file per stream. Says so when fewer than `wanted` fit.
std::size_t affordable_streams(std::size_t wanted) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t files = limit.rlim_max == RLIM_INFINITY ? wanted + kSpareFiles : limit.rlim_max;
  const std::size_t streams = std::min(wanted, files > kSpareFiles ? files - kSpareFiles : 1);
  if (streams < wanted)
    std::printf("memory: %zu streams instead of %zu, the hard limit of open files is %zu\n",
                streams, wanted, files);
  return streams;
}

std::vector<Row> memory_rows(std::size_t wanted, const Places& places) {
  const std::string name = "memory." + std::to_string(wanted);
  Load load{"paced", "paced"};
  load.streams = affordable_streams(wanted);
  load.stream_events = 2'000;
  load.interval_ms = 1'000;
  load.events = load.streams;  // a second, so that every stream has read and waited
  const Result<Rounds> rounds = alternate(places, load, kMemoryRounds, [](const Report& report) {
    return (report.at("resident_after") - report.at("resident_before")) / 1'024 /
           report.at("streams");
  });
  if (!rounds) return {broken_row(name, rounds.error().message)};
  std::vector<Row> rows{ratio_row(name, *rounds, 1.3, std::nullopt)};
  if (!rounds->client.empty())
    rows.push_back(value_row(name + ".client", rounds->client, "KB/stream"));
  rows.push_back(value_row(name + ".curl", rounds->curl, "KB/stream"));
  rows.back().floor = 20;
  return rows;
}

LoadCase json_case() {
  LoadCase c{"json", {"json", "json"}, 1, "us/request", {}, {}, 1.15, 1.0};
  c.load.warmup = 2'000;
  c.load.requests = 20'000;
  return c;
}

LoadCase sse_case(const char* name, const char* upstream_mode, std::size_t requests) {
  LoadCase c{name, {"sse", upstream_mode}, 200, "us/event", {}, {}, {}, {}};
  c.load.warmup = requests / 10;
  c.load.requests = requests;
  return c;
}

LoadCase paced_case() {
  LoadCase c{"paced", {"paced", "paced"}, 1, "us/event", {}, {}, 1.15, 1.13};
  c.load.streams = 600;
  c.load.stream_events = 2'000;
  c.load.events = 60'000;  // two seconds
  return c;
}

Benchmark load_benchmark(LoadCase load_case, std::string what) {
  Benchmark benchmark{load_case.name, std::move(what)};
  benchmark.run = [load_case = std::move(load_case)](const Places& places) {
    return cpu_rows(load_case, places);
  };
  return benchmark;
}

}  // namespace

std::vector<Benchmark> load_benchmarks() {
  LoadCase sse = sse_case("sse", "coalesced", 3'000);
  sse.goal = 0.6;
  sse.floor = 0.52;
  std::vector<Benchmark> all;
  all.push_back(load_benchmark(json_case(), "plain requests, 64 in flight"));
  all.push_back(load_benchmark(sse, "streamed answers of 200 events in one write, 64 in flight"));
  all.push_back(
      load_benchmark(sse_case("sse_each", "each", 1'000), "the same, one send per event"));
  all.push_back(load_benchmark(paced_case(), "600 streams, one event every 20 ms each"));
  Benchmark memory{"memory", "resident memory per open stream"};
  memory.run = [](const Places& places) {
    std::vector<Row> rows = memory_rows(1'000, places);
    for (Row& row : memory_rows(10'000, places)) rows.push_back(std::move(row));
    return rows;
  };
  all.push_back(std::move(memory));
  return all;
}

}  // namespace prx::bench
