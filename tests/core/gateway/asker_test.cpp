// Questions beside the loop: in their order, not too many, and none after the end.
#include "gateway/asked/asker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace prx::gateway {
namespace {

using namespace std::chrono_literals;

TEST(Asker, AnswersInOrderAndNoMoreWaitThanMay) {
  std::promise<void> begun, go;
  const std::shared_future<void> gone(go.get_future());
  std::string order;
  std::promise<void> last;
  {
    Asker asker;
    ASSERT_TRUE(asker.ask([&](const std::stop_token&) {
      begun.set_value();
      gone.wait();
      order += 'a';
    }));
    begun.get_future().wait();
    for (std::size_t i = 0; i + 1 < Asker::kWaitingMax; ++i)
      ASSERT_TRUE(asker.ask([&](const std::stop_token&) { order += 'b'; }));
    ASSERT_TRUE(asker.ask([&](const std::stop_token&) {
      order += 'c';
      last.set_value();
    }));
    EXPECT_FALSE(asker.ask([&](const std::stop_token&) { order += 'd'; }));
    go.set_value();
    last.get_future().wait();
  }
  EXPECT_EQ(order, 'a' + std::string(Asker::kWaitingMax - 1, 'b') + 'c');
}

TEST(Asker, ItsEndStopsTheQuestionAndDropsThoseThatWait) {
  std::promise<void> begun;
  std::atomic<int> asked{0};
  bool stopped = false;
  {
    Asker asker;
    ASSERT_TRUE(asker.ask([&](const std::stop_token& closing) {
      ++asked;
      begun.set_value();
      while (!closing.stop_requested()) std::this_thread::sleep_for(1ms);
      stopped = true;
    }));
    ASSERT_TRUE(asker.ask([&](const std::stop_token&) { ++asked; }));
    begun.get_future().wait();
  }
  EXPECT_TRUE(stopped);
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace prx::gateway
