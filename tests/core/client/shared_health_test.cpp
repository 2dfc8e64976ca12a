#include "client/shared_health.hpp"

#include <gmock/gmock.h>

#include <csignal>

#include "health_folder.hpp"

namespace prx::driver {
namespace {

using namespace std::chrono_literals;
using reliability::Breaker;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// What a process is, but for the process.
struct Peer {
  Peer(const HealthFileOptions& file, const Log& log, const std::chrono::milliseconds& wall)
      : shared({file, [&wall] { return wall; }, 0}, log) {}
  SharedHealth shared;
  reliability::Health health;
};

class SharedHealthTest : public HealthFolder {
 protected:
  static constexpr const char* kSecret = "sk-or-v1-a-secret-of-the-test";

  [[nodiscard]] std::unique_ptr<Peer> peer() const {
    return std::make_unique<Peer>(options(), *log, wall);
  }
  [[nodiscard]] std::unique_ptr<SharedCall> begin(Peer& peer, const std::string& lane = "main") {
    return peer.shared.begin(peer.health,
                             {{lane, "provider", "provider", "http://host", {kSecret}}}, 3, now);
  }
  [[nodiscard]] std::unique_ptr<SharedCall> begin_two(Peer& peer) {
    return peer.shared.begin(peer.health,
                             {{"main", "provider", "provider", "http://host", {kSecret}},
                              {"other", "provider", "provider", "http://host", {kSecret}}},
                             3, now);
  }
  [[nodiscard]] Breaker& breaker(Peer& peer) const { return peer.health.lane("main").breaker; }
  [[nodiscard]] Breaker::State state(Peer& peer) const { return breaker(peer).state(now); }
  void pass(std::chrono::milliseconds time) {
    now += time;
    wall += time;
  }
  /// A call that fails, of a process that ends then.
  void fail_one() {
    const auto one = peer();
    const auto call = begin(*one);
    ASSERT_TRUE(call);
    breaker(*one).failure(now, {}, 0.5, {true, false});
    call->after_choice(now);
  }

  MonotonicTime now = MonotonicTime{} + 1h;
  std::chrono::milliseconds wall{1'790'000'000'000};
  std::vector<std::string> lines;
  std::unique_ptr<Log> log =
      std::move(
          Log::open({}, [this](LogLevel, std::string_view line) { lines.emplace_back(line); }, {}))
          .value();
};

TEST_F(SharedHealthTest, WhatOneFoundDeadTheNextLeavesAlone) {
  fail_one();
  const auto next = peer();
  const auto call = begin(*next);
  EXPECT_EQ(state(*next), Breaker::State::kOpen);
}

TEST_F(SharedHealthTest, ADifferentLaneIsNotMeant) {
  fail_one();
  const auto next = peer();
  const auto call = begin(*next, "other");
  EXPECT_EQ(next->health.lane("other").breaker.state(now), Breaker::State::kClosed);
}

TEST_F(SharedHealthTest, CoolingsAndRefusedKeysAreShared) {
  const auto one = peer();
  const auto call = begin(*one);
  Error refused;
  refused.error_class = ErrorClass::kAuth;
  one->health.keys("provider").record(0, &refused, now);
  one->health.lane("main").pause(90s, now);
  one->health.lane("main").key(0).until = now + 30s;
  call->after_choice(now);
  pass(10s);
  const auto next = peer();
  const auto other = begin(*next);
  EXPECT_EQ(next->health.lane("main").cools_until, now + 80s);
  EXPECT_EQ(next->health.lane("main").keys.at(0).until, now + 20s);
  EXPECT_EQ(next->health.keys("provider").rests(0), now + 5min - 10s);
}

TEST_F(SharedHealthTest, ARefusedKeyIsKnownByWhatItIsNotByItsPlace) {
  const auto one = peer();
  const auto call = begin(*one);
  Error refused;
  refused.error_class = ErrorClass::kAuth;
  one->health.keys("provider").record(0, &refused, now);
  call->after_choice(now);
  const auto next = peer();
  const auto other = next->shared.begin(
      next->health, {{"lane", "provider", "provider", "http://host", {"new", kSecret}}}, 3, now);
  EXPECT_LE(next->health.keys("provider").rests(0), now);
  EXPECT_EQ(next->health.keys("provider").rests(1), now + 5min);
}

TEST_F(SharedHealthTest, AKeyThatAReloadForgetsIsNotSaidToServe) {
  const auto one = peer();
  const auto before = begin(*one);
  Error refused;
  refused.error_class = ErrorClass::kAuth;
  one->health.keys("provider").record(0, &refused, now);
  before->after_choice(now);
  one->health.forget_keys();
  const auto call = begin(*one);
  EXPECT_LE(one->health.keys("provider").rests(0), now) << "tried again at once, here";
  call->after_choice(now);
  const auto next = peer();
  const auto other = begin(*next);
  EXPECT_EQ(next->health.keys("provider").rests(0), now + 5min);
  one->health.keys("provider").record(0, nullptr, now);  // it does serve
  call->after_choice(now);
  const auto later = begin(*next);
  EXPECT_LE(next->health.keys("provider").rests(0), now);
}

TEST_F(SharedHealthTest, TheFileHoldsNoKeyAndNoName) {
  fail_one();
  EXPECT_THAT(contents(), AllOf(Not(HasSubstr("main")), Not(HasSubstr("provider")),
                                Not(HasSubstr("sk-or")), Not(HasSubstr("host"))));
}

TEST_F(SharedHealthTest, OneProcessProbesAndTheOthersWait) {
  fail_one();
  pass(11s);
  const auto prober = peer(), other = peer();
  const auto call = begin(*prober), second = begin(*other);
  call->before_choice(now);
  ASSERT_TRUE(breaker(*prober).take_probe(now));
  second->before_choice(now);
  EXPECT_EQ(state(*prober), Breaker::State::kHalfOpen);
  EXPECT_EQ(state(*other), Breaker::State::kOpen);
  call->after_choice(now);  // it still runs
  pass(1s);
  breaker(*prober).success(now, {true, true});
  call->after_choice(now);
  const auto third = begin(*other);
  EXPECT_EQ(state(*other), Breaker::State::kClosed);
}

TEST_F(SharedHealthTest, AProbeThatIsNotMadeIsAnothers) {
  fail_one();
  pass(11s);
  const auto one = peer(), other = peer();
  const auto call = begin(*one), second = begin(*other);
  call->before_choice(now);
  call->after_choice(now);
  second->before_choice(now);
  EXPECT_EQ(state(*other), Breaker::State::kHalfOpen);
}

TEST_F(SharedHealthTest, TheLeaseOfAProcessThatIsGoneEnds) {
  fail_one();
  pass(11s);
  {
    const auto killed = peer();
    const auto call = begin(*killed);
    call->before_choice(now);
  }
  const auto next = peer();
  auto call = begin(*next);
  call->before_choice(now);
  EXPECT_EQ(state(*next), Breaker::State::kOpen);
  pass(kLease);
  call->before_choice(now);
  EXPECT_EQ(state(*next), Breaker::State::kHalfOpen);
}

TEST_F(SharedHealthTest, AProbeThatFailedElsewhereIsNotMadeAgain) {
  fail_one();
  pass(11s);
  const auto one = peer(), other = peer();
  const auto call = begin(*one), second = begin(*other);
  call->before_choice(now);
  ASSERT_TRUE(breaker(*one).take_probe(now));
  breaker(*one).failure(now, {}, 0.5, {true, true});
  call->after_choice(now);
  second->before_choice(now);
  EXPECT_EQ(state(*other), Breaker::State::kOpen);
  pass(15s);
  EXPECT_EQ(state(*other), Breaker::State::kOpen);
}

TEST_F(SharedHealthTest, AClockThatWentBackMakesNothingLastLonger) {
  const auto one = peer();
  const auto call = begin(*one);
  one->health.lane("main").pause(60s, now);
  call->after_choice(now);
  wall -= 24h * 30;
  for (const auto rest : {60s, 50s, 40s}) {
    const auto next = peer();
    const auto other = begin(*next);
    EXPECT_EQ(next->health.lane("main").cools_until, now + rest);
    pass(10s);
  }
  pass(31s);
  const auto last = peer();
  const auto other = begin(*last);
  EXPECT_LE(last->health.lane("main").cools_until, now);
}

TEST_F(SharedHealthTest, AClockThatWentForthEndsWhatRested) {
  fail_one();
  wall += 24h * 30;
  const auto next = peer();
  const auto call = begin(*next);
  EXPECT_EQ(state(*next), Breaker::State::kClosed);
}

TEST_F(SharedHealthTest, ManyLanesKeepTheNewest) {
  const auto one = peer();
  constexpr int kLanes = 400;
  for (int i = 0; i < kLanes; ++i) {
    const std::string name = "lane" + std::to_string(i);
    const auto call = begin(*one, name);
    one->health.lane(name).pause(1h, now);
    call->after_choice(now);
    pass(1ms);
  }
  const auto next = peer();
  for (int i = 0; i < kLanes; ++i) {
    const std::string name = "lane" + std::to_string(i);
    const auto call = begin(*next, name);
    const bool kept = i >= kLanes - static_cast<int>(HealthTable::kRecordsMax);
    EXPECT_EQ(next->health.lane(name).cools_until > now, kept) << i;
  }
}

TEST_F(SharedHealthTest, ADamagedFileTurnsItOffWithOneLine) {
  make_file(std::string(16'384, 'x'));
  const auto one = peer();
  EXPECT_EQ(begin(*one), nullptr);
  EXPECT_EQ(begin(*one), nullptr);
  EXPECT_THAT(lines, ElementsAre(AllOf(HasSubstr("share_health is off: "),
                                       HasSubstr(file().string()), HasSubstr("remove it"))));
}

TEST_F(SharedHealthTest, AFileThatIsRemovedIsMadeAnew) {
  const auto one = peer();
  const auto before = begin(*one);
  std::filesystem::remove(file());
  const auto call = begin(*one);
  ASSERT_TRUE(call);
  breaker(*one).failure(now, {}, 0.5, {true, false});
  before->after_choice(now);  // of the old file: shares nothing more
  call->after_choice(now);
  const auto next = peer();
  const auto other = begin(*next);
  EXPECT_EQ(state(*next), Breaker::State::kOpen);
}

TEST_F(SharedHealthTest, AFileThatIsRemovedDuringACallIsNoHarm) {
  const auto one = peer();
  const auto call = begin(*one);
  std::filesystem::remove(file());
  breaker(*one).failure(now, {}, 0.5, {true, false});
  call->after_choice(now);
  call->before_choice(now);
  call->after_choice(now);
  EXPECT_TRUE(lines.empty());
}

TEST_F(SharedHealthTest, AStuckProcessStopsTheSharingAndNothingElse) {
  fail_one();
  pass(11s);
  const auto one = peer();
  auto call = begin(*one);
  test::Process stuck(child({"hold"}));
  stuck.wait_for_out("held");
  call->before_choice(now);
  EXPECT_EQ(state(*one), Breaker::State::kHalfOpen);  // it probes on its own
  call->after_choice(now);
  call = begin(*one);
  EXPECT_TRUE(call);
  one->health.lane("main").pause(60s, now);
  call->after_choice(now);
  stuck.send_signal(SIGKILL);
  stuck.wait_for_exit();
  call->after_choice(now);  // what could not be told is told later
  const auto next = peer();
  const auto other = begin(*next);
  EXPECT_EQ(next->health.lane("main").cools_until, now + 60s);
}

TEST_F(SharedHealthTest, TwoProcessesTellEachOther) {
  EXPECT_EQ(test::run_process(child({"look"})).out, "closed\n");
  EXPECT_EQ(test::run_process(child({"fail"})).out, "closed\n");
  EXPECT_EQ(test::run_process(child({"look"})).out, "not closed\n");
  EXPECT_EQ(test::run_process(child({"answer"})).out, "not closed\n");
  EXPECT_EQ(test::run_process(child({"look"})).out, "closed\n");
}

TEST_F(SharedHealthTest, SharesNoMoreThanItsLimitAndGoesOn) {
  const auto one = peer();
  for (std::size_t i = 0; i <= SharedHealth::kKnownMax / 2; ++i)
    ASSERT_TRUE(begin(*one, "lane" + std::to_string(i)));
  const auto call = begin(*one);  // beyond it
  breaker(*one).failure(now, {}, 0.5, {true, false});
  call->after_choice(now);
  const auto next = peer();
  const auto other = begin(*next);
  EXPECT_EQ(state(*next), Breaker::State::kClosed);
}

TEST_F(SharedHealthTest, LanesOfACallAreNotForgottenUnderIt) {
  const auto one = peer();
  for (std::size_t i = 0; i + 1 < reliability::Health::kLanesMax; ++i)
    (void)one->health.lane("old " + std::to_string(i), now);
  auto call = begin_two(*one);  // the second is one too many
  EXPECT_EQ(one->health.lane("main", now).users, 1);
  EXPECT_EQ(one->health.lane("other", now).users, 1);
  call->before_choice(now);
  breaker(*one).failure(now, {}, 0.5, {true, false});
  call->after_choice(now);
  const auto next = peer();
  const auto told = begin(*next);
  EXPECT_EQ(state(*next), Breaker::State::kOpen);
  call.reset();
  EXPECT_EQ(one->health.lane("main", now).users, 0) << "they may be forgotten again";
  EXPECT_EQ(one->health.lane("other", now).users, 0);
}

TEST_F(SharedHealthTest, LanesThatRestedOnceMakePlaceForThoseOfACall) {
  const auto one = peer();
  for (std::size_t i = 0; i < reliability::Health::kLanesMax; ++i)
    one->health.lane("old " + std::to_string(i)).pause(1s, now);
  pass(2s);
  const auto call = begin_two(*one);
  EXPECT_NE(&one->health.lane("main"), &one->health.lane("other"));
}

TEST_F(SharedHealthTest, AFileSystemWithoutLocksTurnsItOffWithOneLine) {
  HealthFileOptions no_locks = options();
  no_locks.set_lock = [](int, struct flock*) {
    errno = ENOLCK;
    return -1;
  };
  Peer one(no_locks, *log, wall);
  EXPECT_EQ(begin(one), nullptr);
  EXPECT_EQ(begin(one), nullptr);
  EXPECT_THAT(lines,
              ElementsAre(AllOf(HasSubstr("share_health is off: "), HasSubstr("keeps no locks"))));
}

TEST_F(SharedHealthTest, WhatCouldNotBeWrittenIsToldLater) {
  const auto one = peer();
  const auto call = begin(*one);
  one->health.lane("main").pause(60s, now);
  {
    const FullDisk full;
    call->after_choice(now);
  }
  call->after_choice(now);
  const auto next = peer();
  const auto other = begin(*next);
  EXPECT_EQ(next->health.lane("main").cools_until, now + 60s);
}

TEST_F(SharedHealthTest, ALeaseThatCouldNotBeWrittenIsTakenLater) {
  fail_one();
  pass(11s);
  const auto one = peer(), other = peer();
  const auto call = begin(*one), second = begin(*other);
  {
    const FullDisk full;
    call->before_choice(now);
  }
  call->before_choice(now);
  second->before_choice(now);
  EXPECT_EQ(state(*other), Breaker::State::kOpen);
}

}  // namespace
}  // namespace prx::driver
