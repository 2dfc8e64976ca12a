// What the chain engine costs a call. Goals: the happy path in less than a microsecond without an
// allocation, an open lane skipped in less than 200 ns, time per call that does not grow with the
// calls in flight.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <deque>
#include <new>
#include <string>

#include "reliability/chain_engine.hpp"

namespace {

std::size_t allocations = 0;  // of the whole program; one thread

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

Plan chain_of(std::size_t targets, std::size_t first_lane = 0) {
  Plan plan;
  for (std::size_t i = 0; i < targets; ++i) {
    PlanTarget target;
    target.name = "provider-" + std::to_string(i);
    target.lane = "provider/vendor/some-model-" + std::to_string(first_lane + i);
    target.keys = 1;
    plan.targets.push_back(std::move(target));
  }
  return plan;
}

void answer(ChainEngine& engine, MonotonicTime now, Actions& out) {
  engine.on_head(1, now);
  for (int i = 0; i < 3; ++i) engine.on_content(1, now, out);
  engine.on_finish_reason(1, now);
  engine.on_end(1, std::nullopt, now, out);
}

void HappyPath(benchmark::State& state) {
  const Plan plan = chain_of(2);
  Health health;
  Actions out;
  out.reserve(8);
  MonotonicTime now = kStart;
  ChainEngine(plan, health, now).start(now, out);  // makes the lanes
  const std::size_t before = allocations;
  for (auto _ : state) {
    now += 1ms;
    out.clear();
    ChainEngine engine(plan, health, now);
    engine.start(now, out);
    answer(engine, now, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["allocations"] = benchmark::Counter(static_cast<double>(allocations - before),
                                                     benchmark::Counter::kAvgIterations);
}
BENCHMARK(HappyPath);

void Content(benchmark::State& state) {
  const Plan plan = chain_of(2);
  Health health;
  Actions out;
  ChainEngine engine(plan, health, kStart);
  engine.start(kStart, out);
  MonotonicTime now = kStart;
  for (auto _ : state) engine.on_content(1, now += 1ms, out);
}
BENCHMARK(Content);

/// A call that skips so many open lanes: the difference between two rows is the cost of a lane.
void SkipOpenLanes(benchmark::State& state) {
  const auto open = static_cast<std::size_t>(state.range(0));
  const Plan plan = chain_of(open + 1);
  Health health;
  for (std::size_t i = 0; i < open; ++i)
    health.lane(plan.targets[i].lane).breaker.open_until(kStart + 10s);
  Actions out;
  out.reserve(8);
  for (auto _ : state) {
    out.clear();
    ChainEngine engine(plan, health, kStart);
    engine.start(kStart, out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(SkipOpenLanes)->Arg(0)->Arg(1)->Arg(3);

/// So many calls in flight over 1,000 lanes, event by event in turn. Per call.
void InFlight(benchmark::State& state) {
  constexpr std::size_t kLanes = 1'000;
  const auto calls = static_cast<std::size_t>(state.range(0));
  std::deque<Plan> plans;
  for (std::size_t i = 0; i < kLanes; ++i) plans.push_back(chain_of(2, i));
  Health health;
  Actions out;
  out.reserve(8);
  for (auto _ : state) {
    std::deque<ChainEngine> engines;
    for (std::size_t i = 0; i < calls; ++i)
      engines.emplace_back(plans[i % kLanes], health, kStart).start(kStart, out), out.clear();
    for (ChainEngine& engine : engines) engine.on_head(1, kStart);
    for (ChainEngine& engine : engines) engine.on_content(1, kStart, out), out.clear();
    for (ChainEngine& engine : engines) engine.on_end(1, std::nullopt, kStart, out), out.clear();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(InFlight)->Arg(100)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace prx::reliability
