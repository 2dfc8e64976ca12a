// The examples of the SDK do what their first lines say.
#include <gtest/gtest.h>

#include "plugins/plugin_driver.hpp"

namespace prx::test {
namespace {

using std::chrono::milliseconds;

TEST(ExampleEcho, SaysItsTextWordByWord) {
  TestInstance instance(load(PRX_EXAMPLE_ECHO), R"({"text":"one two three","pause_ms":5})");
  TestOp op(instance, {});
  instance.host.run();
  EXPECT_EQ(op.text(), "one");
  instance.host.advance(milliseconds(5));
  EXPECT_EQ(op.text(), "one two");
  instance.host.advance(milliseconds(10));
  EXPECT_EQ(op.text(), "one two three");
  EXPECT_TRUE(op.ended());
  EXPECT_FALSE(op.error());
}

TEST(ExampleEcho, CanBeCancelledBetweenWords) {
  TestInstance instance(load(PRX_EXAMPLE_ECHO), R"({"text":"one two three","pause_ms":5})");
  TestOp op(instance, {});
  instance.host.run();
  op.cancel();
  instance.host.advance(milliseconds(100));
  EXPECT_EQ(op.text(), "one");
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kCancelled);
}

TEST(ExampleEcho, AnOperationOfALaterHostIsUnsupported) {
  TestInstance instance(load(PRX_EXAMPLE_ECHO), "{}");
  for (const std::uint32_t op : {0u, 7u, 4'711u}) {
    TestOp later(instance, {.op = op});
    ASSERT_TRUE(later.refused) << op;
    EXPECT_EQ(later.refused->error_class, ErrorClass::kUnsupported);
  }
}

TEST(ExampleHttp, PostsTheRequestAndReadsPlainText) {
  TestInstance instance(load(PRX_EXAMPLE_HTTP), "{}");
  TestOp op(instance, {.body = R"({"messages":[]})"});
  EXPECT_EQ(instance.host.last().url, "https://api.example.com/generate");
  EXPECT_EQ(instance.host.last().body_data, op.body().data());
  instance.host.answer(200, "Hello.", "text/plain");
  EXPECT_EQ(op.text(), "Hello.");
  EXPECT_FALSE(op.error());
  EXPECT_TRUE(op.ended());
}

TEST(ExampleHttp, ARejectedStatusIsATypedError) {
  TestInstance instance(load(PRX_EXAMPLE_HTTP), "{}");
  TestOp op(instance, {.body = "{}"});
  instance.host.answer(429, "slow down", "text/plain");
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kRateLimit);
  EXPECT_EQ(op.text(), "");
}

TEST(ExampleC, AnswersOnTheNextTurn) {
  TestInstance instance(load(PRX_EXAMPLE_C), "{}");
  TestOp op(instance, {});
  EXPECT_TRUE(op.events().empty());
  instance.host.run();
  EXPECT_EQ(op.text(), "Hello from C.");
  EXPECT_EQ(op.ends(), 1);
}

TEST(ExampleC, CanBeCancelledAndRefusesWhatItCannot) {
  TestInstance instance(load(PRX_EXAMPLE_C), "{}");
  TestOp chat(instance, {});
  chat.cancel();
  chat.cancel();
  ASSERT_TRUE(chat.error());
  EXPECT_EQ(chat.error()->error_class, ErrorClass::kCancelled);
  EXPECT_EQ(chat.ends(), 1);
  TestOp models(instance, {.op = PRX_OP_MODELS});
  ASSERT_TRUE(models.refused);
  EXPECT_EQ(models.refused->error_class, ErrorClass::kUnsupported);
}

}  // namespace
}  // namespace prx::test
