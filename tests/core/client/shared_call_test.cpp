// A call and another process that shares health with it.
#include "client/chat_call.hpp"
#include "core/client/rig.hpp"
#include "health_folder.hpp"

namespace prx::driver {
namespace {

using namespace std::chrono_literals;
using reliability::Breaker;
using test::DriverRig;
using test::ScriptedPlugin;
using test::ScriptedProvider;

class SharedCallTest : public HealthFolder {
 protected:
  SharedCallTest() {
    for (ScriptedProvider* provider : {&first, &second}) {
      reliability::PlanTarget target;
      target.name = target.lane = target.key_pool = provider->instance->config().name;
      plan.plan.targets.push_back(target);
      plan.targets.push_back({provider->instance.get(), "model", {}});
    }
    plan.plan.policy.retries = 0;
    plan.body = std::make_shared<const std::string>(R"({"messages":[]})");
    plan.request_id = "prx-test";
    plan.shared_health = &ours;
  }
  [[nodiscard]] SharedHealthOptions sharing() {
    return {options(), [this] { return wall(); }, 0, &rig.loop};
  }
  [[nodiscard]] std::chrono::milliseconds wall() const {
    return 1'790'000'000'000ms +
           std::chrono::duration_cast<std::chrono::milliseconds>(now().time_since_epoch());
  }
  [[nodiscard]] MonotonicTime now() const { return rig.loop.now(); }

  /// The other process begins a call to the first target.
  std::unique_ptr<SharedCall> other_begins() {
    return theirs.begin(their_health, {{"first", "first", "first", "", {}}}, 3, now());
  }
  [[nodiscard]] Breaker& their_breaker() { return their_health.lane("first").breaker; }
  /// The other process found the first target dead; nobody has probed it since.
  void half_open() {
    const auto call = other_begins();
    their_breaker().open_until(now() + 10s);
    call->after_choice(now());
    rig.loop.advance(11s);
  }
  static void answer(ScriptedPlugin& plugin) {
    plugin.text("Hello");
    plugin.finish();
    plugin.done();
  }

  DriverRig rig;
  ScriptedProvider first{rig.runtime, rig.transport, "first"};
  ScriptedProvider second{rig.runtime, rig.transport, "second"};
  SharedHealth ours{sharing(), *rig.log}, theirs{sharing(), *rig.log};
  reliability::Health their_health;
  test::PlanDraft plan;
};

TEST_F(SharedCallTest, LeavesAloneWhatAnotherFoundDead) {
  const auto dead = other_begins();
  their_breaker().open_until(now() + 10s);
  dead->after_choice(now());
  const auto call = rig.start(plan);
  EXPECT_EQ(first.plugin.starts, 0);
  EXPECT_EQ(second.plugin.starts, 1);
  answer(second.plugin);
  rig.loop.run_ready();
}

TEST_F(SharedCallTest, TellsACoolingBeforeItEnds) {
  const auto call = rig.start(plan);
  prx_error error{};
  error.size = sizeof error;
  error.code = PRX_E_OVERLOADED;
  error.retryable = -1;
  error.retry_after_ms = 60'000;
  prx_event event{};
  event.type = PRX_EV_ERROR;
  event.error = &error;
  first.plugin.emit(event);
  rig.loop.run_ready();
  ASSERT_EQ(rig.sink.ends, 0);
  const auto other = other_begins();
  EXPECT_EQ(their_health.lane("first").cools_until, now() + 60s);
  answer(second.plugin);
  rig.loop.run_ready();
}

TEST_F(SharedCallTest, TellsBeforeItsCallerHearsOfTheEndAndMayExit) {
  plan.plan.targets.pop_back();
  plan.targets.pop_back();
  std::unique_ptr<SharedCall> other;
  rig.sink.on_last = [&] { other = other_begins(); };
  const auto call = rig.start(plan);
  first.plugin.error(PRX_E_OVERLOADED, "dead");
  rig.loop.run_ready();
  ASSERT_TRUE(other);
  EXPECT_EQ(their_breaker().state(now()), Breaker::State::kOpen);
}

TEST_F(SharedCallTest, ProbesAloneAndTellsTheAnswer) {
  half_open();
  const auto call = rig.start(plan);
  ASSERT_EQ(first.plugin.starts, 1);
  auto other = other_begins();
  other->before_choice(now());
  EXPECT_EQ(their_breaker().state(now()), Breaker::State::kOpen);
  answer(first.plugin);
  rig.loop.run_ready();
  EXPECT_EQ(rig.sink.outcome->value().attempts.at(0).reason, "probe");
  other = other_begins();
  EXPECT_EQ(their_breaker().state(now()), Breaker::State::kClosed);
}

TEST_F(SharedCallTest, DoesNotProbeWhatAnotherProbes) {
  half_open();
  const auto other = other_begins();
  other->before_choice(now());
  const auto call = rig.start(plan);
  EXPECT_EQ(first.plugin.starts, 0);
  answer(second.plugin);
  rig.loop.run_ready();
}

TEST_F(SharedCallTest, ThatIsCancelledLeavesTheProbeToAnother) {
  half_open();
  const auto call = rig.start(plan);
  ASSERT_EQ(first.plugin.starts, 1);
  call->cancel();
  rig.loop.run_ready();
  ASSERT_EQ(rig.sink.ends, 1);
  const auto other = other_begins();
  other->before_choice(now());
  EXPECT_EQ(their_breaker().state(now()), Breaker::State::kHalfOpen);
}

TEST_F(SharedCallTest, TellsThatAProbeFailed) {
  half_open();
  const auto call = rig.start(plan);
  first.plugin.error(PRX_E_OVERLOADED, "still dead");
  answer(second.plugin);
  rig.loop.run_ready();
  const auto other = other_begins();
  EXPECT_EQ(their_breaker().state(now()), Breaker::State::kOpen);
}

TEST_F(SharedCallTest, OfWhichTheSilentTargetLostToAHedgeTellsIt) {
  plan.plan.policy.hedge_after = 10s;
  const auto call = rig.start(plan);
  rig.loop.advance(10s);
  ASSERT_EQ(second.plugin.starts, 1);
  answer(second.plugin);
  rig.loop.run_ready();
  const auto other = other_begins();
  EXPECT_EQ(their_breaker().state(now()), Breaker::State::kOpen);
}

TEST_F(SharedCallTest, ThatProbesForLongKeepsThePlaceToItself) {
  plan.plan.policy.hedge_after.reset();
  half_open();
  const auto call = rig.start(plan);
  ASSERT_EQ(first.plugin.starts, 1);
  for (const auto later : {15s, 15s, 15s}) {
    rig.loop.advance(later);
    const auto other = other_begins();
    other->before_choice(now());
    EXPECT_EQ(their_breaker().state(now()), Breaker::State::kOpen);
  }
  first.plugin.error(PRX_E_OVERLOADED, "dead after all");
  answer(second.plugin);
  rig.loop.run_ready();
  rig.loop.advance(2 * kLeaseRenewal);
  EXPECT_TRUE(rig.loop.idle()) << "no timer is left";
}

}  // namespace
}  // namespace prx::driver
