#include "bench/run/load_run.hpp"

#include <chrono>
#include <utility>

namespace prx::bench {
namespace {

constexpr std::chrono::seconds kStartMax{10};
constexpr std::chrono::seconds kRunMax{180};

std::vector<std::string> subject_command(const Places& places, Subject subject, const Load& load,
                                         const std::string& url) {
  std::vector<std::string> argv{subject_program(places, subject), "--mode", load.subject_mode,
                                "--url", url};
  const auto add = [&argv](const char* name, std::size_t value) {
    argv.insert(argv.end(), {name, std::to_string(value)});
  };
  add("--streams", load.streams);
  add("--stream-events", load.stream_events);
  add("--warmup", load.warmup);
  add("--requests", load.requests);
  add("--events", load.events);
  if (subject == Subject::kClient) argv.insert(argv.end(), {"--plugins", places.plugins});
  return argv;
}

}  // namespace

Upstream::Upstream(Process process, int port)
    : process_(std::move(process)), port_(port), url_("http://127.0.0.1:" + std::to_string(port)) {}

Result<Upstream> Upstream::start(const Places& places, const Load& load) {
  Command command;
  command.argv = {places.programs + "/bench_upstream", load.upstream_mode,
                  std::to_string(load.stream_events), std::to_string(load.interval_ms)};
  command.processor = processors().load;
  PRX_TRY_SET(Process process, Process::start(command));
  PRX_TRY_SET(const std::string line, process.read_line(kStartMax));
  const Report report = parse_report(line);
  const auto port = report.find("port");
  if (port == report.end()) return fail(ErrorClass::kInternal, "bench_upstream said: " + line);
  return Upstream(std::move(process), static_cast<int>(port->second));
}

std::string subject_program(const Places& places, Subject subject) {
  return places.programs + (subject == Subject::kClient ? "/bench_client" : "/bench_curl");
}

Result<Report> run_load(const Places& places, Subject subject, const Load& load,
                        const std::vector<std::string>& wrapper) {
  PRX_TRY_SET(const Upstream upstream, Upstream::start(places, load));
  Command command;
  command.argv = wrapper;
  const std::vector<std::string> own = subject_command(places, subject, load, upstream.url());
  command.argv.insert(command.argv.end(), own.begin(), own.end());
  command.processor = processors().subject;
  PRX_TRY_SET(const Finished finished, run(command, kRunMax));
  Report report = parse_report(finished.output);
  for (const char* name : {"count", "cpu_ns", "streams", "resident_before", "resident_after"})
    if (!report.contains(name))
      return fail(ErrorClass::kInternal, command.argv.front() + " gave no " + name);
  return report;
}

}  // namespace prx::bench
