// What a fallback adds to a call, beyond the failed response itself.
//
// One client, two targets on loopback with warm connections, `retries = 0`, so that a 503 goes to
// the second target at once and not to the first again after a backoff. Measured at the upstream:
// from just before the 503 is sent (in one write) until the fallback's request was received whole.
// So the value holds the response's way to the client, decoding it, the decision, the second
// attempt's start and its request's way back: an upper bound of what the client adds. Beside it the
// same time after an answer, until the caller's next call was received, in the same run: what a
// caller would wait who called the second target himself. One request in three is refused; two in a
// row or more would open the breaker, and nothing would be measured but a skipped lane.
#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "bench/run/plan.hpp"
#include "bench/run/process.hpp"
#include "bench/run/statistics.hpp"

namespace prx::bench {
namespace {

constexpr int kFallbackRounds = 5;
constexpr const char* kWarmup = "200";
constexpr const char* kFallbacks = "2000";
constexpr std::chrono::seconds kFallbackMax{60};
constexpr double kGoalUs = 200;

struct Column {
  const char* name;
  const char* member;  // of the report
  std::optional<double> goal;
  std::vector<double> values = {};
};

Result<Report> one_round(const Places& places) {
  Command command;
  command.argv = {
      places.programs + "/bench_fallback", places.plugins, std::to_string(processors().subject),
      std::to_string(processors().load),   kWarmup,        kFallbacks};
  command.processor = processors().load;
  PRX_TRY_SET(const Finished finished, run(command, kFallbackMax));
  return parse_report(finished.output);
}

Row row_of(const Column& column) {
  Row row;
  row.name = column.name;
  row.value = median(column.values);
  row.unit = "us";
  row.kind = column.goal ? Kind::kTime : Kind::kInfo;
  row.goal = column.goal;
  row.note = spread(column.values);
  return row;
}

std::vector<Row> fallback_rows(const Places& places) {
  std::array columns{Column{"fallback.latency", "fallback_us", kGoalUs},
                     Column{"fallback.latency_p99", "fallback_p99_us", {}},
                     Column{"fallback.direct", "direct_us", {}}};
  const char* const name = columns.front().name;
  if (!built(places.programs + "/bench_fallback"))
    return {skipped_row(name, "bench_fallback was not built")};
  for (int i = 0; i < kFallbackRounds; ++i) {
    const Result<Report> report = one_round(places);
    if (!report) return {broken_row(name, report.error().message)};
    for (Column& column : columns) {
      const auto found = report->find(column.member);
      if (found == report->end())
        return {broken_row(name, std::string("bench_fallback gave no ") + column.member)};
      column.values.push_back(found->second);
    }
  }
  std::vector<Row> rows;
  for (const Column& column : columns) rows.push_back(row_of(column));
  return rows;
}

}  // namespace

std::vector<Benchmark> fallback_benchmarks() {
  return {
      {"fallback", "from a 503 to the fallback's request at its upstream", false, &fallback_rows}};
}

}  // namespace prx::bench
