// What the clients of one process tell each other, without a file between.
#include "client/health_board.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "client/shared_health.hpp"

namespace prx::driver {
namespace {

using namespace std::chrono_literals;
using reliability::Breaker;

class HealthBoardTest : public ::testing::Test {
 protected:
  /// A client of the group.
  struct Peer {
    explicit Peer(HealthBoardTest& of)
        : shared({{}, [&of] { return of.wall; }, 0, nullptr, of.board}, *of.log), owner(of) {}
    std::unique_ptr<SharedCall> begin(const std::shared_ptr<const void>& of_chain) {
      const auto targets = [this] {
        ++asked_for_targets;
        return std::vector<SharedTarget>{{"main", "provider", "provider", "http://host", {"key"}}};
      };
      return shared.begin(health, of_chain, targets, 3, owner.now);
    }
    /// A call that fails.
    void fail() {
      const auto call = begin(owner.chain);
      breaker().failure(owner.now, {}, 0.5, {true, false});
      call->after_choice(owner.now);
    }
    [[nodiscard]] Breaker& breaker() { return health.lane("main").breaker; }
    [[nodiscard]] Breaker::State state() { return breaker().state(owner.now); }
    reliability::Health health;  // outlives what holds its lanes
    SharedHealth shared;
    HealthBoardTest& owner;
    int asked_for_targets = 0;
  };
  void pass(std::chrono::milliseconds time) {
    now += time;
    wall += time;
  }

  MonotonicTime now = MonotonicTime{} + 1h;
  std::chrono::milliseconds wall{3'600'000};
  const std::shared_ptr<HealthBoard> board = std::make_shared<HealthBoard>();
  const std::shared_ptr<const void> chain = std::make_shared<const int>(1);
  const std::unique_ptr<Log> log = std::move(Log::open({}, {}, {})).value();
  Peer one{*this}, other{*this};
};

TEST_F(HealthBoardTest, AFailedCallCountsAsOne) {
  one.fail();
  const auto call = other.begin(chain);
  EXPECT_EQ(other.state(), Breaker::State::kClosed);
  EXPECT_EQ(one.state(), Breaker::State::kClosed);
}

TEST_F(HealthBoardTest, FailuresOfAllAddUpAndOpenTheBreakerOfEach) {
  one.fail();
  other.fail();
  one.fail();
  EXPECT_EQ(one.state(), Breaker::State::kOpen) << "though it saw two";
  const auto call = other.begin(chain);
  EXPECT_EQ(other.state(), Breaker::State::kOpen);
}

TEST_F(HealthBoardTest, ARestIsTakenOverByTheNextCall) {
  const auto begun = one.begin(chain);
  EXPECT_TRUE(other.begin(chain));
  one.health.lane("main").pause(90s, now);
  begun->after_choice(now);
  pass(10s);
  const auto call = other.begin(chain);
  EXPECT_EQ(other.health.lane("main").cools_until, now + 80s);
}

TEST_F(HealthBoardTest, OneProbesAndTheOthersWait) {
  one.begin(chain)->after_choice(now);
  one.breaker().open_until(now + 10s);
  one.begin(chain)->after_choice(now);
  const auto waits = other.begin(chain);
  EXPECT_EQ(other.state(), Breaker::State::kOpen);
  pass(11s);
  const auto probes = one.begin(chain);
  probes->before_choice(now);
  ASSERT_TRUE(one.breaker().take_probe(now));
  waits->before_choice(now);
  EXPECT_EQ(other.state(), Breaker::State::kOpen) << "the place is taken";
  one.breaker().success(now, {true, true});
  probes->after_choice(now);
  const auto next = other.begin(chain);
  EXPECT_EQ(other.state(), Breaker::State::kClosed);
}

TEST_F(HealthBoardTest, TargetsOfAKnownChainAreAskedForOnce) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(one.begin(chain));
  EXPECT_EQ(one.asked_for_targets, 1);
  one.fail();
  EXPECT_TRUE(one.begin(chain));
  EXPECT_EQ(one.asked_for_targets, 1);
  EXPECT_TRUE(one.begin(std::make_shared<const int>(2)));
  EXPECT_EQ(one.asked_for_targets, 2);
}

TEST_F(HealthBoardTest, MoreChainsThanAreKeptAreServedToo) {
  std::vector<std::shared_ptr<const void>> chains;
  for (std::size_t i = 0; i <= SharedHealth::kChainsMax; ++i) {
    chains.push_back(std::make_shared<const std::size_t>(i));
    ASSERT_TRUE(one.begin(chains.back()));
  }
  EXPECT_TRUE(one.begin(chains.front()));
  EXPECT_EQ(one.asked_for_targets, static_cast<int>(SharedHealth::kChainsMax) + 2);
}

TEST_F(HealthBoardTest, LanesThatAreKeptAreNotForgotten) {
  EXPECT_TRUE(one.begin(chain));
  EXPECT_EQ(one.health.lane("main").users, 1);
}

TEST(HealthBoard, ThreadsReadWhatOthersWroteWhole) {
  HealthBoard board;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 1; t <= 4; ++t)
    threads.emplace_back([&board, t] {
      HealthTable table;
      for (std::int64_t i = 1; i <= 200; ++i) {
        const auto put = [&](HealthTable& all) {
          HealthRecord record;
          record.name = t;
          record.written_ms = record.rests_ms = i;
          all.put(record);
        };
        ASSERT_EQ(board.change(table, put), HealthStore::Access::kDone);
        const auto before = board.version();
        ASSERT_EQ(board.read(table), HealthStore::Access::kDone);
        const auto found = table.find(t);
        ASSERT_TRUE(found);
        EXPECT_EQ(found->rests_ms, i);
        EXPECT_LE(before, board.version());
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(board.version(), 801u);
}

}  // namespace
}  // namespace prx::driver
