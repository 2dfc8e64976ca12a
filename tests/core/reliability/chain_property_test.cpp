#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>

#include "core/reliability/property/play.hpp"

namespace prx::reliability::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kByDefault = 3'000;  // each takes ten times as long
#else
constexpr std::uint64_t kByDefault = 20'000;
#endif

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* const value = std::getenv(variable);
  return value != nullptr ? std::strtoull(value, nullptr, 10) : otherwise;
}

/// PRX_SCHEDULES=100000 plays that many; PRX_SCHEDULE=42 plays that one alone.
TEST(ChainProperty, NoScheduleBreaksARule) {
  const std::uint64_t first = number_of("PRX_SCHEDULE", 1);
  const std::uint64_t count =
      std::getenv("PRX_SCHEDULE") != nullptr ? 1 : number_of("PRX_SCHEDULES", kByDefault);
  int broken = 0;
  for (std::uint64_t seed = first; seed < first + count && broken < 10; ++seed) {
    const auto violations = play(seed);
    for (const auto& violation : violations)
      ADD_FAILURE() << to_string(violation.rule) << ": " << violation.what
                    << "\nreplay: PRX_SCHEDULE=" << seed
                    << " test_reliability --gtest_filter=ChainProperty.*";
    broken += violations.empty() ? 0 : 1;
  }
}

}  // namespace
}  // namespace prx::reliability::test
