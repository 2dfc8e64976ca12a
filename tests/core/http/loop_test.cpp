#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http/asio_loop.hpp"
#include "http/phase_clock.hpp"
#include "http/workers.hpp"
#include "support/virtual_loop.hpp"

namespace {

std::atomic<int> threads_open_to_signals = 0;

bool takes_signals() {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, SIGINT) == 0 || sigismember(&mask, SIGUSR1) == 0;
}

}  // namespace

/// That of a sanitizer within the program (clang's), which has to know of each thread.
extern "C" __attribute__((weak)) int __interceptor_pthread_create(pthread_t*, const pthread_attr_t*,
                                                                  void* (*)(void*), void*);

// Stands in front of the system's function, to see with which mask threads are made.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*body)(void*), void* argument) noexcept {
  static const auto next =
      __interceptor_pthread_create != nullptr
          ? &__interceptor_pthread_create
          : reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"));
  if (takes_signals()) ++threads_open_to_signals;
  return next(thread, attributes, body, argument);
}

namespace prx::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// While it lives no thread can be made: the system has no room for such a stack.
class NoNewThreads {
 public:
  NoNewThreads() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, std::size_t{1} << 48);
    pthread_setattr_default_np(&huge);
    pthread_attr_destroy(&huge);
  }
  ~NoNewThreads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }
  NoNewThreads(const NoNewThreads&) = delete;
  NoNewThreads& operator=(const NoNewThreads&) = delete;

 private:
  pthread_attr_t before_{};
};

void wait_for(AsioLoop& loop, const std::function<void()>& task) {
  std::promise<void> done;
  loop.post([&] { task(), done.set_value(); });
  done.get_future().wait();
}

TEST(TimerHeap, GivesTimersByDeadlineThenByAge) {
  TimerHeap heap;
  std::vector<int> fired;
  const MonotonicTime start{};
  for (int i = 0; i < 100; ++i)
    heap.add(start + std::chrono::milliseconds((i * 37) % 50),
             [&fired, i] { fired.push_back((i * 37) % 50 * 1000 + i); });
  for (Task task = heap.pop(start + 1s); task; task = heap.pop(start + 1s)) task();
  EXPECT_EQ(fired.size(), 100u);
  EXPECT_TRUE(std::is_sorted(fired.begin(), fired.end()));
}

TEST(TimerHeap, CancelledTimersDoNotFireAndOldIdsAreIgnored) {
  TimerHeap heap;
  const MonotonicTime start{};
  std::vector<TimerHeap::Id> ids;
  int fired = 0;
  for (int i = 0; i < 50; ++i)
    ids.push_back(heap.add(start + std::chrono::milliseconds(i % 7), [&] { ++fired; }));
  for (std::size_t i = 0; i < ids.size(); i += 2) heap.cancel(ids[i]);
  heap.add(start, [&] { ++fired; });
  for (std::size_t i = 0; i < ids.size(); i += 2) heap.cancel(ids[i]);  // the place is taken anew
  heap.cancel(0);
  heap.cancel(~0ull);
  for (Task task = heap.pop(start + 1s); task; task = heap.pop(start + 1s)) task();
  EXPECT_EQ(fired, 26);
  EXPECT_EQ(heap.next(), std::nullopt);
}

TEST(AsioLoop, RunsTasksInOrderOnItsThread) {
  const auto made = AsioLoop::open().value();
  AsioLoop& loop = *made;
  std::vector<int> order;
  bool inside = true;
  for (int i = 0; i < 3; ++i) loop.post([&order, i] { order.push_back(i); });
  wait_for(loop, [&] {
    loop.post([&] { order.push_back(4); });
    inside = loop.on_loop();
    order.push_back(3);
  });
  wait_for(loop, [] {});
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_TRUE(inside);
  EXPECT_FALSE(loop.on_loop());
}

TEST(AsioLoop, TimersFireByDeadlineUnlessCancelled) {
  const auto made = AsioLoop::open().value();
  AsioLoop& loop = *made;
  std::vector<int> order;
  std::promise<void> last;
  wait_for(loop, [&] {
    loop.start_timer(30ms, [&] { order.push_back(3), last.set_value(); });
    const auto id = loop.start_timer(2ms, [&] { order.push_back(-1); });
    loop.start_timer(20ms, [&] { order.push_back(2); });
    loop.start_timer(1ms, [&] { order.push_back(1); });
    loop.cancel_timer(id);
  });
  last.get_future().wait();
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST(AsioLoop, ATimerThatSetsItselfAgainAtOnceLeavesRoomForTheRest) {
  const auto made = AsioLoop::open().value();
  AsioLoop& loop = *made;
  std::atomic<bool> over = false;
  std::function<void()> again = [&] {
    if (!over) loop.start_timer(0ms, again);
  };
  wait_for(loop, [&] { again(); });
  wait_for(loop, [] {});
  over = true;
  wait_for(loop, [] {});
}

TEST(AsioLoop, TimeStandsStillInATurn) {
  const auto made = AsioLoop::open().value();
  AsioLoop& loop = *made;
  bool same = false;
  wait_for(loop, [&] {
    const auto begin = loop.now();
    const auto real = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() == real) {
    }
    same = loop.now() == begin;
  });
  EXPECT_TRUE(same);
}

TEST(AsioLoop, WhatIsPostedAfterStopIsDestroyedUnrun) {
  const auto made = AsioLoop::open().value();
  AsioLoop& loop = *made;
  auto token = std::make_shared<int>(0);
  wait_for(loop, [&] { loop.start_timer(1h, [token] { *token = 1; }); });
  loop.stop();
  loop.stop();
  loop.post([token] { *token = 2; });
  EXPECT_EQ(token.use_count(), 1);
  EXPECT_EQ(*token, 0);
}

TEST(AsioLoop, PostsFromManyThreadsAllArrive) {
  const auto made = AsioLoop::open().value();
  AsioLoop& loop = *made;
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) loop.post([&] { ++count; });
    });
  for (std::thread& thread : threads) thread.join();
  wait_for(loop, [] {});
  EXPECT_EQ(count, 4000);
}

TEST(Workers, RefuseWhenTheQueueIsFullAndDropItAtTheEnd) {
  std::promise<void> gate;
  std::promise<void> running;
  std::atomic<int> ran = 0;
  {
    Workers workers(Workers::Options{1, 2});
    ASSERT_TRUE(workers.run([&] {
      running.set_value();
      gate.get_future().wait();
      ++ran;
    }));
    running.get_future().wait();
    EXPECT_TRUE(workers.run([&] { ++ran; }));
    EXPECT_TRUE(workers.run([&] { ++ran; }));
    EXPECT_FALSE(workers.run([&] { ++ran; }));
    gate.set_value();
  }
  EXPECT_GE(ran, 1);
}

TEST(Workers, RefuseATaskWhenNoThreadCanBeMade) {
  auto token = std::make_shared<int>(0);
  std::promise<void> done;
  Workers workers;
  {
    const NoNewThreads none;
    EXPECT_FALSE(workers.run([token] { *token = 1; }));
  }
  EXPECT_EQ(token.use_count(), 1);
  EXPECT_TRUE(workers.run([&] { done.set_value(); }));
  EXPECT_EQ(done.get_future().wait_for(30s), std::future_status::ready);
  EXPECT_EQ(*token, 0);
}

TEST(Workers, KeepATaskForTheThreadsThereAreWhenNoMoreCanBeMade) {
  std::promise<void> gate, running, done;
  Workers workers;
  ASSERT_TRUE(workers.run([&] {
    running.set_value();
    gate.get_future().wait();
  }));
  running.get_future().wait();
  {
    const NoNewThreads none;
    EXPECT_TRUE(workers.run([&] { done.set_value(); }));
  }
  gate.set_value();
  EXPECT_EQ(done.get_future().wait_for(30s), std::future_status::ready);
}

TEST(Threads, AreMadeWithSignalsBlockedAndLeaveTheMakersMaskAlone) {
  threads_open_to_signals = 0;
  {
    const auto loop = AsioLoop::open().value();
    Workers workers;
    ASSERT_TRUE(workers.run([] {}));
  }
  EXPECT_EQ(threads_open_to_signals, 0);
  EXPECT_TRUE(takes_signals());
  std::thread([] {}).join();
  EXPECT_EQ(threads_open_to_signals, 1);  // the test sees one that is not
}

TEST(Workers, RunAsManyAtOnceAsAllowed) {
  std::promise<void> met;
  std::atomic<int> present = 0;
  const auto all = met.get_future().share();
  Workers workers(Workers::Options{3, 8});
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(workers.run([&] {
      if (++present == 3) met.set_value();
      all.wait();
    }));
  EXPECT_EQ(all.wait_for(30s), std::future_status::ready);
}

TEST(PhaseClock, EachPhaseHasItsOwnLimit) {
  VirtualLoop loop;
  int expired = 0;
  http::PhaseClock clock(loop, [&] { ++expired; });
  clock.start({10ms, 20ms, 30ms});
  loop.advance(9ms);
  clock.enter(Phase::kHead);
  loop.advance(19ms);
  EXPECT_EQ(expired, 0);
  clock.enter(Phase::kBody);
  loop.advance(29ms);
  clock.touch();
  loop.advance(29ms);
  EXPECT_EQ(expired, 0);
  loop.advance(1ms);
  EXPECT_EQ(expired, 1);
}

TEST(PhaseClock, AShorterLimitAfterALongerOneIsKept) {
  VirtualLoop loop;
  int expired = 0;
  http::PhaseClock clock(loop, [&] { ++expired; });
  clock.start({10s, 10ms, 10s});
  clock.enter(Phase::kHead);
  loop.advance(10ms);
  EXPECT_EQ(expired, 1);
}

TEST(PhaseClock, TouchingCostsNoTimer) {
  VirtualLoop loop;
  http::PhaseClock clock(loop, [] {});
  clock.start({1s, 1s, 1s});
  clock.enter(Phase::kBody);
  for (int i = 0; i < 1000; ++i) clock.touch();
  EXPECT_EQ(loop.timers(), 1u);
}

TEST(PhaseClock, PausedTimeDoesNotCount) {
  VirtualLoop loop;
  int expired = 0;
  http::PhaseClock clock(loop, [&] { ++expired; });
  clock.start({10ms, 10ms, 10ms});
  loop.advance(6ms);
  clock.pause();
  loop.advance(1h);
  clock.resume();
  loop.advance(3ms);
  EXPECT_EQ(expired, 0);
  loop.advance(1ms);
  EXPECT_EQ(expired, 1);
}

TEST(PhaseClock, SetIdleInTheBodyStartsItsClockAnew) {
  VirtualLoop loop;
  int expired = 0;
  http::PhaseClock clock(loop, [&] { ++expired; });
  clock.start({10ms, 10ms, 1h});
  clock.enter(Phase::kBody);
  loop.advance(30min);
  clock.set_idle(20ms);
  loop.advance(19ms);
  EXPECT_EQ(expired, 0);
  loop.advance(1ms);
  EXPECT_EQ(expired, 1);
}

TEST(PhaseClock, SetIdleBeforeTheBodyOnlyChangesTheLimitOfTheBody) {
  VirtualLoop loop;
  int expired = 0;
  http::PhaseClock clock(loop, [&] { ++expired; });
  clock.start({10ms, 10ms, std::nullopt});
  loop.advance(9ms);
  clock.set_idle(5ms);
  EXPECT_EQ(clock.limit(), 10ms);
  clock.enter(Phase::kHead);
  loop.advance(9ms);
  clock.set_idle(6ms);
  clock.enter(Phase::kBody);
  loop.advance(5ms);
  EXPECT_EQ(expired, 0);
  loop.advance(1ms);
  EXPECT_EQ(expired, 1);
}

TEST(PhaseClock, SetIdleBeforeTheBodyDoesNotMoveTheClockThatRuns) {
  VirtualLoop loop;
  int expired = 0;
  http::PhaseClock clock(loop, [&] { ++expired; });
  clock.start({10ms, 10ms, 10ms});
  loop.advance(6ms);
  clock.set_idle(1h);
  loop.advance(4ms);
  EXPECT_EQ(expired, 1);
}

TEST(PhaseClock, SetIdleOfNoneEndsTheIdleClockAndALaterLimitStartsIt) {
  VirtualLoop loop;
  int expired = 0;
  http::PhaseClock clock(loop, [&] { ++expired; });
  clock.start({10ms, 10ms, 10ms});
  clock.enter(Phase::kBody);
  clock.set_idle(std::nullopt);
  loop.advance(1h);
  EXPECT_EQ(expired, 0);
  clock.set_idle(10ms);
  loop.advance(10ms);
  EXPECT_EQ(expired, 1);
}

TEST(PhaseClock, SetIdleWhilePausedCountsFromTheResume) {
  VirtualLoop loop;
  int expired = 0;
  http::PhaseClock clock(loop, [&] { ++expired; });
  clock.start({10ms, 10ms, 10ms});
  clock.enter(Phase::kBody);
  clock.pause();
  loop.advance(1h);
  clock.set_idle(20ms);
  loop.advance(1h);
  clock.resume();
  loop.advance(19ms);
  EXPECT_EQ(expired, 0);
  loop.advance(1ms);
  EXPECT_EQ(expired, 1);
}

TEST(PhaseClock, NoLimitNeverExpires) {
  VirtualLoop loop;
  int expired = 0;
  http::PhaseClock clock(loop, [&] { ++expired; });
  clock.start({std::nullopt, std::nullopt, std::nullopt});
  loop.advance(1h);
  EXPECT_EQ(expired, 0);
}

}  // namespace
}  // namespace prx::test
