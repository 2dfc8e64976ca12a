// The host in memory for the unit tests of plugins: plays what a host plays, and sees breaches.
#include "prx/sdk/testing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "prx/plugin.hpp"

namespace prx::sdk::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Fetches a text, then waits for its timer, a worker and a post; its model says what it does
/// wrong.
class Steps final {
 public:
  Steps(const Config& config, Host) : pause_(config.integer("pause_ms", 5)) {}
  static std::string describe() { return R"({"steps":true})"; }
  void start(Op op, const Request&) const {
    op.text("first");
    std::move(op).after(pause_, [](Op late) {
      late.text(" later");
      std::move(late).spawn([](Op worker) {
        worker.text(" worked");
        std::move(worker).post([](Op last) {
          last.finish(FinishReason::kStop);
          last.done();
        });
      });
    });
  }

 private:
  const std::chrono::milliseconds pause_;
};

class Fetches final : public HttpProvider {
 public:
  static Result<std::unique_ptr<Fetches>> create(const Config& config, Host host) {
    if (!config.has("base_url")) return fail(ErrorClass::kInvalidRequest, "base_url is missing");
    return std::make_unique<Fetches>(host);
  }
  using HttpProvider::HttpProvider;
  static std::string describe() { return "{}"; }
  Result<HttpCall> request(const Request&) const override {
    HttpCall call;
    call.url = "https://a.example/x";
    call.headers = {{"X-Mine", "1"}};
    return call;
  }
  std::unique_ptr<Decoder> decoder(const Request&, const prx_sink&) const override {
    return std::make_unique<Whole>();
  }

 private:
  class Whole final : public BodyDecoder {
    void body(const HttpHead& head, std::string_view body, EventWriter& out) override {
      if (is_rejection(head.status)) return out.error(status_error(head.status, "it"));
      out.text(body);
      out.done();
    }
  };
};

constexpr prx_plugin kSteps = detail::Entry<Steps>::plugin("steps", "1");
constexpr prx_plugin kFetches = detail::Entry<Fetches>::plugin("fetches", "1");
constexpr std::string_view kWithUrl = R"({"base_url":"https://a.example"})";

TEST(TestHostOfSdk, TimersWorkersAndPostsRunWhenTheTestSaysSo) {
  TestInstance instance(kSteps, R"({"pause_ms":10})");
  const TestCall call(instance);
  EXPECT_EQ(call.text(), "");
  instance.host.run();
  EXPECT_EQ(call.text(), "first");
  instance.host.advance(std::chrono::milliseconds(9));
  EXPECT_EQ(call.text(), "first");
  instance.host.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(call.text(), "first later worked");
  EXPECT_TRUE(call.done());
  EXPECT_EQ(instance.describe(), R"({"steps":true})");
  EXPECT_EQ(instance.id(), "steps");
  EXPECT_THAT(instance.host.breaches, IsEmpty());
}

TEST(TestHostOfSdk, ACallThatIsDroppedIsCancelledAndItsTimerNeverFires) {
  TestInstance instance(kSteps);
  {
    const TestCall call(instance);
    instance.host.run();
  }
  instance.host.advance(std::chrono::seconds(1));
  EXPECT_THAT(instance.host.breaches, IsEmpty());
}

TEST(TestHostOfSdk, AnAnswerComesInPiecesOrIsCut) {
  TestInstance instance(kFetches, kWithUrl);
  const TestCall whole(instance, {.body = "{\"a\":1}"});
  EXPECT_EQ(instance.host.last().header("x-mine"), "1");
  EXPECT_EQ(instance.host.last().header("x-other"), "");
  EXPECT_EQ(instance.host.last().body, "{\"a\":1}");
  instance.host.answer({.body = "hello", .piece = 2});
  EXPECT_EQ(whole.text(), "hello");
  EXPECT_TRUE(whole.done());
  const TestCall cut(instance);
  instance.host.answer({.body = "hel", .cut = true});
  ASSERT_TRUE(cut.error());
  EXPECT_EQ(cut.error()->error_class, ErrorClass::kNetwork);
  const TestCall refused(instance);
  instance.host.answer({.status = 503, .body = "later", .cut = true});
  ASSERT_TRUE(refused.error());
  EXPECT_EQ(refused.error()->error_class, ErrorClass::kOverloaded);
  EXPECT_THAT(instance.host.breaches, IsEmpty());
}

TEST(TestHostOfSdk, WhatIsRefusedSaysWhy) {
  TestInstance instance(kFetches, "{}");
  ASSERT_TRUE(instance.refused);
  EXPECT_EQ(instance.refused->message, "base_url is missing");
  const TestCall call(instance);
  ASSERT_TRUE(call.refused);
  EXPECT_FALSE(call.ended());
  TestInstance no_file("/nothing/there.so");
  ASSERT_TRUE(no_file.refused);
  EXPECT_THAT(no_file.refused->message, HasSubstr("/nothing/there.so"));
  EXPECT_EQ(no_file.describe(), "");
}

TEST(TestHostOfSdk, AnAnswerThatNobodyAskedForIsTheTestsOwnMistake) {
  TestInstance instance(kSteps);
  instance.host.answer({});
  EXPECT_THAT(instance.host.breaches, ElementsAre(HasSubstr("without a request")));
  EXPECT_EQ(instance.host.last().url, "");
}

// A plugin by hand that breaks the contract in the ways that a layer would not allow.
prx_event terminal() {
  prx_event event{};
  event.size = sizeof event;
  event.type = PRX_EV_DONE;
  return event;
}
struct Hasty {
  static std::int32_t init(const prx_host*, const prx_fail*, void**) noexcept { return PRX_OK; }
  static void deinit(void*) noexcept {}
  static std::int32_t create(void*, const prx_host*, prx_str, prx_str, const prx_fail*,
                             void** out) noexcept {
    static char instance = 0;
    *out = &instance;
    return PRX_OK;
  }
  static void destroy(void*) noexcept {}
  static void describe(void*, const prx_text_out*) noexcept {}
  static std::int32_t start(void*, const prx_request* request, const prx_sink* sink,
                            const prx_fail*, void** op) noexcept {
    static char operation = 0;
    *op = &operation;
    if (request->op == PRX_OP_HEALTH) return PRX_OK;  // and never an end
    if (request->op == PRX_OP_MODELS) return end_badly(*sink);
    const prx_event event = terminal();
    sink->event(sink->ctx, &event);
    sink->event(sink->ctx, &event);
    return PRX_OK;
  }
  /// An end with texts that are no UTF-8.
  static std::int32_t end_badly(const prx_sink& sink) {
    prx_error error{};
    error.size = sizeof error;
    error.code = PRX_E_BAD_RESPONSE;
    error.message = str("bad");
    error.raw = str("caf\xe9");
    prx_event event = terminal();
    event.type = PRX_EV_ERROR;
    event.error = &error;
    event.text = str("\xff");
    sink.event(sink.ctx, &event);
    return PRX_OK;
  }
  static void cancel(void*) noexcept {}
  static void release(void*) noexcept {}
  static const void* interface_of(prx_str) noexcept {
    static constexpr prx_provider kProvider{
        sizeof(prx_provider), 0, &create, &destroy, &describe, &start, &cancel, &release};
    return &kProvider;
  }
  static constexpr prx_plugin kPlugin{sizeof(prx_plugin), PRX_ABI_MAJOR, PRX_ABI_MINOR, 0,
                                      {"hasty", 5},       {"1", 1},      &init,         &deinit,
                                      &interface_of};
};

TEST(TestHostOfSdk, EventsFromInsideStartAndAfterTheEndAreBreaches) {
  TestInstance instance(Hasty::kPlugin);
  { const TestCall call(instance); }
  EXPECT_THAT(instance.host.breaches,
              ElementsAre("an event from inside start()", "an event from inside start()",
                          "an event after the terminal one"));
}

TEST(TestHostOfSdk, ACancelThatBringsNoEndIsABreach) {
  TestInstance instance(Hasty::kPlugin);
  { const TestCall call(instance, {.op = PRX_OP_HEALTH}); }
  EXPECT_THAT(instance.host.breaches, ElementsAre(HasSubstr("within a second of cancel()")));
}

TEST(TestHostOfSdk, TextsThatAreNoUtf8AreBreaches) {
  TestInstance instance(Hasty::kPlugin);
  { const TestCall call(instance, {.op = PRX_OP_MODELS}); }
  EXPECT_THAT(instance.host.breaches,
              ElementsAre("an event from inside start()", HasSubstr("is no UTF-8"),
                          HasSubstr("is no UTF-8")));
}

TEST(TestHostOfSdk, ServicesRefuseAnOperationThatIsOver) {
  TestHost host;
  const auto* exec =
      static_cast<const prx_exec*>(host.abi()->service(host.abi(), str(PRX_EXEC_ID)));
  const auto nothing = [](void*) noexcept {};
  EXPECT_EQ(exec->timer(host.abi(), 99, 0, nothing, nullptr), 0u);
  EXPECT_EQ(exec->post(host.abi(), 99, nothing, nullptr), PRX_E_INVALID_REQUEST);
  EXPECT_EQ(host.breaches.size(), 2u);
  EXPECT_EQ(host.abi()->service(host.abi(), str("prx.unknown/1")), nullptr);
}

/// What the service calls of one operation return that is never started.
class OpenOperation {
 public:
  TestHost host;
  const std::uint64_t id = host.open_call();
  const prx_exec& exec =
      *static_cast<const prx_exec*>(host.abi()->service(host.abi(), str(PRX_EXEC_ID)));
  const prx_http& http =
      *static_cast<const prx_http*>(host.abi()->service(host.abi(), str(PRX_HTTP_ID)));

  static void nothing(void*) noexcept {}
  std::uint64_t timer(std::int64_t delay_ms) {
    return exec.timer(host.abi(), id, delay_ms, &nothing, nullptr);
  }
  std::int32_t post() { return exec.post(host.abi(), id, &nothing, nullptr); }
  std::int32_t spawn() { return exec.spawn(host.abi(), id, &nothing, nullptr); }
  std::int32_t send() {
    prx_http_req request{};
    request.size = sizeof request;
    request.op_id = id;
    prx_http_sink sink{};
    sink.size = sizeof sink;
    FailCatcher reason;
    std::uint64_t exchange = 0;
    return http.send(host.abi(), &request, &sink, reason.abi(), &exchange);
  }
};

TEST(TestHostOfSdk, AnOperationMayHaveWhatEveryHostAllowsAndNoMore) {
  OpenOperation one;
  for (int i = 0; i < 64; ++i) EXPECT_NE(one.timer(1), 0u);
  EXPECT_EQ(one.timer(1), 0u);
  for (int i = 0; i < 4'096; ++i) ASSERT_EQ(one.post(), PRX_OK);
  EXPECT_EQ(one.post(), PRX_E_OVERLOADED);
  EXPECT_EQ(one.spawn(), PRX_OK);
  EXPECT_EQ(one.spawn(), PRX_E_OVERLOADED);
  for (int i = 0; i < 64; ++i) EXPECT_EQ(one.send(), PRX_OK);
  EXPECT_EQ(one.send(), PRX_E_INVALID_REQUEST);
  one.host.advance(std::chrono::milliseconds(1));
  EXPECT_NE(one.timer(1), 0u) << "what has run makes room";
  EXPECT_EQ(one.post(), PRX_OK);
  EXPECT_EQ(one.spawn(), PRX_OK);
  EXPECT_THAT(one.host.breaches, IsEmpty()) << "to ask is no breach";
}

TEST(TestHostOfSdk, ADelayIsAWeekAtMost) {
  OpenOperation one;
  static bool fired;
  fired = false;
  const auto fire = [](void*) noexcept { fired = true; };
  EXPECT_NE(one.exec.timer(one.host.abi(), one.id, INT64_MAX, fire, nullptr), 0u);
  one.host.advance(std::chrono::hours(168) - std::chrono::milliseconds(1));
  EXPECT_FALSE(fired);
  one.host.advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(fired);
}

TEST(TestHostOfSdk, TheFirstEventOfATypeThatNeverCameIsAnEmptyOne) {
  TestInstance instance(kSteps);
  const TestCall call(instance);
  EXPECT_EQ(call.first(PRX_EV_TEXT).type, 0u);
  EXPECT_FALSE(call.first(PRX_EV_USAGE).usage);
  instance.host.run();
  EXPECT_EQ(call.first(PRX_EV_TEXT).text, "first");
}

TEST(ChecksOfSdk, NoCheckAtAllIsAFailure) {
  Checks check;
  EXPECT_EQ(check.exit_code(), 1);
  check(true, "it holds");
  EXPECT_EQ(check.exit_code(), 0);
  ::testing::internal::CaptureStderr();
  check(false, "it does not");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("testing_test.cpp:"), HasSubstr(": not so: it does not")));
  EXPECT_EQ(check.exit_code(), 1);
}

}  // namespace
}  // namespace prx::sdk::testing
