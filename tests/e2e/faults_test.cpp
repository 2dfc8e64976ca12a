// Every kind of bad day that one target can have: never a hang, never a false success, the right
// class; over a plain socket, TLS and HTTP/2.
#include <cctype>

#include "e2e/rig.hpp"

namespace prx::test {
namespace {

using namespace std::chrono_literals;

struct Outcome {
  ErrorClass error_class;
  int status = 0;  ///< 0: not checked
  /// When nothing of the answer came through: a proxy may drop the head together with the cut.
  std::optional<ErrorClass> unseen{};
  /// Our own clock ends it; the others run without short ones, which a loaded machine would hit.
  [[nodiscard]] bool is_a_clock() const {
    return error_class == ErrorClass::kTimeout && status == 0;
  }
};

constexpr Outcome kCut{ErrorClass::kBadResponse};
constexpr Outcome kCutBehindProxy{ErrorClass::kBadResponse, 0, ErrorClass::kNetwork};

struct Case {
  Case(const char* fault, Outcome everywhere) : Case(fault, everywhere, everywhere) {}
  /// Where a proxy turns the fault into another one: nghttpx answers 502 for a server that closes
  /// or resets before the head.
  Case(const char* fault, Outcome on_plain, Outcome behind_proxy)
      : model(fault), plain(on_plain), proxied(behind_proxy) {}
  [[nodiscard]] const Outcome& on(Wire wire) const {
    return wire == Wire::kPlain ? plain : proxied;
  }
  const char* model;
  Outcome plain, proxied;
};

std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.model; }

using WireAndCase = std::tuple<Wire, Case>;

std::string case_name(const ::testing::TestParamInfo<WireAndCase>& instance) {
  std::string name = wire_name(std::get<Wire>(instance.param)) + "_";
  for (const char c : std::string(std::get<Case>(instance.param).model))
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

const auto kEachWire = ::testing::Values(Wire::kPlain, Wire::kTls, Wire::kHttp2);

class Faults : public ::testing::TestWithParam<WireAndCase> {};

constexpr const char* kOneAttempt = "[reliability]\nattempts_max = 1\n";
constexpr const char* kDeadline = "deadline = \"25s\"\n";
/// Long enough for a loaded machine: only what is silent for good may meet one of them.
constexpr const char* kClocks = R"(
connect_timeout = "10s"
head_timeout = "1500ms"
non_stream_timeout = "1500ms"
first_token_timeout = "2s"
idle_timeout = "1500ms"
progress_timeout = "2s"
)";

/// What a target did is then what the call says: nothing is retried or spliced.
void one_attempt(Rig& rig) { rig.toml += kOneAttempt; }

void set_clocks(Rig& rig) {
  rig.toml += kDeadline;
  rig.openrouter += kClocks;
}

TEST_P(Faults, EndsWithItsClass) {
  const auto& [wire, fault] = GetParam();
  const Outcome& expected = fault.on(wire);
  Rig rig(wire);
  one_attempt(rig);
  if (expected.is_a_clock()) set_clocks(rig);
  const auto client = rig.open();
  for (const bool streaming : {true, false}) {
    SCOPED_TRACE(streaming ? "streaming" : "plain");
    const auto before = rig.simulator->stats().requests;
    CallOptions options;
    options.stream_upstream = streaming;
    const CallError error = expect_failure(client->chat(ask("hi", fault.model), options));
    EXPECT_EQ(error.error_class, expected.error_class)
        << to_string(error.error_class) << ": " << error.message;
    if (expected.status != 0) {
      EXPECT_EQ(error.http_status, expected.status) << error.message;
    }
    EXPECT_EQ(error.attempts.size(), 1u);
    EXPECT_EQ(rig.simulator->stats().requests - before, 1u) << "nothing is sent twice unseen";
    EXPECT_EQ(error.message.find(kKey), std::string::npos);
    EXPECT_EQ(rig.log.all().find(kKey), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Over, Faults,
    ::testing::Combine(
        kEachWire,
        ::testing::Values(
            Case("sim/400", {ErrorClass::kInvalidRequest, 400}),
            Case("sim/401", {ErrorClass::kAuth, 401}), Case("sim/402", {ErrorClass::kCredit, 402}),
            Case("sim/403", {ErrorClass::kPermission, 403}),
            Case("sim/404", {ErrorClass::kNotFound, 404}),
            Case("sim/408", {ErrorClass::kTimeout, 408}),
            Case("sim/429", {ErrorClass::kRateLimit, 429}),
            Case("sim/500", {ErrorClass::kOverloaded, 500}),
            Case("sim/503", {ErrorClass::kOverloaded, 503}),
            Case("sim/529", {ErrorClass::kOverloaded, 529}),
            Case("sim/context-length", {ErrorClass::kContextLength, 400}),
            Case("sim/policy", {ErrorClass::kContentPolicy}),
            Case("sim/html?status=502", {ErrorClass::kOverloaded, 502}),
            Case("sim/reset", {ErrorClass::kNetwork}, {ErrorClass::kOverloaded, 502}),
            Case("sim/hang-up", {ErrorClass::kNetwork}, {ErrorClass::kOverloaded, 502}),
            Case("sim/silence", {ErrorClass::kTimeout}),
            Case("sim/truncated-json", {ErrorClass::kBadResponse}))),
    case_name);

class StreamFaults : public ::testing::TestWithParam<WireAndCase> {};

TEST_P(StreamFaults, NeverLookFinished) {
  const auto& [wire, fault] = GetParam();
  const Outcome& expected = fault.on(wire);
  sim::SimulatorOptions paced;  // a proxy drops what it holds when its server goes: give it some
  paced.token_delay = 30ms;
  Rig rig(wire, paced);
  one_attempt(rig);
  if (expected.is_a_clock()) set_clocks(rig);
  const auto client = rig.open();
  const auto stream = client->stream(ask("tell me something long enough to be cut", fault.model));
  std::string text;
  while (const StreamEvent* event = stream->next())
    if (event->type == StreamEvent::Type::kText) text += event->text;
  ASSERT_FALSE(stream->result()) << stream->result()->text;
  const CallError& error = stream->result().error();
  const bool unseen = text.empty() && expected.unseen && error.error_class == expected.unseen;
  EXPECT_TRUE(unseen || error.error_class == expected.error_class)
      << to_string(error.error_class) << ": " << error.message;
  EXPECT_EQ(error.partial.text, text) << "what was delivered is marked as partial";
}

INSTANTIATE_TEST_SUITE_P(
    Over, StreamFaults,
    ::testing::Combine(kEachWire,
                       ::testing::Values(Case("sim/cut?after=0", kCut, kCutBehindProxy),
                                         Case("sim/cut?after=1", kCut, kCutBehindProxy),
                                         Case("sim/cut?after=3", kCut, kCutBehindProxy),
                                         Case("sim/reset?after=2", kCut, kCutBehindProxy),
                                         Case("sim/stall?after=2", {ErrorClass::kTimeout}),
                                         Case("sim/malformed?after=2", {ErrorClass::kBadResponse}),
                                         Case("sim/no-finish", {ErrorClass::kBadResponse}),
                                         Case("sim/empty", {ErrorClass::kBadResponse}))),
    case_name);

class OneFault : public OverEachWire {};
PRX_OVER_EACH_WIRE(OneFault);

TEST_P(OneFault, AnErrorFrameOfEachShapeIsAnErrorOfTheCall) {
  Rig rig(GetParam());
  const auto client = rig.open();
  for (int shape = 1; shape <= 5; ++shape) {
    SCOPED_TRACE(shape);
    const CallError error = expect_failure(
        client->chat(ask("hi", "sim/error-frame?after=2&shape=" + std::to_string(shape))));
    EXPECT_NE(error.error_class, ErrorClass::kInternal) << error.message;
    EXPECT_FALSE(error.partial.text.empty());
  }
}

#ifndef PRX_E2E_ISOLATED  // the room is little for one more process on a loaded machine
TEST_P(OneFault, AFirstTokenMayComeLaterThanTheIdleClock) {
  Rig rig(GetParam());
  one_attempt(rig);
  set_clocks(rig);
  const auto client = rig.open();
  expect_answer(client->chat(ask("think", "sim/late-token?ms=1600&comments=0")));
}
#endif

TEST_P(OneFault, RetryAfterIsReported) {
  Rig rig(GetParam());
  const auto client = rig.open();
  const CallError error = expect_failure(client->chat(ask("hi", "sim/429?retry_after=2")));
  ASSERT_TRUE(error.retry_after);
  EXPECT_EQ(*error.retry_after, 2s);
}

TEST_P(OneFault, AMissingSentinelIsStillAnAnswer) {
  Rig rig(GetParam());
  const auto client = rig.open();
  const ChatResponse answer = expect_answer(client->chat(ask("hi", "sim/no-done")));
  EXPECT_EQ(answer.finish_reason, FinishReason::kStop);
  EXPECT_GT(answer.usage.completion_tokens, 0);
}

TEST_P(OneFault, FramingDoesNotMatter) {
  Rig rig(GetParam());
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
