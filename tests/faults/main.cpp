// The fault wall and the soak. Without options: the fast profile of the wall. --full: real
// durations, nothing scaled, and then the soak with 10,000 calls; some minutes.
#include <cstdio>
#include <exception>
#include <string>

#include "faults/soak.hpp"
#include "faults/wall.hpp"

namespace {

using prx::faults::SoakOptions;
using prx::faults::WallOptions;

constexpr std::size_t kFullJobs = 48;  ///< nearly all of them wait
constexpr SoakOptions kFullSoak{10'000, 200};

struct Options {
  WallOptions wall;
  SoakOptions soak;
  bool full = false, only_soak = false, help = false;
};

Options read(int count, char** arguments) {
  Options out;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    const bool last = i + 1 == count;
    if (word == "--full")
      out.full = true;
    else if (word == "--soak")
      out.only_soak = true;
    else if (word == "--only" && !last)
      out.wall.only = arguments[++i];
    else if (word == "--jobs" && !last)
      out.wall.jobs = std::stoul(arguments[++i]);
    else if (word == "--calls" && !last)
      out.soak.calls = std::stoul(arguments[++i]);
    else if (word == "--in-flight" && !last)
      out.soak.in_flight = std::stoul(arguments[++i]);
    else
      out.help = true;
  }
  if (!out.full) return out;
  out.wall.thorough = true;
  if (out.wall.jobs == WallOptions().jobs) out.wall.jobs = kFullJobs;
  if (out.soak.calls == SoakOptions().calls) out.soak = kFullSoak;
  return out;
}

int run(int count, char** arguments) {
  const Options options = read(count, arguments);
  if (options.help) {
    std::fputs(
        "usage: run [--full] [--soak] [--only TEXT] [--jobs N] [--calls N] [--in-flight N]\n",
        stderr);
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const prx::faults::House house;
  bool good = true;
  if (!options.only_soak) {
    const auto scenarios =
        options.full ? prx::faults::full_scenarios() : prx::faults::fast_scenarios();
    good = prx::faults::play_wall(house, scenarios, options.wall);
  }
  const bool soak = options.only_soak || (options.full && options.wall.only.empty());
  if (soak) good = prx::faults::play_soak(house, options.soak) && good;
  return good ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "run: %s\n", problem.what());
    return 2;
  }
}
