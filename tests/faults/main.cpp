// The fault wall. Without options: the fast profile. --full: real durations, nothing scaled.
#include <cstdio>
#include <exception>
#include <string>

#include "faults/wall.hpp"

namespace {

int usage() {
  std::fputs("usage: run [--full] [--only TEXT] [--jobs N]\n", stderr);
  return 2;
}

int run(int count, char** arguments) {
  prx::faults::WallOptions options;
  bool full = false;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    const bool valued = word == "--only" || word == "--jobs";
    if (valued && i + 1 == count) return usage();
    if (word == "--full")
      full = true;
    else if (word == "--only")
      options.only = arguments[++i];
    else if (word == "--jobs")
      options.jobs = static_cast<std::size_t>(std::stoul(arguments[++i]));
    else
      return usage();
  }
  const auto scenarios = full ? prx::faults::full_scenarios() : prx::faults::fast_scenarios();
  return prx::faults::play_wall(scenarios, options) ? 0 : 1;
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
