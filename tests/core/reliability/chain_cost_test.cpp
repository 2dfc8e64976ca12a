// What a call costs is counted here, in a program of its own: it replaces operator new.

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>

#include "reliability/chain_engine.hpp"

namespace {

std::size_t allocations = 0;  // one thread

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace prx::reliability {
namespace {

using namespace std::chrono_literals;

constexpr MonotonicTime kStart{1h};

Plan chain_of(std::size_t targets) {
  Plan plan;
  for (std::size_t i = 0; i < targets; ++i) {
    PlanTarget target;
    target.name = "provider " + std::to_string(i);
    target.lane = "the lane of the model of provider " + std::to_string(i);
    target.keys = 2;
    plan.targets.push_back(std::move(target));
  }
  return plan;
}

/// One call, from its beginning to its end.
void answer(const Plan& plan, Health& health, MonotonicTime now, Actions& out) {
  out.clear();
  ChainEngine engine(plan, health, now);
  engine.start(now, out);
  engine.on_head(1, now);
  for (int i = 0; i < 3; ++i) engine.on_content(1, now, out);
  engine.on_finish_reason(1, now);
  engine.on_end(1, std::nullopt, now, out);
  ASSERT_TRUE(engine.ended());
}

TEST(ChainCost, ACallThatGoesWellAllocatesNothingBeyondItsRecord) {
  const Plan plan = chain_of(4);
  Health health;
  Actions out;
  out.reserve(8);
  answer(plan, health, kStart, out);  // makes the lanes
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) answer(plan, health, kStart + i * 100ms, out);
  EXPECT_EQ(allocations, before);
}

TEST(ChainCost, SkippingAnOpenLaneAllocatesNothing) {
  const Plan plan = chain_of(4);
  Health health;
  Actions out;
  out.reserve(8);
  answer(plan, health, kStart, out);
  for (std::size_t i = 0; i < 3; ++i)
    health.lane(plan.targets[i].lane).breaker.open_until(kStart + 10s);
  answer(plan, health, kStart, out);
  const std::size_t before = allocations;
  answer(plan, health, kStart, out);
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace prx::reliability
