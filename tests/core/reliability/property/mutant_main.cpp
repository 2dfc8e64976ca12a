// Plays random schedules with an engine that has a fault, until the rule is broken that the fault
// breaks: mutant RULE SCHEDULES. Exit 0 when it was.

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/reliability/property/play.hpp"

using prx::reliability::test::play;
using prx::reliability::test::rule_from;

int main(int argc, char** argv) {
  const auto rule = argc == 3 ? rule_from(argv[1]) : std::nullopt;
  if (!rule) return std::fputs("usage: mutant RULE SCHEDULES\n", stderr), 2;
  const std::uint64_t count = std::strtoull(argv[2], nullptr, 10);
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    const auto violations = play(seed);
    const auto found = std::find_if(violations.begin(), violations.end(),
                                    [&](const auto& one) { return one.rule == *rule; });
    if (found == violations.end()) continue;
    std::printf("schedule %llu: %s\n", static_cast<unsigned long long>(seed), found->what.c_str());
    return 0;
  }
  std::printf("no schedule broke the rule %s\n", argv[1]);
  return 1;
}
