#include "bench/run/google.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <chrono>

#include "bench/run/process.hpp"

namespace prx::bench {
namespace {

constexpr std::chrono::seconds kRunMax{180};

double nanoseconds_in(std::string_view unit) {
  if (unit == "us") return 1e3;
  if (unit == "ms") return 1e6;
  return unit == "s" ? 1e9 : 1;
}

std::string text_of(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member != object.MemberEnd() && member->value.IsString() ? member->value.GetString() : "";
}

// Without what the registration's options added.
std::string plain_name(const std::string& name) {
  return name.substr(0, std::min(name.find("/iterations:"), name.find("/manual_time")));
}

}  // namespace

Result<Medians> parse_medians(std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject())
    return fail(ErrorClass::kBadResponse, "not a JSON object");
  const rapidjson::Value& report = document;
  const auto list = report.FindMember("benchmarks");
  if (list == report.MemberEnd() || !list->value.IsArray())
    return fail(ErrorClass::kBadResponse, "no list of benchmarks");
  Medians medians;
  for (const rapidjson::Value& entry : list->value.GetArray()) {
    if (!entry.IsObject() || text_of(entry, "aggregate_name") != "median") continue;
    const std::string name = text_of(entry, "run_name");
    const bool manual = name.ends_with("/manual_time");  // then it is in the place of the real time
    const auto time = entry.FindMember(manual ? "real_time" : "cpu_time");
    if (time == entry.MemberEnd() || !time->value.IsNumber()) continue;
    medians[plain_name(name)] =
        time->value.GetDouble() * nanoseconds_in(text_of(entry, "time_unit"));
  }
  return medians;
}

Result<Medians> run_google(const std::string& program) {
  Command command;
  command.argv = {program,
                  "--benchmark_format=json",
                  "--benchmark_repetitions=7",
                  "--benchmark_min_time=0.1",
                  "--benchmark_enable_random_interleaving=true",
                  "--benchmark_report_aggregates_only=true"};
  command.processor = processors().subject;
  command.quiet = true;
  PRX_TRY_SET(const Finished finished, run(command, kRunMax));
  return parse_medians(finished.output);
}

}  // namespace prx::bench
