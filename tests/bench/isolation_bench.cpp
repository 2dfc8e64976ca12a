// What a plugin in a process of its own costs beside one in the host's: a call of one event, and
// each event of a long answer, both in the same run.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "prx/client.hpp"

namespace prx {
namespace {

constexpr int kEvents = 10'000;

std::unique_ptr<Client> open_client(const char* isolation) {
  const std::string toml = std::string("[default]\nprovider = \"pieces\"\n") +
                           "[plugins]\ndirs = [\"" PRX_PIECES_FOLDER "\"]\nisolation = \"" +
                           isolation +
                           "\"\nisolation_host = \"" PRX_PLUGIN_HOST "\"\n[log]\nlevel = \"off\"\n";
  ConfigSource source;
  source.no_file = true;
  source.environment = [](const std::string&) -> std::optional<std::string> {
    return std::nullopt;
  };
  ClientOptions options;
  options.warm_up = false;
  auto config = Config::parse(toml, "bench.toml", "/", source);
  auto client = config ? Client::open(std::move(*config), std::move(options))
                       : Result<std::unique_ptr<Client>>(Unexpected(config.error()));
  if (!client) std::fprintf(stderr, "%s\n", client.error().message.c_str()), std::exit(1);
  return std::move(*client);
}

void run(benchmark::State& state, const char* isolation, int events) {
  const auto client = open_client(isolation);
  ChatRequest request;
  request.model = std::to_string(events);
  request.messages = {Message::user("go on")};
  for (auto _ : state) {
    const auto before = std::chrono::steady_clock::now();
    const auto answer = client->chat(request);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
    state.SetIterationTime(took.count());  // other threads and processes work while this one waits
    if (!answer) {
      state.SkipWithError(answer.error().message.c_str());
      return;
    }
    benchmark::DoNotOptimize(answer->text.size());
  }
}

void CallInProcess(benchmark::State& state) { run(state, "none", 1); }
void CallIsolated(benchmark::State& state) { run(state, "process", 1); }
void EventsInProcess(benchmark::State& state) { run(state, "none", kEvents); }
void EventsIsolated(benchmark::State& state) { run(state, "process", kEvents); }

BENCHMARK(CallInProcess)->UseManualTime();
BENCHMARK(CallIsolated)->UseManualTime();
BENCHMARK(EventsInProcess)->UseManualTime();
BENCHMARK(EventsIsolated)->UseManualTime();

}  // namespace
}  // namespace prx
