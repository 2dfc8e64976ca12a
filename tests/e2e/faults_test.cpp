// Every kind of bad day that one target can have: never a hang, never a false success, the right
// class.
#include "e2e/rig.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;

struct Case {
  const char* model;
  ErrorClass error_class;
  int status;
};

std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.model; }

class Faults : public ::testing::TestWithParam<Case> {};

constexpr const char* kClocks = R"(
[reliability]
deadline = "5s"
[providers.openrouter]
connect_timeout = "2s"
head_timeout = "300ms"
non_stream_timeout = "300ms"
first_token_timeout = "400ms"
idle_timeout = "300ms"
progress_timeout = "400ms"
)";

TEST_P(Faults, EndsWithItsClass) {
  for (const bool streaming : {true, false}) {
    SCOPED_TRACE(streaming ? "streaming" : "plain");
    Rig rig;
    rig.toml += kClocks;
    const auto client = rig.open();
    CallOptions options;
    options.stream_upstream = streaming;
    const CallError error = expect_failure(client->chat(ask("hi", GetParam().model), options));
    EXPECT_EQ(error.error_class, GetParam().error_class)
        << to_string(error.error_class) << ": " << error.message;
    if (GetParam().status != 0) {
      EXPECT_EQ(error.http_status, GetParam().status) << error.message;
    }
    EXPECT_EQ(error.attempts.size(), 1u);
    EXPECT_EQ(rig.simulator->stats().requests, 1u) << "nothing is sent twice unseen";
    EXPECT_EQ(error.message.find(kKey), std::string::npos);
    EXPECT_EQ(rig.log.all().find(kKey), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Wire, Faults,
    ::testing::Values(
        Case{"sim/400", ErrorClass::kInvalidRequest, 400}, Case{"sim/401", ErrorClass::kAuth, 401},
        Case{"sim/402", ErrorClass::kCredit, 402}, Case{"sim/403", ErrorClass::kPermission, 403},
        Case{"sim/404", ErrorClass::kNotFound, 404}, Case{"sim/408", ErrorClass::kTimeout, 408},
        Case{"sim/429", ErrorClass::kRateLimit, 429}, Case{"sim/500", ErrorClass::kOverloaded, 500},
        Case{"sim/503", ErrorClass::kOverloaded, 503},
        Case{"sim/529", ErrorClass::kOverloaded, 529},
        Case{"sim/context-length", ErrorClass::kContextLength, 400},
        Case{"sim/policy", ErrorClass::kContentPolicy, 0},
        Case{"sim/html?status=502", ErrorClass::kOverloaded, 502},
        Case{"sim/reset", ErrorClass::kNetwork, 0}, Case{"sim/silence", ErrorClass::kTimeout, 0},
        Case{"sim/truncated-json", ErrorClass::kBadResponse, 0}));

class StreamFaults : public ::testing::TestWithParam<Case> {};

TEST_P(StreamFaults, NeverLookFinished) {
  Rig rig;
  rig.toml += kClocks;
  const auto client = rig.open();
  const auto stream =
      client->stream(ask("tell me something long enough to be cut", GetParam().model));
  std::string text;
  while (const StreamEvent* event = stream->next())
    if (event->type == StreamEvent::Type::kText) text += event->text;
  ASSERT_FALSE(stream->result()) << stream->result()->text;
  const CallError& error = stream->result().error();
  EXPECT_EQ(error.error_class, GetParam().error_class)
      << to_string(error.error_class) << ": " << error.message;
  EXPECT_EQ(error.partial.text, text) << "what was delivered is marked as partial";
}

INSTANTIATE_TEST_SUITE_P(Wire, StreamFaults,
                         ::testing::Values(Case{"sim/cut?after=0", ErrorClass::kBadResponse, 0},
                                           Case{"sim/cut?after=1", ErrorClass::kBadResponse, 0},
                                           Case{"sim/cut?after=3", ErrorClass::kBadResponse, 0},
                                           Case{"sim/stall?after=2", ErrorClass::kTimeout, 0},
                                           Case{"sim/malformed?after=2", ErrorClass::kBadResponse,
                                                0},
                                           Case{"sim/no-finish", ErrorClass::kBadResponse, 0},
                                           Case{"sim/empty", ErrorClass::kBadResponse, 0}));

TEST(OneFault, AnErrorFrameOfEachShapeIsAnErrorOfTheCall) {
  for (int shape = 1; shape <= 5; ++shape) {
    SCOPED_TRACE(shape);
    Rig rig;
    const auto client = rig.open();
    const CallError error = expect_failure(
        client->chat(ask("hi", "sim/error-frame?after=2&shape=" + std::to_string(shape))));
    EXPECT_NE(error.error_class, ErrorClass::kInternal) << error.message;
    EXPECT_FALSE(error.partial.text.empty());
  }
}

TEST(OneFault, AFirstTokenMayComeLaterThanTheIdleClock) {
  Rig rig;
  rig.toml += kClocks;
  const auto client = rig.open();
  expect_answer(client->chat(ask("think", "sim/late-token?ms=350&comments=0")));
}

TEST(OneFault, RetryAfterIsReported) {
  Rig rig;
  const auto client = rig.open();
  const CallError error = expect_failure(client->chat(ask("hi", "sim/429?retry_after=2")));
  ASSERT_TRUE(error.retry_after);
  EXPECT_EQ(*error.retry_after, 2s);
}

TEST(OneFault, AMissingSentinelIsStillAnAnswer) {
  Rig rig;
  const auto client = rig.open();
  const ChatResponse answer = expect_answer(client->chat(ask("hi", "sim/no-done")));
  EXPECT_EQ(answer.finish_reason, FinishReason::kStop);
  EXPECT_GT(answer.usage.completion_tokens, 0);
}

TEST(OneFault, FramingDoesNotMatter) {
  Rig rig;
  const auto client = rig.open();
  const std::string whole =
      expect_answer(client->chat(ask("h\xc3\xa9llo w\xc3\xb6rld", "sim/ok"))).text;
  for (const char* model :
       {"sim/split", "sim/split?size=1", "sim/crlf", "sim/wrong-type", "sim/plain-json"})
    EXPECT_EQ(expect_answer(client->chat(ask("h\xc3\xa9llo w\xc3\xb6rld", model))).text, whole)
        << model;
}

}  // namespace
}  // namespace prx::test
