#include <gtest/gtest.h>

#include "client/chat_call.hpp"
#include "core/client/rig.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;

/// A call over two providers, each played by the test.
class ChatChainTest : public ::testing::Test {
 protected:
  ChatChainTest() {
    add(first);
    add(second);
    plan.plan.policy.backoff_base = plan.plan.policy.backoff_max = 100ms;
    plan.body =
        std::make_shared<const std::string>(R"({"messages":[{"role":"user","content":"x"}]})");
    plan.request_id = "prx-test";
  }
  void add(ScriptedProvider& provider) {
    reliability::PlanTarget target;
    target.name = target.lane = target.key_pool = provider.instance->config().name;
    plan.plan.targets.push_back(target);
    plan.targets.push_back(
        {provider.instance.get(), "model-" + provider.instance->config().name, {}});
  }
  std::shared_ptr<driver::ChatCall> start() { return rig.start(plan); }
  static void answer(ScriptedPlugin& plugin, std::string_view text) {
    plugin.text(text);
    plugin.finish();
    plugin.done();
  }
  const ChatResponse& good() {
    rig.loop.run_ready();
    EXPECT_TRUE(sink.outcome && sink.outcome->has_value());
    return **sink.outcome;
  }
  const CallError& bad() {
    rig.loop.run_ready();
    EXPECT_TRUE(sink.outcome && !sink.outcome->has_value());
    return sink.outcome->error();
  }
  static std::int32_t tool(ScriptedPlugin& plugin, std::string_view id, std::string_view name,
                           std::string_view piece) {
    prx_event event{};
    event.type = PRX_EV_TOOL_CALL;
    event.id = driver::to_c(id);
    event.name = driver::to_c(name);
    event.text = driver::to_c(piece);
    return plugin.emit(event);
  }
  static void say(ScriptedPlugin& plugin, std::uint32_t choice, std::string_view text) {
    prx_event event{};
    event.type = PRX_EV_TEXT;
    event.choice = choice;
    event.text = driver::to_c(text);
    plugin.emit(event);
  }
  static void finish(ScriptedPlugin& plugin, std::uint32_t choice) {
    prx_event event{};
    event.type = PRX_EV_FINISH;
    event.choice = choice;
    event.finish = PRX_FINISH_STOP;
    plugin.emit(event);
  }
  /// The plugin asks its host for an HTTP exchange, and never hears of it.
  static void send_request(ScriptedPlugin& plugin) {
    prx_http_req request{};
    request.size = sizeof request;
    request.op_id = plugin.request.op_id;
    request.method = driver::to_c("GET");
    request.url = driver::to_c("https://own.example/x");
    request.connect_timeout_ms = request.head_timeout_ms = request.idle_timeout_ms = -1;
    static prx_http_sink sink{};
    sink.size = sizeof sink;
    sink.head = [](void*, const prx_http_head*) noexcept {};
    sink.data = [](void*, char*, std::size_t) noexcept {};
    sink.end = [](void*, const prx_http_end*) noexcept {};
    std::uint64_t id = 0;
    ASSERT_EQ(plugin.http().send(plugin.host, &request, &sink, nullptr, &id), PRX_OK);
  }
  static void reason(ScriptedPlugin& plugin, std::string_view text) {
    prx_event event{};
    event.type = PRX_EV_REASONING;
    event.text = driver::to_c(text);
    plugin.emit(event);
  }

  DriverRig rig;
  RecordingSink& sink = rig.sink;
  ScriptedProvider first{rig.runtime, rig.transport, "first"};
  ScriptedProvider second{rig.runtime, rig.transport, "second"};
  PlanDraft plan;
};

TEST_F(ChatChainTest, AFallbackAnswersUnseenWithItsOwnModel) {
  const auto call = start();
  first.plugin.error(PRX_E_NOT_FOUND, "no such model");
  rig.loop.run_ready();
  EXPECT_EQ(second.plugin.model, "model-second");
  EXPECT_EQ(second.plugin.body,
            R"({"messages":[{"role":"user","content":"x"}],"model":"model-second","stream":true})");
  answer(second.plugin, "Hello");
  EXPECT_EQ(good().text, "Hello");
  EXPECT_EQ(good().provider, "second");
  ASSERT_EQ(good().attempts.size(), 2u);
  EXPECT_EQ(good().attempts[0].error->message, "no such model");
  EXPECT_EQ(good().attempts[1].reason, "fallback");
  EXPECT_EQ(sink.types, (std::vector{StreamEvent::Type::kText}));
}

TEST_F(ChatChainTest, ARetryWaitsAndItsWaitIsInTheTrail) {
  const auto call = start();
  first.plugin.error(PRX_E_OVERLOADED, "busy");
  rig.loop.run_ready();
  EXPECT_EQ(first.plugin.starts, 1);
  rig.loop.advance(100ms);
  EXPECT_EQ(first.plugin.starts, 2);
  answer(first.plugin, "Hello");
  EXPECT_EQ(good().attempts[1].reason, "retry");
  EXPECT_GE(good().attempts[1].wait, 50ms);
}

TEST_F(ChatChainTest, WhenAllFailTheErrorSaysWhatEachSaid) {
  const auto call = start();
  first.plugin.error(PRX_E_NOT_FOUND, "no such model");
  rig.loop.run_ready();
  second.plugin.error(PRX_E_PERMISSION, "not from here");
  EXPECT_EQ(bad().message, "'first': no such model; 'second': not from here");
  EXPECT_EQ(bad().error_class, ErrorClass::kNotFound);
  EXPECT_EQ(bad().attempts.size(), 2u);
}

TEST_F(ChatChainTest, AHedgeWinsAndTheSilentOneIsCancelledUpstream) {
  const auto call = start();
  rig.loop.advance(10s);
  EXPECT_EQ(second.plugin.starts, 1);
  EXPECT_EQ(first.plugin.cancels, 0);
  answer(second.plugin, "Hello");
  EXPECT_EQ(first.plugin.cancels, 1);
  EXPECT_EQ(good().text, "Hello");
  ASSERT_EQ(good().attempts.size(), 2u);
  EXPECT_EQ(good().attempts[0].error->error_class, ErrorClass::kCancelled);
  EXPECT_EQ(good().attempts[0].cost, std::nullopt);
  EXPECT_EQ(good().attempts[1].reason, "hedge");
  EXPECT_TRUE(cost_of(good().attempts).lower_bound);
}

TEST_F(ChatChainTest, ACutStreamIsSplicedWithoutASeam) {
  const auto call = start();
  first.plugin.text("Once upon");
  first.plugin.error(PRX_E_NETWORK, "cut");
  rig.loop.run_ready();
  ASSERT_EQ(second.plugin.starts, 1);
  second.plugin.text("Once");
  second.plugin.text(" upon a");
  EXPECT_EQ(sink.text, "Once upon a");
  second.plugin.text(" time");
  second.plugin.finish();
  second.plugin.done();
  EXPECT_EQ(good().text, "Once upon a time");
  EXPECT_EQ(sink.text, "Once upon a time");
  EXPECT_EQ(good().provider, "second");
  EXPECT_EQ(good().attempts[1].reason, "splice");
  EXPECT_EQ(sink.ends, 1);
}

TEST_F(ChatChainTest, ASpliceThatStallsIsGivenUpByTheClockOfItsProgress) {
  for (auto& target : plan.plan.targets) target.clocks.progress = 50ms;
  plan.plan.policy.attempts_max = 2;
  const auto call = start();
  first.plugin.text("Once upon");
  rig.loop.advance(50ms);  // it stalls, and its own timer is used up
  ASSERT_EQ(second.plugin.starts, 1);
  second.plugin.text("Once");
  rig.loop.advance(49ms);
  EXPECT_EQ(second.plugin.cancels, 0);
  rig.loop.advance(1ms);
  EXPECT_EQ(second.plugin.cancels, 1);
  EXPECT_EQ(bad().attempts.size(), 2u);
}

TEST_F(ChatChainTest, ASpliceComparesTheFirstChoiceAlone) {
  plan.plan.policy.attempts_max = 2;
  const auto call = start();
  say(first.plugin, 0, "haha");
  first.plugin.error(PRX_E_NETWORK, "cut");
  rig.loop.run_ready();
  ASSERT_EQ(second.plugin.starts, 1);
  say(second.plugin, 0, "ha");
  say(second.plugin, 1, "ha");
  say(second.plugin, 0, "ha!");
  finish(second.plugin, 0);
  finish(second.plugin, 1);
  second.plugin.done();
  EXPECT_EQ(good().text, "haha!");
  EXPECT_EQ(sink.text, "haha!");
}

TEST_F(ChatChainTest, ResumeReachesEveryAttemptThoughOneEndsWithIt) {
  plan.plan.policy.hedge_after = 100ms;
  plan.plan.policy.retries = 0;
  const auto call = start();
  rig.loop.advance(150ms);
  ASSERT_EQ(second.plugin.starts, 1);
  send_request(second.plugin);
  call->pause();
  rig.loop.run_ready();
  ASSERT_EQ(rig.transport.sent.size(), 1u);
  EXPECT_TRUE(rig.transport.sent[0].paused);
  const auto fail = [](void* plugin) noexcept {
    static_cast<ScriptedPlugin*>(plugin)->error(PRX_E_NOT_FOUND, "no such model");
  };
  ASSERT_EQ(
      first.plugin.exec().spawn(first.plugin.host, first.plugin.request.op_id, fail, &first.plugin),
      PRX_OK);
  ASSERT_TRUE(rig.workers.wait_idle(2s));
  rig.loop.run_ready();
  call->resume();
  rig.loop.run_ready();
  EXPECT_FALSE(rig.transport.sent[0].paused);
  call->cancel();
  rig.loop.run_ready();
}

TEST_F(ChatChainTest, ADeadlineThatIsOverAsksNobody) {
  plan.plan.policy.deadline = 0ms;
  const auto call = start();
  EXPECT_EQ(bad().error_class, ErrorClass::kTimeout);
  EXPECT_EQ(first.plugin.starts, 0);
  EXPECT_TRUE(bad().attempts.empty());
}

TEST_F(ChatChainTest, ATargetThatStreamsOnItsOwnHasTheClocksOfAStream) {
  plan.plan.stream = false;
  plan.plan.targets[0].stream = true;
  const auto call = start();
  for (int minute = 0; minute < 7; ++minute) {
    first.plugin.text("x");
    rig.loop.advance(1min);
  }
  EXPECT_EQ(first.plugin.cancels, 0);
  answer(first.plugin, "y");
  EXPECT_EQ(good().text, "xxxxxxxy");
}

TEST_F(ChatChainTest, WhatIsHeldBackIsShownWhenItsTimeIsOver) {
  plan.plan.policy.hold = 120ms;
  const auto call = start();
  first.plugin.text("Once");
  rig.loop.advance(119ms);
  EXPECT_EQ(sink.text, "");
  rig.loop.advance(1ms);
  EXPECT_EQ(sink.text, "Once");
}

TEST_F(ChatChainTest, AnAnswerThatEndsWhereTheFirstBrokeIsWhole) {
  const auto call = start();
  first.plugin.text("Once");
  first.plugin.error(PRX_E_NETWORK, "cut");
  rig.loop.run_ready();
  answer(second.plugin, "Once");
  EXPECT_EQ(good().text, "Once");
}

TEST_F(ChatChainTest, ASpliceThatDiffersIsNeverShown) {
  plan.plan.policy.attempts_max = 2;
  const auto call = start();
  first.plugin.text("Once upon");
  first.plugin.error(PRX_E_NETWORK, "cut");
  rig.loop.run_ready();
  second.plugin.text("Once there");
  EXPECT_EQ(bad().error_class, ErrorClass::kNetwork);
  EXPECT_EQ(bad().partial.text, "Once upon");
  EXPECT_EQ(sink.text, "Once upon");
  EXPECT_EQ(second.plugin.cancels, 1);
}

TEST_F(ChatChainTest, AShorterAnswerIsAContradictionToo) {
  plan.plan.policy.attempts_max = 2;
  const auto call = start();
  first.plugin.text("Once upon");
  first.plugin.error(PRX_E_NETWORK, "cut");
  rig.loop.run_ready();
  answer(second.plugin, "Once");
  EXPECT_EQ(bad().error_class, ErrorClass::kNetwork);
  EXPECT_EQ(sink.text, "Once upon");
}

TEST_F(ChatChainTest, WhenOnlyReasoningWasDeliveredTheCallerHearsOfTheRestart) {
  const auto call = start();
  reason(first.plugin, "hm");
  first.plugin.error(PRX_E_NETWORK, "cut");
  rig.loop.run_ready();
  answer(second.plugin, "Hello");
  EXPECT_EQ(good().text, "Hello");
  EXPECT_EQ(good().reasoning, "");
  EXPECT_EQ(sink.types, (std::vector{StreamEvent::Type::kReasoning, StreamEvent::Type::kRestart,
                                     StreamEvent::Type::kText}));
}

TEST_F(ChatChainTest, ToolCallDeltasAreMatchedAndKeepTheirFirstId) {
  plan.options.tool_call_deltas = true;
  std::vector<std::string> pieces;
  sink.on_each = [&](const StreamEvent& event) { pieces.emplace_back(event.text); };
  const auto call = start();
  tool(first.plugin, "c1", "add", "{\"a\"");
  first.plugin.error(PRX_E_NETWORK, "cut");
  rig.loop.run_ready();
  tool(second.plugin, "other", "add", "{\"a\":1}");
  second.plugin.finish();
  second.plugin.done();
  ASSERT_EQ(good().tool_calls.size(), 1u);
  EXPECT_EQ(good().tool_calls[0], (ToolCall{"c1", "add", "{\"a\":1}"}));
  EXPECT_EQ(pieces, (std::vector<std::string>{"{\"a\"", ":1}", "{\"a\":1}"}));
}

TEST_F(ChatChainTest, AHeldBackAnswerThatBreaksIsReplacedUnseen) {
  plan.plan.policy.recovery = Recovery::kBuffer;
  plan.plan.policy.retries = 0;
  const auto call = start();
  first.plugin.text("Once");
  EXPECT_EQ(sink.text, "");
  first.plugin.error(PRX_E_NETWORK, "cut");
  rig.loop.run_ready();
  answer(second.plugin, "Hello");
  EXPECT_EQ(good().text, "Hello");
  EXPECT_EQ(sink.text, "Hello");
}

TEST_F(ChatChainTest, ContinueSendsWhatWasDeliveredAndDeliversTheRest) {
  plan.plan.policy.recovery = Recovery::kContinue;
  plan.plan.targets[1].continues = true;
  const auto call = start();
  first.plugin.text("Once upon");
  first.plugin.error(PRX_E_NETWORK, "cut");
  rig.loop.run_ready();
  EXPECT_NE(second.plugin.body.find(R"({"role":"assistant","content":"Once upon"}])"),
            std::string::npos);
  answer(second.plugin, " a time");
  EXPECT_EQ(good().text, "Once upon a time");
  EXPECT_EQ(sink.text, "Once upon a time");
}

TEST_F(ChatChainTest, AStructuredOutputOfAnExtraBodyIsNotContinued) {
  plan.plan.policy.recovery = Recovery::kContinue;
  plan.plan.targets[1].continues = true;
  plan.targets[0].extra_body = R"({"response_format":{"type":"json_object"}})";
  const auto call = start();
  first.plugin.text("{\"a\":");
  first.plugin.error(PRX_E_NETWORK, "cut");
  rig.loop.run_ready();
  EXPECT_EQ(second.plugin.starts, 1);
  EXPECT_EQ(second.plugin.body.find("assistant"), std::string::npos);
  answer(second.plugin, "{\"a\":1}");
  EXPECT_EQ(good().text, "{\"a\":1}");
}

TEST_F(ChatChainTest, AnAttemptWithAFormatThatIsNotGivenForbidsNoContinue) {
  plan.plan.policy.recovery = Recovery::kContinue;
  plan.plan.targets[1].continues = true;
  plan.targets[0].extra_body = R"({"response_format":{"type":"json_object"}})";
  plan.plan.policy.retries = 0;
  ScriptedProvider third{rig.runtime, rig.transport, "third"};
  add(third);
  plan.plan.targets[2].continues = true;
  const auto call = start();
  first.plugin.error(PRX_E_OVERLOADED, "busy");
  rig.loop.run_ready();
  second.plugin.text("Once upon");
  second.plugin.error(PRX_E_NETWORK, "cut");
  rig.loop.run_ready();
  EXPECT_NE(third.plugin.body.find("Once upon"), std::string::npos);
  answer(third.plugin, " a time");
  EXPECT_EQ(good().text, "Once upon a time");
}

TEST_F(ChatChainTest, ATargetThatRefusesAPrefixIsAskedForTheWhole) {
  plan.plan.policy.recovery = Recovery::kContinue;
  plan.plan.targets[1].continues = true;
  const auto call = start();
  first.plugin.text("Once upon");
  first.plugin.error(PRX_E_NETWORK, "cut");
  rig.loop.run_ready();
  second.plugin.error(PRX_E_INVALID_REQUEST, "no prefill");
  rig.loop.advance(1s);
  ASSERT_EQ(second.plugin.starts, 2);
  EXPECT_EQ(second.plugin.body.find("assistant"), std::string::npos);
  answer(second.plugin, "Once upon a time");
  EXPECT_EQ(good().text, "Once upon a time");
}

TEST_F(ChatChainTest, CancelEndsHedgeAndPrimary) {
  const auto call = start();
  rig.loop.advance(10s);
  call->cancel();
  rig.loop.run_ready();
  EXPECT_EQ(first.plugin.cancels, 1);
  EXPECT_EQ(second.plugin.cancels, 1);
  EXPECT_EQ(bad().error_class, ErrorClass::kCancelled);
  EXPECT_EQ(bad().attempts.size(), 2u);
}

TEST_F(ChatChainTest, AnAnswerWithoutItsEndIsCompleteAfterTheGrace) {
  const auto call = start();
  first.plugin.text("Hello");
  first.plugin.finish();
  rig.loop.advance(2s);
  EXPECT_EQ(good().text, "Hello");
  EXPECT_EQ(first.plugin.cancels, 1);
  EXPECT_FALSE(good().attempts[0].error);
}

TEST_F(ChatChainTest, ABadAnswerIsNotBelievedAndRetried) {
  const auto call = start();
  first.plugin.text("Hello");
  first.plugin.done();
  rig.loop.advance(1s);
  EXPECT_EQ(second.plugin.starts, 1) << "done without a finish reason is no success";
  answer(second.plugin, "Hello you");
  EXPECT_EQ(good().text, "Hello you");
  EXPECT_EQ(sink.text, "Hello you");
}

TEST_F(ChatChainTest, TheLogHasEachAttemptAsOneLine) {
  const auto call = start();
  first.plugin.error(PRX_E_NOT_FOUND, "no such \"model\"");
  rig.loop.run_ready();
  rig.loop.advance(5ms);
  answer(second.plugin, "Hello");
  good();
  ASSERT_GE(rig.log_lines.size(), 2u);
  const auto* lines = &*(rig.log_lines.end() - 2);
  EXPECT_EQ(lines[0],
            "attempt call=prx-test provider=first model=model-first reason=first wait_ms=0.000 "
            "total_ms=0.000 bytes=0 cost=0 error=not_found message=\"no such \\\"model\\\"\"");
  EXPECT_EQ(lines[1],
            "attempt call=prx-test provider=second model=model-second reason=fallback "
            "wait_ms=0.000 first_token_ms=5.000 total_ms=5.000 bytes=0 cost=unknown");
}

TEST_F(ChatChainTest, AnAnswerThatTricklesWithoutStreamingIsGivenUp) {
  plan.plan.stream = false;
  plan.options.stream_upstream = false;
  const auto call = start();
  rig.loop.advance(5min - 1ms);
  EXPECT_EQ(second.plugin.starts, 0);
  rig.loop.advance(1ms);
  EXPECT_EQ(second.plugin.starts, 1);
  EXPECT_EQ(first.plugin.cancels, 1);
  answer(second.plugin, "Hello");
  EXPECT_EQ(good().attempts[0].error->message,
            "provider 'first': non_stream_timeout of 300000 ms ran out");
}

TEST_F(ChatChainTest, OfAnAnswerInOnePieceThatIsNoneTheCallerIsGivenNoWord) {
  plan.plan.policy.retries = 0;
  plan.options.stream_upstream = false;
  const auto call = start();
  first.plugin.text("Let me look.");
  tool(first.plugin, "call_1", "weather", "{\"city\":");
  first.plugin.finish();
  first.plugin.done();
  rig.loop.run_ready();
  EXPECT_TRUE(sink.types.empty()) << "its arguments are no JSON";
  answer(second.plugin, "Hello");
  EXPECT_EQ(good().text, "Hello");
  EXPECT_EQ(sink.types.size(), 1u);
  EXPECT_EQ(good().attempts[0].error->error_class, ErrorClass::kBadResponse);
}

TEST_F(ChatChainTest, AToolCallInOnePieceHasTheTimeOfItsFirstToken) {
  plan.options.stream_upstream = false;
  const auto call = start();
  tool(first.plugin, "call_1", "weather", "{}");
  first.plugin.finish();
  first.plugin.done();
  EXPECT_EQ(good().tool_calls.size(), 1u);
  EXPECT_TRUE(good().attempts[0].first_token);
}

TEST_F(ChatChainTest, AnAnswerInOnePieceIsGivenWhenItIsWhole) {
  plan.options.stream_upstream = false;
  const auto call = start();
  first.plugin.text("Hel");
  say(first.plugin, 1, "Bonjour");
  first.plugin.text("lo");
  finish(first.plugin, 0);
  finish(first.plugin, 1);
  rig.loop.run_ready();
  EXPECT_TRUE(sink.types.empty());
  first.plugin.done();
  EXPECT_EQ(good().text, "Hello");
  EXPECT_EQ(sink.types.size(), 3u);
}

TEST_F(ChatChainTest, ABreachOfTheGrammarCountsAgainstThePlugin) {
  plan.plan.targets[0].plugin = "scripted";
  for (unsigned i = 0; i < driver::ProviderInstance::kMisbehaviourMax; ++i) {
    EXPECT_FALSE(first.instance->quarantined());
    rig.health.forget_plugins();
    rig.health.lane("first").breaker.success(rig.loop.now(), {});
    const auto call = start();
    first.plugin.finish();
    first.plugin.text("after its finish reason");
    rig.loop.run_ready();
    answer(second.plugin, "Hello");
    EXPECT_EQ(good().attempts[0].error->error_class, ErrorClass::kInternal);
    ASSERT_NE(rig.health.find_plugin("scripted"), nullptr);
  }
  EXPECT_TRUE(first.instance->quarantined());
}

}  // namespace
}  // namespace prx::test
