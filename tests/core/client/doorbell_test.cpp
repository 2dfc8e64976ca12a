#include "client/doorbell.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "http/asio_loop.hpp"

namespace prx::driver {
namespace {

TEST(Doorbell, IsRungFromAnyThreadWhileItsLoopGoes) {
  for (int round = 0; round < 50; ++round) {
    auto loop = AsioLoop::open().value();
    const auto bell = std::make_shared<Doorbell>(*loop, [] {});
    std::atomic<int> rung = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([bell, &rung] {
        for (int ring = 0; ring < 100; ++ring) {
          bell->ring();
          rung.fetch_add(1, std::memory_order_relaxed);
        }
      });
    while (rung.load(std::memory_order_relaxed) == 0) std::this_thread::yield();
    loop->stop();
    bell->take_down();
    loop.reset();
    for (auto& thread : threads) thread.join();
  }
}

TEST(Doorbell, LooksOnTheLoopOncePerRing) {
  auto loop = AsioLoop::open().value();
  std::atomic<int> looks = 0;
  std::promise<void> twice;
  Doorbell bell(*loop, [&] {
    EXPECT_TRUE(loop->on_loop());
    if (++looks == 2) twice.set_value();
  });
  bell.ring();
  bell.ring();
  twice.get_future().wait();
  loop->stop();
  bell.take_down();
  bell.ring();
  EXPECT_EQ(looks, 2);
}

}  // namespace
}  // namespace prx::driver
