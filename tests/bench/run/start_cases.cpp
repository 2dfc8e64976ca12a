// What a one-shot `prx chat` costs: until its request is on the wire, and in CPU for a cold TLS
// call.
#include <chrono>
#include <string>
#include <utility>

#include "bench/common/payload.hpp"
#include "bench/run/listener.hpp"
#include "bench/run/load_run.hpp"
#include "bench/run/plan.hpp"
#include "bench/run/process.hpp"
#include "bench/run/tls_front.hpp"

namespace prx::bench {
namespace {

constexpr int kRuns = 30;
constexpr int kWarmRuns = 3;
constexpr std::size_t kEvents = 20;
constexpr std::chrono::seconds kRunMax{20};
constexpr int kNotPermitted = 125;  // of bench_with_ca

Command chat_command(const Places& places, const std::string& origin) {
  Command command;
  command.argv = {places.prx, "chat", "hi", "--model", std::string(kModel)};
  command.environment = {"HOME=" + places.scratch,
                         "XDG_CONFIG_HOME=" + places.scratch,
                         "PATH=/usr/bin:/bin",
                         "LANG=C.UTF-8",
                         "PRX_PLUGIN_PATH=" + places.plugins,
                         "OPENROUTER_API_KEY=" + std::string(kApiKey),
                         "OPENROUTER_BASE_URL=" + origin + "/api/v1"};
  command.processor = processors().subject;
  command.quiet = true;
  command.no_input = true;  // prx chat also reads a prompt from stdin
  return command;
}

std::string http_answer(const SseAnswer& answer) {
  std::string out =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: "
      "close\r\nContent-Length: " +
      std::to_string(answer.body_size) + "\r\n\r\n";
  for (const std::string& event : answer.events) out += event;
  return out + answer.ending;
}

Result<void> check_answer(const Finished& finished, std::size_t text_size) {
  if (finished.status != 0)
    return fail(ErrorClass::kInternal, "prx ended with " + std::to_string(finished.status));
  if (finished.output.size() < text_size)
    return fail(ErrorClass::kBadResponse, "prx printed only a part");
  return {};
}

Result<double> first_byte_ms(const Places& places, Listener& listener) {
  const SseAnswer answer = sse_answer(kEvents);
  const Command command =
      chat_command(places, "http://127.0.0.1:" + std::to_string(listener.port()));
  const auto start = std::chrono::steady_clock::now();
  PRX_TRY_SET(Process process, Process::start(command));
  PRX_TRY_SET(const auto first_byte, listener.serve(http_answer(answer), kRunMax));
  PRX_TRY_SET(const Finished finished, process.finish(kRunMax));
  PRX_TRY(check_answer(finished, answer.text_size));
  return std::chrono::duration<double, std::milli>(first_byte - start).count();
}

// Runs `once` kWarmRuns + kRuns times; a row of the median of the latter.
Row repeated(const char* name, const std::function<Result<double>()>& once) {
  std::vector<double> values;
  for (int i = 0; i < kWarmRuns + kRuns; ++i) {
    const Result<double> value = once();
    if (!value && value.error().error_class == ErrorClass::kUnsupported)
      return skipped_row(name, value.error().message);
    if (!value) return broken_row(name, value.error().message);
    if (i >= kWarmRuns) values.push_back(*value);
  }
  Row row;
  row.name = name;
  row.value = median(values);
  row.unit = "ms";
  row.kind = Kind::kTime;
  row.note = spread(values);
  return row;
}

std::vector<Row> first_byte_rows(const Places& places) {
  constexpr const char* name = "start.first_byte";
  if (!built(places.prx)) return {skipped_row(name, "prx was not built")};
  Result<Listener> listener = Listener::open();
  if (!listener) return {broken_row(name, listener.error().message)};
  Row row = repeated(name, [&] { return first_byte_ms(places, *listener); });
  row.goal = 8;
  row.floor = 4.2;
  return {row};
}

Result<double> tls_cpu_ms(const Places& places, const std::string& origin) {
  Command command = chat_command(places, origin);
  command.argv.insert(command.argv.begin(),
                      {places.programs + "/bench_with_ca", places.scratch + "/store"});
  PRX_TRY_SET(Process process, Process::start(command));
  PRX_TRY_SET(const Finished finished, process.finish(kRunMax));
  if (finished.status == kNotPermitted)
    return fail(ErrorClass::kUnsupported, "no mount namespace without CAP_SYS_ADMIN");
  PRX_TRY(check_answer(finished, sse_answer(kEvents).text_size));
  return std::chrono::duration<double, std::milli>(finished.cpu()).count();
}

std::vector<Row> tls_rows(const Places& places) {
  constexpr const char* name = "start.tls_cpu";
  if (!built(places.prx)) return {skipped_row(name, "prx was not built")};
  for (const char* program : {"nghttpx", "openssl"})
    if (!find_program(program))
      return {skipped_row(name, std::string(program) + " is not installed")};
  Load load{"sse", "coalesced"};
  load.stream_events = kEvents;
  const Result<Upstream> upstream = Upstream::start(places, load);
  if (!upstream) return {broken_row(name, upstream.error().message)};
  const Result<TlsFront> front = TlsFront::start(places.scratch, upstream->port());
  if (!front) return {broken_row(name, front.error().message)};
  Row row = repeated(name, [&] { return tls_cpu_ms(places, front->url()); });
  row.goal = 12;
  row.floor = 7.6;
  return {row};
}

}  // namespace

std::vector<Benchmark> start_benchmarks() {
  return {{"first_byte", "prx chat, from exec to the first byte of the request", false,
           &first_byte_rows},
          {"tls", "CPU of one cold TLS call of prx chat", false, &tls_rows}};
}

}  // namespace prx::bench
