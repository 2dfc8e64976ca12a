#include "client/chat_call.hpp"

#include <gtest/gtest.h>

#include "core/client/rig.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;

class ChatCallTest : public ::testing::Test {
 protected:
  DriverRig rig;
  ScriptedPlugin& plugin = rig.plugin;
  RecordingSink& sink = rig.sink;

  const ChatResponse& answer() {
    EXPECT_TRUE(sink.outcome && sink.outcome->has_value());
    return **sink.outcome;
  }
  const CallError& failure() {
    EXPECT_TRUE(sink.outcome && !sink.outcome->has_value());
    return sink.outcome->error();
  }
};

TEST_F(ChatCallTest, DeliversAnAnswerWithItsTrail) {
  const auto call = rig.start();
  EXPECT_EQ(plugin.model, "model-a");
  rig.loop.advance(5ms);
  plugin.text("Hello");
  plugin.text(" you");
  plugin.finish();
  plugin.done();
  rig.loop.run_ready();
  EXPECT_EQ(sink.text, "Hello you");
  EXPECT_EQ(sink.ends, 1);
  EXPECT_EQ(answer().text, "Hello you");
  EXPECT_EQ(answer().provider, "main");
  ASSERT_EQ(answer().attempts.size(), 1u);
  EXPECT_EQ(answer().attempts[0].first_token, 5ms);
  EXPECT_EQ(answer().attempts[0].key_label, "A");
  EXPECT_EQ(answer().attempts[0].reason, "first");
  EXPECT_EQ(plugin.releases, 1);
  EXPECT_EQ(rig.ended, 1);
}

TEST_F(ChatCallTest, AnErrorAfterTextIsNeverASuccess) {
  const auto call = rig.start();
  plugin.text("Hel");
  plugin.error(PRX_E_NETWORK, "cut");
  rig.loop.run_ready();
  EXPECT_EQ(failure().error_class, ErrorClass::kNetwork);
  EXPECT_EQ(failure().partial.text, "Hel");
  ASSERT_EQ(failure().attempts.size(), 1u);
  EXPECT_EQ(failure().attempts[0].error->message, "cut");
}

TEST_F(ChatCallTest, DoneWithoutAFinishReasonIsTheFaultOfThePlugin) {
  const auto call = rig.start();
  plugin.text("Hel");
  plugin.done();
  rig.loop.run_ready();
  EXPECT_EQ(failure().error_class, ErrorClass::kInternal);
}

TEST_F(ChatCallTest, NothingIsDeliveredBeforeTheFirstToken) {
  const auto call = rig.start();
  prx_event meta{};
  meta.type = PRX_EV_META;
  meta.id = driver::to_c("gen-1");
  plugin.emit(meta);
  EXPECT_TRUE(sink.types.empty());
  plugin.text("x");
  EXPECT_EQ(sink.types, (std::vector{StreamEvent::Type::kMeta, StreamEvent::Type::kText}));
}

TEST_F(ChatCallTest, EventsBeforeTheFirstTokenAreBounded) {
  const auto call = rig.start();
  prx_event item{};
  item.type = PRX_EV_ITEM;
  for (std::size_t i = 0; i <= driver::AttemptRun::kEventsMax; ++i) plugin.emit(item);
  rig.loop.run_ready();
  EXPECT_EQ(failure().error_class, ErrorClass::kBadResponse);
}

TEST_F(ChatCallTest, AFailedStartIsTheErrorOfTheCall) {
  plugin.start_code = PRX_E_UNSUPPORTED;
  const auto call = rig.start();
  EXPECT_EQ(failure().error_class, ErrorClass::kUnsupported);
  EXPECT_EQ(failure().message, "start said no");
  EXPECT_EQ(plugin.releases, 0) << "what never started is not released";
}

TEST_F(ChatCallTest, CancelReachesThePluginAndEndsAtOnce) {
  plugin.on_cancel = [this] { plugin.error(PRX_E_CANCELLED, "stopped"); };
  const auto call = rig.start();
  plugin.text("a");
  call->cancel();
  rig.loop.run_ready();
  EXPECT_EQ(plugin.cancels, 1);
  EXPECT_EQ(failure().error_class, ErrorClass::kCancelled);
  EXPECT_EQ(failure().partial.text, "a");
  EXPECT_EQ(plugin.releases, 1);
}

TEST_F(ChatCallTest, APluginThatDoesNotAnswerACancelIsQuarantined) {
  const auto call = rig.start();
  call->cancel();
  rig.loop.run_ready();
  EXPECT_EQ(sink.ends, 1) << "the caller does not wait for it";
  EXPECT_FALSE(rig.instance->quarantined());
  rig.loop.advance(1s);
  EXPECT_TRUE(rig.instance->quarantined());
  EXPECT_EQ(rig.instance->live(), 0u);
  EXPECT_EQ(plugin.text("late"), 1) << "its handle finds nothing any more";
  EXPECT_EQ(plugin.releases, 0) << "its memory stays";
}

TEST_F(ChatCallTest, AStopTokenCancels) {
  plugin.on_cancel = [this] { plugin.done(); };
  std::stop_source stop;
  PlanDraft plan = rig.plan();
  plan.options.stop = stop.get_token();
  const auto call = rig.start(std::move(plan));
  stop.request_stop();
  rig.loop.run_ready();
  EXPECT_EQ(failure().error_class, ErrorClass::kCancelled);
}

TEST_F(ChatCallTest, ATokenThatIsStoppedAlreadySendsNothing) {
  std::stop_source stop;
  stop.request_stop();
  PlanDraft plan = rig.plan();
  plan.options.stop = stop.get_token();
  plugin.on_cancel = [this] { plugin.done(); };
  const auto call = rig.start(std::move(plan));
  EXPECT_EQ(failure().error_class, ErrorClass::kCancelled);
  EXPECT_EQ(plugin.starts, 0);
}

TEST_F(ChatCallTest, ASinkMayLetGoFromInsideAnEvent) {
  plugin.on_cancel = [this] { plugin.done(); };
  auto call = rig.start();
  sink.on_each = [&](const StreamEvent&) { call->close(); };
  plugin.text("a");
  plugin.text("b");
  rig.loop.run_ready();
  EXPECT_EQ(sink.text, "a");
  EXPECT_EQ(sink.ends, 0) << "a sink that was let go of hears nothing more";
  EXPECT_EQ(rig.ended, 1);
  EXPECT_EQ(plugin.releases, 1);
}

TEST_F(ChatCallTest, TheFirstTokenClockCancelsTheAttempt) {
  plugin.on_cancel = [this] { plugin.error(PRX_E_CANCELLED, "stopped"); };
  PlanDraft plan = rig.plan();
  plan.plan.targets[0].clocks.first_token = 50ms;
  const auto call = rig.start(std::move(plan));
  std::uint64_t id = 0;
  prx_http_req request{};
  request.size = sizeof request;
  request.op_id = plugin.request.op_id;
  request.method = driver::to_c("GET");
  request.url = driver::to_c("https://own.example/");
  prx_http_sink http{sizeof(prx_http_sink),
                     0,
                     nullptr,
                     [](void*, const prx_http_head*) noexcept {},
                     [](void*, char*, size_t) noexcept {},
                     [](void*, const prx_http_end*) noexcept {}};
  ASSERT_EQ(plugin.http().send(plugin.host, &request, &http, nullptr, &id), PRX_OK);
  http::Head head;
  head.status = 200;
  rig.transport.sent[0].handler->on_head(head);
  rig.loop.advance(49ms);
  EXPECT_EQ(sink.ends, 0);
  rig.loop.advance(1ms);
  EXPECT_EQ(failure().error_class, ErrorClass::kTimeout);
  EXPECT_EQ(failure().phase, Phase::kFirstToken);
  EXPECT_EQ(failure().attempts[0].http_status, 200);
  EXPECT_TRUE(rig.transport.sent[0].cancelled);
}

TEST_F(ChatCallTest, AnErrorsBodyHasHalfTheTargetsFirstTokenAndNotTheProviders) {
  for (const std::optional<Milliseconds> token :
       {std::optional(50ms), std::optional<Milliseconds>()}) {
    PlanDraft plan = rig.plan();
    plan.plan.targets[0].clocks.first_token = token;
    ASSERT_TRUE(rig.instance->config().timeouts.first_token);
    const auto call = rig.start(plan);
    prx_http_req request{};
    request.size = sizeof request;
    request.op_id = plugin.request.op_id;
    request.method = driver::to_c("GET");
    request.url = driver::to_c("https://own.example/");
    prx_http_sink http{sizeof(prx_http_sink),
                       0,
                       nullptr,
                       [](void*, const prx_http_head*) noexcept {},
                       [](void*, char*, size_t) noexcept {},
                       [](void*, const prx_http_end*) noexcept {}};
    ASSERT_EQ(plugin.http().send(plugin.host, &request, &http, nullptr, nullptr), PRX_OK);
    const auto half = token ? std::optional<Milliseconds>(25ms) : std::nullopt;
    EXPECT_EQ(rig.transport.sent.back().request.clocks.error_body, half);
    plugin.on_cancel = [this] { plugin.error(PRX_E_CANCELLED, "stopped"); };
    call->cancel();
    rig.loop.run_ready();
  }
}

TEST_F(ChatCallTest, TheFirstTokenClockRunsWithoutAnExchangeToo) {
  plugin.on_cancel = [this] { plugin.error(PRX_E_CANCELLED, "stopped"); };
  PlanDraft plan = rig.plan();
  plan.plan.targets[0].clocks.first_token = 50ms;
  const auto call = rig.start(std::move(plan));
  rig.loop.advance(50ms);
  EXPECT_EQ(failure().phase, Phase::kFirstToken);
}

TEST_F(ChatCallTest, ProgressIsASignOfLifeAndDeliveredAtOnce) {
  PlanDraft plan = rig.plan();
  plan.plan.targets[0].clocks.first_token = 50ms;
  const auto call = rig.start(std::move(plan));
  rig.loop.advance(40ms);
  prx_event progress{};
  progress.type = PRX_EV_PROGRESS;
  progress.text = driver::to_c("loading the model");
  plugin.emit(progress);
  EXPECT_EQ(sink.types, (std::vector{StreamEvent::Type::kProgress}));
  rig.loop.advance(40ms);
  EXPECT_EQ(sink.ends, 0);
  plugin.text("x");
  plugin.finish();
  plugin.done();
  rig.loop.run_ready();
  EXPECT_EQ(answer().text, "x");
}

TEST_F(ChatCallTest, TheIdleClockOfAStreamStartsAtTheFirstToken) {
  const auto call = rig.start();
  prx_http_req request{};
  request.size = sizeof request;
  request.op_id = plugin.request.op_id;
  request.method = driver::to_c("GET");
  request.url = driver::to_c("https://own.example/");
  request.idle_timeout_ms = -1;
  const prx_http_sink http{sizeof(prx_http_sink),
                           0,
                           nullptr,
                           [](void*, const prx_http_head*) noexcept {},
                           [](void*, char*, size_t) noexcept {},
                           [](void*, const prx_http_end*) noexcept {}};
  ASSERT_EQ(plugin.http().send(plugin.host, &request, &http, nullptr, nullptr), PRX_OK);
  EXPECT_EQ(rig.transport.sent[0].request.clocks.idle, std::nullopt);
  plugin.text("a");
  EXPECT_EQ(rig.transport.sent[0].idle, 30s);
  plugin.finish();
  plugin.done();
}

TEST_F(ChatCallTest, NothingIsReportedToAHandleThatWasLetGo) {
  plugin.on_cancel = [this] { plugin.done(); };
  int attempts = 0;
  PlanDraft plan = rig.plan();
  plan.options.on_attempt = [&](const Attempt&) { ++attempts; };
  const auto call = rig.start(std::move(plan));
  call->close();
  rig.loop.run_ready();
  EXPECT_EQ(attempts, 0);
  EXPECT_EQ(rig.ended, 1);
}

TEST_F(ChatCallTest, APauseBeforeTheStartHolds) {
  PlanDraft plan = rig.plan();
  plan.plan.targets[0].clocks.first_token = 50ms;
  auto call = std::make_shared<driver::ChatCall>(rig.runtime, rig.health, plan.made(), sink, [] {});
  call->start(std::nullopt);
  call->pause();
  rig.loop.advance(1h);
  EXPECT_EQ(sink.ends, 0);
  call->resume();
  call->pause();
  rig.loop.advance(1h);
  EXPECT_EQ(sink.ends, 0) << "the last word counts";
  plugin.on_cancel = [this] { plugin.done(); };
  call->close();
  rig.loop.run_ready();
}

TEST_F(ChatCallTest, ARefusedKeyIsNotUsedByTheNextCall) {
  const auto first = rig.start();
  plugin.error(PRX_E_AUTH, "no such key");
  rig.loop.run_ready();
  const auto second = rig.start();
  plugin.text("x");
  plugin.finish();
  plugin.done();
  rig.loop.run_ready();
  EXPECT_EQ(answer().attempts[0].key_label, "B");
}

TEST_F(ChatCallTest, AProvidersEchoOfTheKeyIsRedacted) {
  const auto call = rig.start();
  plugin.error(PRX_E_AUTH, "Incorrect API key provided: sk-first-secret");
  rig.loop.run_ready();
  EXPECT_EQ(failure().message, "Incorrect API key provided: [redacted]");
}

TEST_F(ChatCallTest, ToolCallsAreDeliveredWhole) {
  const auto call = rig.start();
  prx_event event{};
  event.type = PRX_EV_TOOL_CALL;
  event.id = driver::to_c("c1");
  event.name = driver::to_c("add");
  event.text = driver::to_c("{\"a\"");
  plugin.emit(event);
  event.id = event.name = {};
  event.text = driver::to_c(":1}");
  plugin.emit(event);
  EXPECT_TRUE(sink.types.empty()) << "deltas only when asked for";
  plugin.finish();
  plugin.done();
  rig.loop.run_ready();
  EXPECT_EQ(sink.types, (std::vector{StreamEvent::Type::kToolCall}));
  EXPECT_EQ(answer().tool_calls, (std::vector<ToolCall>{{"c1", "add", "{\"a\":1}"}}));
}

TEST_F(ChatCallTest, PauseHoldsTheTransferAndItsClocks) {
  PlanDraft plan = rig.plan();
  plan.plan.targets[0].clocks.progress = 50ms;
  const auto call = rig.start(std::move(plan));
  plugin.text("a");
  call->pause();
  rig.loop.advance(1h);
  EXPECT_EQ(sink.ends, 0);
  call->resume();
  plugin.on_cancel = [this] { plugin.done(); };
  rig.loop.advance(50ms);
  EXPECT_EQ(failure().error_class, ErrorClass::kTimeout);
}

}  // namespace
}  // namespace prx::test
