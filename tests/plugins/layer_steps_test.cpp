// The lowest step of the C++ layer: what it keeps for an author who gets it wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/plugin_driver.hpp"

namespace prx::test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

const Module& module() {
  static const Module loaded = load(PRX_LAYER_STEPS);
  return loaded;
}

std::string mode(const std::string& name) { return "{\"mode\":\"" + name + "\"}"; }

std::vector<std::uint32_t> types(const TestOp& op) {
  std::vector<std::uint32_t> types;
  for (const Event& event : op.events()) types.push_back(event.type);
  return types;
}

TEST(OpLayer, EmitsWhatTheAuthorSaysOnTheNextTurn) {
  TestInstance instance(module(), mode("answer"));
  TestOp op(instance, {});
  EXPECT_TRUE(op.events().empty());
  instance.host.run();
  EXPECT_EQ(types(op), (std::vector<std::uint32_t>{PRX_EV_TEXT, PRX_EV_FINISH, PRX_EV_DONE}));
  EXPECT_EQ(op.inside_start(), 0);
}

TEST(OpLayer, AThrowInCreateIsAnInternalErrorWithItsWords) {
  TestInstance instance(module(), mode("throw in create"));
  ASSERT_TRUE(instance.refused);
  EXPECT_EQ(instance.refused->error_class, ErrorClass::kInternal);
  EXPECT_THAT(instance.refused->message, HasSubstr("no luck"));
}

TEST(OpLayer, AThrowOfSomethingElseIsAnInternalErrorToo) {
  TestInstance instance(module(), mode("throw a number"));
  ASSERT_TRUE(instance.refused);
  EXPECT_EQ(instance.refused->error_class, ErrorClass::kInternal);
}

TEST(OpLayer, ANullFromCreateIsAnInternalError) {
  TestInstance instance(module(), mode("null from create"));
  ASSERT_TRUE(instance.refused);
  EXPECT_EQ(instance.refused->error_class, ErrorClass::kInternal);
  EXPECT_EQ(instance.refused->message, "bug in the plugin: create() returned a null pointer");
}

TEST(OpLayer, CreateCanRefuseWithATypedError) {
  TestInstance instance(module(), mode("refuse"));
  ASSERT_TRUE(instance.refused);
  EXPECT_EQ(instance.refused->error_class, ErrorClass::kInvalidRequest);
  EXPECT_EQ(instance.refused->message, "mode: refuse is no mode; choose another");
}

TEST(OpLayer, ConfigThatIsNoObjectIsRefused) {
  TestInstance instance(module(), "[1]");
  ASSERT_TRUE(instance.refused);
  EXPECT_EQ(instance.refused->error_class, ErrorClass::kInvalidRequest);
}

TEST(OpLayer, AThrowInDescribeIsAnEmptyObject) {
  TestInstance instance(module(), mode("throw in describe"));
  EXPECT_EQ(instance.describe(), "{}");
}

TEST(OpLayer, ConfigIsReadWithTypes) {
  TestInstance instance(
      module(), R"({"mode":"config","number":42,"names":["a","b\"]\\","c"],"x":"[\"no\"]"})");
  TestOp op(instance, {});
  instance.host.run();
  EXPECT_EQ(op.text(), R"(42|a|b"]\|c)");
}

TEST(OpLayer, AValueOfAnotherTypeCountsAsAbsent) {
  TestInstance instance(module(), R"({"mode":"config","number":"42","names":7})");
  TestOp op(instance, {});
  instance.host.run();
  EXPECT_EQ(op.text(), "-1");
}

TEST(OpLayer, TheRequestOutlivesTheCallThatBroughtIt) {
  TestInstance instance(module(), mode("model"));
  TestOp op(instance, {.model = "a model with a name that fits no small buffer"});
  instance.host.run();
  EXPECT_EQ(op.text(), "a model with a name that fits no small buffer");
}

TEST(OpLayer, ADroppedOperationReportsInternalByItself) {
  TestInstance instance(module(), mode("drop"));
  TestOp op(instance, {});
  instance.host.run();
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kInternal);
  EXPECT_EQ(op.ends(), 1);
}

TEST(OpLayer, AThrowInStartEndsTheOperationWithItsWords) {
  TestInstance instance(module(), mode("throw in start"));
  TestOp op(instance, {});
  instance.host.run();
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kInternal);
  EXPECT_THAT(op.error()->message, HasSubstr("start fell over"));
  EXPECT_EQ(op.ends(), 1);
}

TEST(OpLayer, AnOperationDroppedByACaughtThrowReportsInternal) {
  TestInstance instance(module(), mode("catch a throw"));
  TestOp op(instance, {});
  instance.host.run();
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kInternal);
}

TEST(OpLayer, AnOperationDroppedByTheThrowOfAnotherReportsInternalAtOnce) {
  TestInstance instance(module(), mode("hold, then drop all by a throw"));
  TestOp held(instance, {});
  instance.host.run();
  TestOp thrower(instance, {});
  instance.host.run();
  ASSERT_TRUE(held.error());
  EXPECT_EQ(held.error()->error_class, ErrorClass::kInternal);
  ASSERT_TRUE(thrower.error());
  EXPECT_THAT(thrower.error()->message, HasSubstr("both gone"));
}

TEST(OpLayer, ASecondEndAndWhatFollowsIsSwallowed) {
  TestInstance instance(module(), mode("two ends"));
  TestOp op(instance, {});
  instance.host.run();
  EXPECT_EQ(types(op), std::vector<std::uint32_t>{PRX_EV_DONE});
}

TEST(OpLayer, WithoutATimerStartIsRefusedAndNoEventComes) {
  TestInstance instance(module(), mode("answer"));
  instance.host.refuse_timers = true;
  TestOp op(instance, {});
  ASSERT_TRUE(op.refused);
  EXPECT_EQ(op.refused->error_class, ErrorClass::kInternal);
  EXPECT_TRUE(op.events().empty());
}

TEST(OpLayer, TimersRunInVirtualTime) {
  TestInstance instance(module(), mode("timers"));
  TestOp op(instance, {});
  instance.host.advance(milliseconds(19));
  EXPECT_EQ(op.text(), "01");
  instance.host.advance(milliseconds(20));
  EXPECT_EQ(op.text(), "012hello");
  EXPECT_TRUE(op.ended());
}

TEST(OpLayer, ATimerThatIsRefusedLaterEndsTheOperation) {
  TestInstance instance(module(), mode("timers"));
  TestOp op(instance, {});
  instance.host.refuse_timers = true;
  instance.host.run();
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kInternal);
  EXPECT_EQ(op.ends(), 1);
}

TEST(OpLayer, AWorkerEmitsAndEnds) {
  TestInstance instance(module(), mode("worker"));
  TestOp op(instance, {});
  instance.host.run();
  instance.host.run_workers();
  EXPECT_EQ(op.text().size(), 100u);
  EXPECT_TRUE(op.ended());
  EXPECT_FALSE(op.error());
}

TEST(OpLayer, AThrowOnAWorkerEndsTheOperation) {
  TestInstance instance(module(), mode("worker throws"));
  TestOp op(instance, {});
  instance.host.run();
  instance.host.run_workers();
  ASSERT_TRUE(op.error());
  EXPECT_THAT(op.error()->message, HasSubstr("worker fell over"));
}

TEST(OpLayer, AWorkerCanHandTheOperationBackToTheLoop) {
  TestInstance instance(module(), mode("worker and back"));
  TestOp op(instance, {});
  instance.host.run();
  instance.host.start_workers();
  instance.host.join_workers();
  EXPECT_TRUE(op.events().empty());
  instance.host.run();
  EXPECT_EQ(op.text(), "hello");
}

// The worker's end comes while the task that it posted is in the middle of an event.
TEST(OpLayer, ACancelInsideATaskWhoseWorkerIsDoneWaitsForThatTask) {
  TestInstance instance(module(), mode("stay after the post"));
  TestOp op(instance, {});
  op.event_hook = [&](const prx_event& event) {
    if (event.type != PRX_EV_TEXT) return;
    instance.host.join_workers();
    op.cancel();
  };
  instance.host.run();
  instance.host.start_workers();
  while (op.events().empty()) instance.host.run();
  EXPECT_EQ(op.nested(), 0);
  EXPECT_EQ(op.ends(), 1);
}

TEST(OpLayer, AWorkerThatThrowsAfterItsPostEndsTheOperationInItsPlace) {
  TestInstance instance(module(), mode("post then throw"));
  TestOp op(instance, {});
  instance.host.run();
  instance.host.run_workers();
  ASSERT_TRUE(op.error());
  EXPECT_THAT(op.error()->message, HasSubstr("fell over after the post"));
  EXPECT_EQ(op.text(), "");
  EXPECT_EQ(op.ends(), 1);
}

TEST(OpLayer, AWorkerThatThrowsWhenTheNextTaskRunsIsOnlyLogged) {
  TestInstance instance(module(), mode("throw after the next began"));
  TestOp op(instance, {});
  op.event_hook = [&](const prx_event& event) {
    if (event.type == PRX_EV_TEXT) instance.host.join_workers();
  };
  instance.host.run();
  instance.host.start_workers();
  while (op.events().empty()) instance.host.run();
  EXPECT_EQ(op.text(), "hello");
  EXPECT_FALSE(op.error());
  EXPECT_THAT(instance.host.log_lines.back().text, HasSubstr("fell over too late"));
}

TEST(OpLayer, WithoutAWorkerTheOperationEndsWithInternal) {
  TestInstance instance(module(), mode("worker"));
  instance.host.refuse_workers = true;
  TestOp op(instance, {});
  instance.host.run();
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kInternal);
}

TEST(OpLayer, APostThatIsRefusedEndsTheOperation) {
  TestInstance instance(module(), mode("worker and back"));
  instance.host.refuse_posts = true;
  TestOp op(instance, {});
  instance.host.run();
  instance.host.run_workers();
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kInternal);
}

TEST(OpLayer, AHostWithoutServicesRefusesTheStart) {
  const Module& loaded = module();
  FakeHost bare;
  bare.missing_services = {PRX_EXEC_ID, PRX_HTTP_ID, PRX_LOG_ID};
  void* created = nullptr;
  const std::string config = mode("answer");
  ASSERT_EQ(loaded.provider->create(nullptr, bare.abi(), loaded.plugin->id,
                                    {config.data(), config.size()}, nullptr, &created),
            PRX_OK);
  prx_request request{};
  request.size = sizeof request;
  request.op = PRX_OP_CHAT;
  const prx_sink sink{sizeof sink, 0, nullptr, [](void*, const prx_event*) noexcept { return 0; }};
  void* op = nullptr;
  EXPECT_EQ(loaded.provider->start(created, &request, &sink, nullptr, &op), PRX_E_INTERNAL);
  loaded.provider->destroy(created);
}

}  // namespace
}  // namespace prx::test
