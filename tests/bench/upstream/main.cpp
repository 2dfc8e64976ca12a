// The upstream of the benchmarks. Prints "port=N" once it listens, and what it served when stdin
// ends.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "bench/common/measure.hpp"
#include "bench/upstream/server.hpp"

namespace {

prx::bench::AnswerMode mode_from(std::string_view text) {
  using prx::bench::AnswerMode;
  if (text == "json") return AnswerMode::kJson;
  if (text == "coalesced") return AnswerMode::kCoalesced;
  if (text == "each") return AnswerMode::kEach;
  if (text == "paced") return AnswerMode::kPaced;
  if (text == "stamped") return AnswerMode::kStamped;
  if (text == "refused") return AnswerMode::kRefused;
  prx::bench::die("the first argument is json, coalesced, each, paced, stamped or refused");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2)
    prx::bench::die(
        "usage: bench_upstream json|coalesced|each|paced|stamped|refused [EVENTS [INTERVAL_MS]]");
  prx::bench::ServerOptions options;
  options.mode = mode_from(argv[1]);
  if (argc > 2) options.events = std::strtoul(argv[2], nullptr, 10);
  if (argc > 3) options.interval_ms = std::strtoul(argv[3], nullptr, 10);
  prx::bench::raise_open_files();
  prx::bench::Server server(options);
  std::printf("port=%u\n", static_cast<unsigned>(server.port()));
  std::fflush(stdout);
  server.run(STDIN_FILENO);
  std::printf("requests=%llu connections=%llu\n",
              static_cast<unsigned long long>(server.requests()),
              static_cast<unsigned long long>(server.connections()));
}
