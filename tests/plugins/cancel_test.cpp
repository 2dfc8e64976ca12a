// Cancel at every stage of an operation: one terminal event, nothing left in flight.
#include <gtest/gtest.h>

#include "plugins/plugin_driver.hpp"

namespace prx::test {
namespace {

constexpr const char* kChunk =
    "data: "
    "{\"id\":\"g\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";

const Module& openrouter() {
  static const Module loaded = load(PRX_OPENROUTER);
  return loaded;
}
const Module& steps() {
  static const Module loaded = load(PRX_LAYER_STEPS);
  return loaded;
}

std::string mode(const std::string& name) { return "{\"mode\":\"" + name + "\"}"; }

void expect_cancelled(const TestOp& op) {
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kCancelled);
  EXPECT_EQ(op.ends(), 1);
  EXPECT_GE(op.events().back().type, static_cast<std::uint32_t>(PRX_EV_DONE));
}

Start chat() { return {.flags = PRX_RF_STREAM, .body = "{}"}; }

TEST(CancelChat, BeforeTheHead) {
  TestInstance instance(openrouter(), "{}");
  TestOp op(instance, chat());
  op.cancel();
  expect_cancelled(op);
  EXPECT_TRUE(instance.host.last().cancelled);
}

TEST(CancelChat, AfterTheHead) {
  TestInstance instance(openrouter(), "{}");
  TestOp op(instance, chat());
  instance.host.head(instance.host.last(), 200, {{"content-type", "text/event-stream"}});
  op.cancel();
  expect_cancelled(op);
  EXPECT_TRUE(instance.host.last().cancelled);
}

TEST(CancelChat, AfterEveryByteOfTheAnswer) {
  const std::string_view chunk = kChunk;
  for (std::size_t size = 1; size <= chunk.size(); ++size) {
    TestInstance instance(openrouter(), "{}");
    TestOp op(instance, chat());
    instance.host.head(instance.host.last(), 200, {{"content-type", "text/event-stream"}});
    instance.host.data(instance.host.last(), chunk.substr(0, size));
    op.cancel();
    expect_cancelled(op);
    EXPECT_EQ(instance.host.in_flight(), 0u);
  }
}

TEST(CancelChat, FromInsideAnEvent) {
  TestInstance instance(openrouter(), "{}");
  TestOp op(instance, chat());
  op.cancel_at = 2;
  instance.host.head(instance.host.last(), 200, {{"content-type", "text/event-stream"}});
  instance.host.data(instance.host.last(), kChunk);
  expect_cancelled(op);
  EXPECT_EQ(op.text(), "a");
  EXPECT_EQ(instance.host.in_flight(), 0u);
}

TEST(CancelChat, ASinkThatWantsNoMoreEndsTheOperation) {
  TestInstance instance(openrouter(), "{}");
  TestOp op(instance, chat());
  op.stop_at = 2;
  SentRequest& request = instance.host.last();
  instance.host.head(request, 200, {{"content-type", "text/event-stream"}});
  instance.host.data(request, std::string(kChunk) + kChunk + kChunk);
  expect_cancelled(op);
}

TEST(CancelChat, TwiceAndAfterTheEnd) {
  TestInstance instance(openrouter(), "{}");
  TestOp op(instance, chat());
  op.cancel();
  op.cancel();
  expect_cancelled(op);
}

TEST(CancelChat, AfterDoneChangesNothing) {
  TestInstance instance(openrouter(), "{}");
  TestOp op(instance, {.op = PRX_OP_HEALTH});
  instance.host.answer(200, "{}");
  op.cancel();
  EXPECT_EQ(op.ends(), 1);
  EXPECT_FALSE(op.error());
}

TEST(CancelWarmup, BetweenItsRequests) {
  TestInstance instance(openrouter(), "{}");
  TestOp op(instance, {.op = PRX_OP_WARMUP});
  instance.host.answer(404, "");
  ASSERT_EQ(instance.host.requests.size(), 2u);
  op.cancel();
  expect_cancelled(op);
  EXPECT_TRUE(instance.host.requests[1].cancelled);
}

TEST(CancelAccount, FromInsideItsFirstItemSendsNoSecondRequest) {
  TestInstance instance(openrouter(), "{}");
  TestOp op(instance, {.op = PRX_OP_ACCOUNT});
  op.cancel_at = 1;
  instance.host.answer(200, R"({"label":"k"})");
  expect_cancelled(op);
  EXPECT_EQ(instance.host.requests.size(), 1u);
}

TEST(CancelOp, BeforeTheAuthorsStart) {
  TestInstance instance(steps(), mode("answer"));
  TestOp op(instance, {});
  op.cancel();
  expect_cancelled(op);
  instance.host.run();
  EXPECT_EQ(op.events().size(), 1u);
}

TEST(CancelOp, UndoesItsTimer) {
  TestInstance instance(steps(), mode("timers"));
  TestOp op(instance, {});
  instance.host.run();
  ASSERT_EQ(instance.host.timers(), 1u);
  op.cancel();
  expect_cancelled(op);
  EXPECT_EQ(instance.host.timers(), 0u);
}

TEST(CancelOp, EndsAnOperationThatItsAuthorKeeps) {
  TestInstance instance(steps(), mode("hold"));
  TestOp op(instance, {});
  instance.host.run();
  op.cancel();
  expect_cancelled(op);
  EXPECT_EQ(instance.host.log_lines.back().text, "hook");
}

TEST(CancelOp, OfAWorkerThatHasNotBegun) {
  TestInstance instance(steps(), mode("worker"));
  TestOp op(instance, {});
  instance.host.run();
  op.cancel();
  expect_cancelled(op);
  instance.host.run_workers();
  EXPECT_EQ(op.events().size(), 1u);
}

TEST(CancelOp, OfAWorkerThatRunsEndsOnTheWorker) {
  TestInstance instance(steps(), mode("worker until cancel"));
  TestOp op(instance, {});
  instance.host.run();
  instance.host.start_workers();
  while (op.events().size() < 3) std::this_thread::yield();
  op.cancel();
  instance.host.join_workers();
  expect_cancelled(op);
}

TEST(CancelOp, ASinkThatWantsNoMoreEndsTheWorkerThatDropsItsOp) {
  TestInstance instance(steps(), mode("worker until cancel"));
  TestOp op(instance, {});
  op.stop_at = 2;
  instance.host.run();
  instance.host.run_workers();
  expect_cancelled(op);
  EXPECT_EQ(op.events().size(), 3u);
}

TEST(CancelOp, OfATaskOnItsWayBackToTheLoop) {
  TestInstance instance(steps(), mode("worker and back"));
  TestOp op(instance, {});
  instance.host.run();
  instance.host.start_workers();
  instance.host.join_workers();
  op.cancel();
  expect_cancelled(op);
  instance.host.run();
  EXPECT_EQ(op.events().size(), 1u);
}

TEST(CancelOp, FromInsideAnEventOfItsAuthor) {
  TestInstance instance(steps(), mode("timers"));
  TestOp op(instance, {});
  op.cancel_at = 1;
  instance.host.run();
  expect_cancelled(op);
  EXPECT_EQ(instance.host.timers(), 0u);
}

}  // namespace
}  // namespace prx::test
