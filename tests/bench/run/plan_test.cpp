#include "bench/run/plan.hpp"

#include <gtest/gtest.h>

namespace prx::bench {
namespace {

std::vector<std::string> names_of(const Result<std::vector<Benchmark>>& chosen) {
  std::vector<std::string> names;
  for (const Benchmark& benchmark : *chosen) names.push_back(benchmark.name);
  return names;
}

TEST(BenchPlan, CiStandsForTheDeterministicOnes) {
  EXPECT_EQ(names_of(choose(benchmarks(), {"ci"})),
            (std::vector<std::string>{"serve_counts", "instructions", "syscalls"}));
}

TEST(BenchPlan, NoNameMeansAll) {
  EXPECT_EQ(choose(benchmarks(), {})->size(), benchmarks().size());
}

TEST(BenchPlan, AnUnknownNameIsAnErrorThatListsTheKnownOnes) {
  const auto chosen = choose(benchmarks(), {"json", "jsn"});
  ASSERT_FALSE(chosen);
  EXPECT_NE(chosen.error().message.find("'jsn'"), std::string::npos);
  EXPECT_NE(chosen.error().message.find("sse_each"), std::string::npos);
}

TEST(BenchPlan, WithoutProgramsEveryRowOfTheSmallOnesSaysSo) {
  std::vector<Benchmark> small = micro_benchmarks();
  for (Benchmark& benchmark : fallback_benchmarks()) small.push_back(std::move(benchmark));
  for (Benchmark& benchmark : serve_benchmarks()) small.push_back(std::move(benchmark));
  for (const Benchmark& benchmark : small)
    for (const Row& row : benchmark.run(Places{"/nonexistent", "", "", ""})) {
      EXPECT_FALSE(row.value);
      EXPECT_FALSE(row.broken);
      EXPECT_NE(row.note.find("was not built"), std::string::npos);
    }
}

}  // namespace
}  // namespace prx::bench
