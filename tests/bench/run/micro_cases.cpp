// Rows from the Google Benchmarks beside this folder: one program per benchmark, one or more rows
// of each.
#include <utility>

#include "bench/run/google.hpp"
#include "bench/run/plan.hpp"

namespace prx::bench {
namespace {

struct MicroRow {
  const char* name;
  const char* subject;   // the benchmark's registered name
  const char* baseline;  // what it is divided by, or null: the time itself
  double nanoseconds;    // of one unit
  const char* unit;
  std::optional<double> goal, floor;
};

Row micro_row(const MicroRow& wanted, const Medians& medians) {
  const auto subject = medians.find(wanted.subject);
  if (subject == medians.end())
    return broken_row(wanted.name, std::string("there is no benchmark ") + wanted.subject);
  Row row;
  row.name = wanted.name;
  row.unit = wanted.unit;
  row.kind = !wanted.goal ? Kind::kInfo : wanted.baseline ? Kind::kRatio : Kind::kTime;
  row.goal = wanted.goal;
  row.floor = wanted.floor;
  row.value = subject->second / wanted.nanoseconds;
  if (wanted.baseline == nullptr) return row;
  const auto baseline = medians.find(wanted.baseline);
  if (baseline == medians.end())
    return broken_row(wanted.name, std::string("there is no benchmark ") + wanted.baseline);
  row.value = subject->second / baseline->second;
  return row;
}

std::vector<Row> micro_rows(const std::string& program, const std::vector<MicroRow>& wanted,
                            const Places& places) {
  const std::string path = places.programs + "/" + program;
  std::vector<Row> rows;
  const bool exists = built(path);
  const Result<Medians> medians = exists ? run_google(path) : Result<Medians>(Medians{});
  for (const MicroRow& row : wanted)
    rows.push_back(!exists    ? skipped_row(row.name, program + " was not built")
                   : !medians ? broken_row(row.name, medians.error().message)
                              : micro_row(row, *medians));
  return rows;
}

Benchmark micro(std::string name, std::string what, std::string program,
                std::vector<MicroRow> rows) {
  Benchmark benchmark{std::move(name), std::move(what)};
  benchmark.run = [program = std::move(program), rows = std::move(rows)](const Places& places) {
    return micro_rows(program, rows, places);
  };
  return benchmark;
}

}  // namespace

std::vector<Benchmark> micro_benchmarks() {
  constexpr double kPerEvent = 200;          // one iteration decodes so many
  constexpr double kPiecesPerCall = 10'000;  // of isolation_bench
  return {
      micro(
          "decode", "a streamed chunk to an event, beside one in-situ SAX pass", "decode_bench",
          {{"decode.ratio", "DecodeChunkSameFrame", "BareInsituSaxPass/0", 1, "x SAX", 1.2, 0.28},
           {"decode.ratio_other",
            "DecodeChunkOtherFrames",
            "BareInsituSaxPass/1",
            1,
            "x SAX",
            {},
            {}},
           {"decode.time", "DecodeChunkSameFrame", nullptr, kPerEvent, "ns/event", {}, 82},
           {"decode.time_other", "DecodeChunkOtherFrames", nullptr, kPerEvent, "ns/event", {}, 295},
           {"decode.time_sax", "BareInsituSaxPass/0", nullptr, kPerEvent, "ns/event", {}, {}}}),
      micro("splice", "model and stream set in a 256 KB body", "json_edit_bench",
            {{"splice.time", "SpliceBody", nullptr, 1e6, "ms", 0.11, {}},
             {"splice.time_tree", "RapidJsonTree", nullptr, 1e6, "ms", {}, {}}}),
      micro("plugins", "probe of a note, load of a plugin", "probe_bench",
            {{"plugin.probe", "BM_Probe", nullptr, 1e3, "us", 5, 1.7},
             {"plugin.load", "BM_Load", nullptr, 1e6, "ms", 0.3, 0.14}}),
      micro(
          "isolation", "a plugin in a process of its own, beside one in the host's",
          "isolation_bench",
          {{"isolation.event", "EventsIsolated", "EventsInProcess", 1, "x in process", {}, {}},
           {"isolation.event_time", "EventsIsolated", nullptr, kPiecesPerCall, "ns/event", {}, {}},
           {"isolation.call", "CallIsolated", "CallInProcess", 1, "x in process", {}, {}},
           {"isolation.call_time", "CallIsolated", nullptr, 1e3, "us", {}, {}}}),
      micro("engine", "a call's decisions; three open lanes skipped, and none", "engine_bench",
            {{"engine.call", "HappyPath", nullptr, 1e3, "us", 1, {}},
             {"engine.skip_3", "SkipOpenLanes/3", nullptr, 1, "ns", {}, {}},
             {"engine.skip_0", "SkipOpenLanes/0", nullptr, 1, "ns", {}, {}},
             {"engine.inflight_100", "InFlight/100", nullptr, 100, "ns/call", {}, {}},
             {"engine.inflight_10000", "InFlight/10000", nullptr, 10'000, "ns/call", {}, {}}})};
}

}  // namespace prx::bench
