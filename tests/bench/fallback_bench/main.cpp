// How long a fallback takes after a 503: a client on one processor, both its targets on another.
//
//     bench_fallback PLUGINS CLIENT_PROCESSOR UPSTREAM_PROCESSOR WARMUP FALLBACKS
//
// prints the medians and the 99th percentiles of Turns, in microseconds.
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/common/measure.hpp"
#include "bench/fallback_bench/caller.hpp"
#include "bench/fallback_bench/upstream.hpp"

namespace {

/// Moves this thread, and those it starts from now on.
void pin_thread(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(processor), &set);
  prx::bench::check(::sched_setaffinity(0, sizeof set, &set), "sched_setaffinity");
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) prx::bench::die("nothing was measured");
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) prx::bench::die("wants PLUGINS, two processors, WARMUP and FALLBACKS");
  const int client = std::atoi(argv[2]), server = std::atoi(argv[3]);
  prx::bench::FallbackUpstream upstream;
  pin_thread(client);
  prx::bench::FallbackCaller caller({upstream.origin(0), upstream.origin(1), argv[1]});
  pin_thread(server);
  caller.start();
  const prx::bench::Turns turns = upstream.run(std::stoul(argv[4]), std::stoul(argv[5]));
  std::printf("fallback_us=%.2f fallback_p99_us=%.2f direct_us=%.2f direct_p99_us=%.2f\n",
              percentile(turns.fallback_us, 0.5), percentile(turns.fallback_us, 0.99),
              percentile(turns.direct_us, 0.5), percentile(turns.direct_us, 0.99));
}
