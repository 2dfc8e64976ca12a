// The HTTP step of the C++ layer: sends, forwards pieces, ends exactly once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/plugin_driver.hpp"

namespace prx::test {
namespace {

using testing::HasSubstr;

const Module& module() {
  static const Module loaded = load(PRX_LAYER_HTTP);
  return loaded;
}

std::string mode(const std::string& name) { return "{\"mode\":\"" + name + "\"}"; }

TEST(HttpLayer, ForwardsPiecesAsTheyCome) {
  TestInstance instance(module(), mode("pieces"));
  TestOp op(instance, {});
  SentRequest& request = instance.host.last();
  instance.host.head(request, 200, {});
  instance.host.data(request, "one ");
  EXPECT_EQ(op.text(), "one ");
  instance.host.data(request, "two");
  EXPECT_EQ(op.text(), "one two");
  EXPECT_FALSE(op.ended());
  instance.host.end(request);
  EXPECT_TRUE(op.ended());
  EXPECT_EQ(op.inside_start(), 0);
}

TEST(HttpLayer, NamesTheHeaderOfTheKey) {
  TestInstance instance(module(), mode("pieces"));
  TestOp op(instance, {});
  EXPECT_EQ(instance.host.last().key_header, "x-api-key");
  EXPECT_EQ(instance.host.last().key_prefix, "");
}

TEST(HttpLayer, ABrokenExchangeEndsWithItsError) {
  TestInstance instance(module(), mode("pieces"));
  TestOp op(instance, {});
  Error error;
  error.error_class = ErrorClass::kTimeout;
  error.phase = Phase::kHead;
  error.message = "no head within 30s";
  instance.host.end(instance.host.last(), error);
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kTimeout);
  EXPECT_EQ(op.error()->phase, Phase::kHead);
  EXPECT_EQ(op.error()->message, "no head within 30s");
}

TEST(HttpLayer, ARefusedSendRefusesTheStart) {
  TestInstance instance(module(), mode("pieces"));
  Error error;
  error.error_class = ErrorClass::kPermission;
  error.message = "layer.test is not one of its hosts";
  instance.host.refuse_send = error;
  TestOp op(instance, {});
  ASSERT_TRUE(op.refused);
  EXPECT_EQ(op.refused->error_class, ErrorClass::kPermission);
  EXPECT_TRUE(op.events().empty());
}

TEST(HttpLayer, ARefusalOfTheAuthorRefusesTheStart) {
  TestInstance instance(module(), mode("refuse"));
  TestOp op(instance, {});
  ASSERT_TRUE(op.refused);
  EXPECT_EQ(op.refused->error_class, ErrorClass::kUnsupported);
}

TEST(HttpLayer, AThrowInRequestRefusesTheStart) {
  TestInstance instance(module(), mode("throw in request"));
  TestOp op(instance, {});
  ASSERT_TRUE(op.refused);
  EXPECT_EQ(op.refused->error_class, ErrorClass::kInternal);
  EXPECT_TRUE(instance.host.requests.empty());
}

TEST(HttpLayer, ANullDecoderRefusesTheStart) {
  TestInstance instance(module(), mode("no decoder"));
  TestOp op(instance, {});
  ASSERT_TRUE(op.refused);
  EXPECT_EQ(op.refused->error_class, ErrorClass::kInternal);
  EXPECT_EQ(op.refused->message, "bug in the plugin: decoder() returned a null pointer");
  EXPECT_TRUE(instance.host.requests.empty());
}

TEST(HttpLayer, AThrowInTheDecoderEndsTheOperationOnce) {
  for (const char* const where : {"throw in head", "throw in data"}) {
    TestInstance instance(module(), mode(where));
    TestOp op(instance, {});
    instance.host.answer(200, "body");
    ASSERT_TRUE(op.error()) << where;
    EXPECT_EQ(op.error()->error_class, ErrorClass::kInternal);
    EXPECT_THAT(op.error()->message, HasSubstr("fell over"));
    EXPECT_EQ(op.ends(), 1);
  }
}

TEST(HttpLayer, WhatComesAfterTheEndIsNotDecoded) {
  TestInstance instance(module(), mode("done in data"));
  TestOp op(instance, {});
  SentRequest& request = instance.host.last();
  instance.host.head(request, 200, {});
  instance.host.data(request, "one");
  instance.host.data(request, "two");
  instance.host.end(request);
  EXPECT_EQ(op.text(), "one");
  EXPECT_EQ(op.ends(), 1);
}

TEST(HttpLayer, ReleaseEndsAnExchangeThatStillRuns) {
  TestInstance instance(module(), mode("done in data"));
  {
    TestOp op(instance, {});
    instance.host.head(instance.host.last(), 200, {});
    instance.host.data(instance.host.last(), "one");
    EXPECT_EQ(instance.host.in_flight(), 1u);
  }
  EXPECT_EQ(instance.host.in_flight(), 0u);
}

TEST(HttpLayer, ADecoderWithoutAnEndIsInternal) {
  TestInstance instance(module(), mode("no end"));
  TestOp op(instance, {});
  instance.host.answer(200, "body");
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kInternal);
}

TEST(HttpLayer, AnOperationMakesAtMostEightRequests) {
  TestInstance instance(module(), mode("for ever"));
  TestOp op(instance, {});
  while (instance.host.in_flight() > 0) instance.host.answer(200, "body");
  EXPECT_EQ(instance.host.requests.size(), 8u);
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kInternal);
}

TEST(HttpLayer, ASecondRequestThatIsRefusedEndsTheOperation) {
  TestInstance instance(module(), mode("for ever"));
  TestOp op(instance, {});
  Error error;
  error.error_class = ErrorClass::kPermission;
  error.message = "no";
  instance.host.refuse_send = error;
  instance.host.answer(200, "body");
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kPermission);
}

TEST(HttpLayer, SixtyFourHeadersAreSentAndSixtyFiveRefused) {
  TestInstance most(module(), mode("64 headers"));
  TestOp sent(most, {});
  EXPECT_EQ(most.host.last().headers.size(), 64u);
  TestInstance more(module(), mode("65 headers"));
  TestOp refused(more, {});
  ASSERT_TRUE(refused.refused);
  EXPECT_EQ(refused.refused->error_class, ErrorClass::kInvalidRequest);
}

TEST(HttpLayer, AWholeBodyComesWithItsHead) {
  TestInstance instance(module(), mode("whole"));
  TestOp op(instance, {});
  SentRequest& request = instance.host.last();
  instance.host.head(request, 201, {{"x-note", "yes"}});
  instance.host.data(request, "12345678");
  instance.host.data(request, "12345678");
  instance.host.end(request);
  ASSERT_EQ(op.events().size(), 2u);
  EXPECT_EQ(op.events()[0].json, "1234567812345678");
  EXPECT_EQ(op.events()[0].id, "201");
  EXPECT_EQ(op.events()[0].text, "yes");
}

TEST(HttpLayer, ARejectedStatusWinsOverWhatHappensToItsBody) {
  TestInstance instance(module(), mode("wait for the body"));
  TestOp op(instance, {});
  instance.host.head(instance.host.last(), 429, {});
  Error cut;
  cut.error_class = ErrorClass::kBadResponse;
  cut.message = "the response body is above 256 bytes";
  instance.host.end(instance.host.last(), cut);
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kRateLimit);
  EXPECT_EQ(op.error()->http_status, 429);
  EXPECT_EQ(op.error()->message,
            "the server answered with HTTP status 429; the response body is above 256 bytes");
  EXPECT_EQ(instance.host.timers(), 0u);
}

TEST(HttpLayer, TheBodyOfARejectedStatusIsWaitedForTwoSecondsAtMost) {
  TestInstance instance(module(), mode("wait for the body"));
  TestOp op(instance, {});
  SentRequest& request = instance.host.last();
  instance.host.head(request, 503, {});
  instance.host.advance(std::chrono::milliseconds(1000));
  instance.host.data(request, "slow");
  instance.host.advance(std::chrono::milliseconds(999));
  EXPECT_FALSE(op.ended());
  instance.host.advance(std::chrono::milliseconds(1));
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kOverloaded);
  EXPECT_THAT(op.error()->message, HasSubstr("2000 ms"));
  EXPECT_EQ(op.ends(), 1);
  EXPECT_EQ(instance.host.in_flight(), 0u);
}

TEST(HttpLayer, TheBodyOfAnAnswerIsNotWaitedForBySuchAClock) {
  TestInstance instance(module(), mode("wait for the body"));
  TestOp op(instance, {});
  instance.host.head(instance.host.last(), 200, {});
  EXPECT_EQ(instance.host.timers(), 0u);
}

TEST(HttpLayer, TheClockOfARejectedBodyEndsWithTheBodyOrTheOperation) {
  for (const bool cancel : {false, true}) {
    TestInstance instance(module(), mode("wait for the body"));
    TestOp op(instance, {});
    instance.host.head(instance.host.last(), 400, {});
    EXPECT_EQ(instance.host.timers(), 1u);
    cancel ? op.cancel() : instance.host.end(instance.host.last());
    EXPECT_TRUE(op.ended());
    EXPECT_EQ(instance.host.timers(), 0u);
  }
  TestInstance instance(module(), mode("pieces"));  // ends at the head
  TestOp op(instance, {});
  instance.host.head(instance.host.last(), 400, {});
  EXPECT_TRUE(op.ended());
  EXPECT_EQ(instance.host.timers(), 0u);
}

TEST(HttpLayer, ARejectedStatusNeedsNoClockOfTheHost) {
  TestInstance instance(module(), mode("wait for the body"));
  instance.host.refuse_timers = true;
  TestOp op(instance, {});
  instance.host.head(instance.host.last(), 429, {});
  EXPECT_FALSE(op.ended());
  instance.host.end(instance.host.last());
  EXPECT_TRUE(op.ended());
}

TEST(HttpLayer, WhatCameOfARejectedBodyIsGivenAwayAtItsLimitItsCutAndItsTimeout) {
  for (const char* const how : {"limit", "cut", "timeout"}) {
    TestInstance instance(module(), mode("whole"));
    TestOp op(instance, {});
    SentRequest& request = instance.host.last();
    instance.host.head(request, 500, {});
    instance.host.data(request, "12345678");
    Error cut;
    cut.error_class = ErrorClass::kNetwork;
    if (how == std::string("limit")) {
      instance.host.data(request, "123456789");
      instance.host.end(request);
    } else if (how == std::string("cut")) {
      instance.host.end(request, cut);
    } else {
      instance.host.advance(std::chrono::seconds(2));
    }
    ASSERT_EQ(op.events().size(), 2u) << how;
    EXPECT_EQ(op.events()[0].id, "500") << how;
    EXPECT_EQ(op.events()[0].json, how == std::string("limit") ? "1234567812345678" : "12345678");
  }
}

TEST(HttpLayer, ABodyOverItsLimitIsABadResponse) {
  TestInstance instance(module(), mode("whole"));
  TestOp op(instance, {});
  instance.host.answer(200, "12345678123456781");
  ASSERT_TRUE(op.error());
  EXPECT_EQ(op.error()->error_class, ErrorClass::kBadResponse);
  EXPECT_THAT(op.error()->message, HasSubstr("16 bytes"));
}

}  // namespace
}  // namespace prx::test
