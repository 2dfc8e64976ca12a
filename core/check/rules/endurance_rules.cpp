// Many operations: at once on several loops, and one after the other without growth.
#include "check/rules/endurance_rules.hpp"

#include <malloc.h>

#include <algorithm>
#include <barrier>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "check/rules/bench.hpp"

namespace prx::check {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Time = std::chrono::steady_clock::time_point;

constexpr std::size_t kLoops = 4;
constexpr std::size_t kCallsOfLoop = 16;

/// One loop on a thread of its own, and operations that run on it side by side.
class LoopThread {
 public:
  LoopThread(Session& session, const Case& one) : loop_(session.world().clock) {
    for (std::size_t i = 0; i < kCallsOfLoop; ++i)
      calls_.push_back(std::make_unique<Call>(session.host(), loop_, session.provider(), one.spec));
  }

  /// \param started  where the loops meet when all operations have been started
  void run(void* instance, std::barrier<>& started, Time deadline) {
    for (const auto& call : calls_) call->start(instance);
    started.arrive_and_wait();
    while (!over() && std::chrono::steady_clock::now() < deadline) {
      if (!loop_.run_one()) static_cast<void>(loop_.wait(milliseconds(10)));
      for (const auto& call : calls_)
        if (call->ended()) call->release();
    }
  }
  [[nodiscard]] const std::vector<std::unique_ptr<Call>>& calls() const { return calls_; }

 private:
  [[nodiscard]] bool over() const {
    return std::all_of(calls_.begin(), calls_.end(),
                       [](const auto& call) { return call->ended() || !call->started(); });
  }

  Loop loop_;
  std::vector<std::unique_ptr<Call>> calls_;
};

void run_at_once(Session& session, Trial& trial, const Case& one) {
  trial.at(one.name + ", 64 times at once on 4 loops");
  session.host().server = [script = one.http() ? pieces(*one.sample, 48, milliseconds(5))
                                               : Script()](const Sent&) { return script; };
  const Time deadline = std::chrono::steady_clock::now() + seconds(10);
  std::vector<std::unique_ptr<LoopThread>> loops;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kLoops; ++i)
    loops.push_back(std::make_unique<LoopThread>(session, one));
  std::barrier started(kLoops);
  for (const auto& loop : loops)
    threads.emplace_back([&] { loop->run(session.instance(), started, deadline); });
  for (std::thread& thread : threads) thread.join();
  const unsigned served = session.subject().quirks.concurrency;  // 0: any number
  constexpr std::size_t kAll = kLoops * kCallsOfLoop;
  const std::size_t may_refuse = served == 0 || served >= kAll ? 0 : kAll - served;
  std::size_t refused = 0;
  for (const auto& loop : loops)
    for (const auto& call : loop->calls()) {
      const CallOutcome outcome = call->outcome();
      const bool as_alone = same(session.subject(), one, outcome);
      const Error* const error = outcome.error();
      const bool is_refusal = error != nullptr && error->error_class == ErrorClass::kOverloaded;
      if (!as_alone && is_refusal && ++refused <= may_refuse) continue;
      trial.expect(as_alone, "it ends as it does alone", difference(one.outcome, outcome));
    }
}

void check_at_once(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  const auto all = all_cases(session, trial);
  if (all.empty()) return;
  for (const Case& one : all) run_at_once(session, trial, one);
}

/// Many operations, one after the other: first some after which nothing more is kept, then several
/// batches. Each has a limit of real time, for operations that take some, and yet a least number.
struct Batch {
  std::size_t most, least;
  seconds usual, longest;  ///< for `most`, and for `least`
};
constexpr Batch kWarmUp{500, 20, seconds(3), seconds(10)};
constexpr Batch kMeasured{2'375, 25, seconds(3), seconds(8)};
constexpr std::size_t kBatches = 4;
constexpr std::size_t kMeasuredMin = kBatches * kMeasured.least;
constexpr std::size_t kGrowthMax = 64u << 10;  ///< bytes of all batches together
constexpr std::size_t kSteadyMin = 256;        ///< bytes: each batch that grows by so much ...
constexpr std::size_t kSteadyOfOperation = 4;  ///< ... and so much an operation: it never ends

/// Runs one case after the other; each seventh operation is cancelled. \return how many
std::size_t run_batch(Session& session, const std::vector<Case>& all, const Batch& batch) {
  const Time begun = std::chrono::steady_clock::now();
  const auto goes_on = [&](std::size_t done) {
    const auto took = std::chrono::steady_clock::now() - begun;
    return done < batch.most && took < (done < batch.least ? batch.longest : batch.usual);
  };
  std::size_t done = 0;
  for (; goes_on(done); ++done) {
    const Case& one = all[done % all.size()];
    CallSpec spec = one.spec;
    if (done % 7 == 0) spec.cancel_after = 1;
    static_cast<void>(session.run(std::move(spec), one.script()));
  }
  static_cast<void>(session.world().breaches.take());
  return done;
}

/// What many operations left on the heap.
struct Growth {
  std::size_t operations = 0, bytes = 0;
  bool is_steady = true;  ///< each batch added to it
};

Growth growth_of(Session& session, const std::vector<Case>& all) {
  Growth growth;
  malloc_trim(0);
  const std::size_t first = heap_in_use();
  for (std::size_t before = first, i = 0; i < kBatches; ++i) {
    const std::size_t done = run_batch(session, all, kMeasured);
    const std::size_t after = heap_in_use();
    const std::size_t least = std::max(kSteadyMin, done * kSteadyOfOperation);
    growth.is_steady = growth.is_steady && after >= before + least;
    growth.operations += done;
    growth.bytes = after > first ? after - first : 0;
    before = after;
  }
  return growth;
}

void check_growth(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return;
  const std::vector<Case> all = all_cases(session, trial);
  if (all.empty()) return;
  trial.at("the first operations, which are not measured");
  const std::size_t first = run_batch(session, all, kWarmUp);
  trial.at("up to 9,500 operations after the first " + std::to_string(first));
  const Growth growth = growth_of(session, all);
  const std::string measured = std::to_string(growth.operations) + " operations";
  trial.at(measured + " after the first " + std::to_string(first));
  if (growth.operations < kMeasuredMin)
    return trial.not_applicable("it is too slow: there was time for " + measured +
                                ", and less than " + std::to_string(kMeasuredMin) +
                                " show nothing");
  trial.expect(growth.bytes <= kGrowthMax && !growth.is_steady,
               "what is in use of the heap does not grow",
               "it grew by " + std::to_string(growth.bytes) + " bytes, " +
                   std::to_string(growth.bytes / growth.operations) + " an operation" +
                   (growth.is_steady ? ", a part in each quarter of them" : ""));
}

void check_instances(const Subject& subject, Trial& trial) {
  constexpr int kInstances = 300, kFirst = 50;
  if (subject.quirks.slow_start) return trial.not_applicable("the quirk slow_start is set");
  std::size_t before = 0;
  for (int i = 0; i < kInstances; ++i) {
    if (i == kFirst) before = heap_in_use();
    Session session(subject);
    if (!ready(session, trial)) return;
    static_cast<void>(
        session.run(spec_for(subject, "chat", true), broken(PRX_E_NETWORK, PRX_PHASE_CONNECT)));
  }
  const std::size_t after = heap_in_use();
  const std::size_t growth = after > before ? after - before : 0;
  trial.at("250 instances and modules after the first 50");
  trial.expect(growth <= 16u << 10, "destroy and deinit free what create and init made",
               "the heap grew by " + std::to_string(growth) + " bytes");
}

constexpr Rule kRules[] = {
    {"load.at-once",
     "64 operations at once on 4 loops end as they do alone.",
     "prx/plugin.h, prx_provider::start",
     false,
     {"concurrency", "random_answers"},
     seconds(60),
     check_at_once},
    {"load.no-growth",
     "10,000 operations, of a slow plugin 100 or more, leave nothing on the heap.",
     "prx/plugin.h, prx_provider::release", false, "", seconds(60), check_growth},
    {"load.instances", "300 instances and modules leave nothing on the heap.",
     "prx/plugin.h, prx_provider::destroy", false, "slow_start", seconds(60), check_instances},
};

}  // namespace

std::span<const Rule> load_rules() { return kRules; }

std::span<const Rule> endurance_rules() {
  static const std::vector<Rule> all = [] {
    std::vector<Rule> tables;
    for (const auto table : {load_rules(), process_rules()})
      tables.insert(tables.end(), table.begin(), table.end());
    return tables;
  }();
  return all;
}

}  // namespace prx::check
