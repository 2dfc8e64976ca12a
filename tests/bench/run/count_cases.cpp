// Counts that do not drift: instructions by callgrind, system calls by strace. Two runs of
// different length, and the difference is the cost of a request: start and end cancel out.
#include <fstream>
#include <utility>

#include "bench/run/load_run.hpp"
#include "bench/run/plan.hpp"
#include "bench/run/process.hpp"
#include "bench/run/tool_output.hpp"

namespace prx::bench {
namespace {

struct CountCase {
  std::string name;
  Load load;
  std::size_t few = 0, many = 0;  // requests
  double per = 1;                 // things counted in one request
  std::string unit;
  std::optional<double> goal, floor;
  std::optional<double> tripwire = std::nullopt;  ///< what was reached, and a little
};

enum class Tool { kCallgrind, kStrace };

std::vector<std::string> wrapper(Tool tool, const std::string& file) {
  if (tool == Tool::kStrace) return {*find_program("strace"), "-f", "-c", "-o", file};
  return {*find_program("valgrind"), "--tool=callgrind", "--callgrind-out-file=" + file,
          "--log-file=/dev/null"};
}

Result<double> count(const Places& places, Subject subject, const Load& load, Tool tool) {
  const std::string path = places.scratch + "/counts";
  PRX_TRY(run_load(places, subject, load, wrapper(tool, path)));
  std::ifstream file(path);
  const std::optional<double> value =
      tool == Tool::kStrace ? read_strace(file) : read_callgrind(file);
  if (!value) return fail(ErrorClass::kInternal, "no total in " + path);
  return *value;
}

Result<double> count_each(const Places& places, Subject subject, const CountCase& c, Tool tool) {
  Load load = c.load;
  load.requests = c.few;
  PRX_TRY_SET(const double few, count(places, subject, load, tool));
  load.requests = c.many;
  PRX_TRY_SET(const double many, count(places, subject, load, tool));
  return (many - few) / (static_cast<double>(c.many - c.few) * c.per);
}

Row count_row(const Places& places, Subject subject, const CountCase& c, Tool tool) {
  const std::string name = c.name + (subject == Subject::kCurl ? "_curl" : "");
  const char* const program = tool == Tool::kStrace ? "strace" : "valgrind";
  if (!find_program(program)) return skipped_row(name, std::string(program) + " is not installed");
  if (!built(subject_program(places, subject)))
    return skipped_row(name, "the subject was not built");
  const Result<double> value = count_each(places, subject, c, tool);
  if (!value) return broken_row(name, value.error().message);
  Row row;
  row.name = name;
  row.value = *value;
  row.unit = c.unit;
  if (subject == Subject::kCurl) return row;
  row.kind = c.goal ? Kind::kCount : Kind::kInfo;
  row.goal = c.goal;
  row.tripwire = c.tripwire;
  row.floor = c.floor;
  return row;
}

std::vector<Row> rows_of(const Places& places, const std::vector<CountCase>& cases, Tool tool) {
  std::vector<Row> rows;
  for (const CountCase& c : cases)
    for (const Subject subject : {Subject::kClient, Subject::kCurl})
      rows.push_back(count_row(places, subject, c, tool));
  return rows;
}

const Load kJson{"json", "json"};
const Load kSse{"sse", "coalesced"};

}  // namespace

std::vector<Benchmark> count_benchmarks() {
  Benchmark instructions{"instructions", "instructions per request and per event", true};
  instructions.run = [](const Places& places) {
    return rows_of(
        places,
        {{"json.instructions", kJson, 192, 1'216, 1, "Ir/request", 115'000, 98'000, 160'000},
         {"sse.instructions", kSse, 64, 192, 200, "Ir/event", 5'500, 5'200}},
        Tool::kCallgrind);
  };
  Benchmark system_calls{"syscalls", "system calls per request", true};
  system_calls.run = [](const Places& places) {
    return rows_of(places,
                   {{"json.syscalls", kJson, 192, 2'240, 1, "calls/request", 6, 4.4},
                    {"sse.syscalls", kSse, 64, 576, 1, "calls/stream", {}, 15}},
                   Tool::kStrace);
  };
  return {std::move(instructions), std::move(system_calls)};
}

}  // namespace prx::bench
