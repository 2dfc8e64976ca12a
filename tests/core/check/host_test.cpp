// The strict host itself: loops, lent memory, judges of events, samples.
#include "check/host/host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "check/host/call.hpp"
#include "check/host/event_copy.hpp"
#include "check/host/event_judge.hpp"
#include "check/host/fail_judge.hpp"
#include "check/host/guarded_memory.hpp"
#include "check/host/loop.hpp"
#include "check/host/samples.hpp"
#include "check/host/script.hpp"
#include "prx/sdk/abi.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::check {
namespace {

using sdk::str;
using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CheckLoop, RunsTasksInTheOrderOfTheirTimesAndMovesTheClock) {
  Clock clock;
  Loop loop(clock);
  const std::int64_t begin = clock.now_ns();
  std::vector<std::string> ran;
  loop.at(begin + 20, [&] { ran.push_back("late " + std::to_string(clock.now_ns() - begin)); });
  loop.at(begin + 10, [&] { ran.push_back("early " + std::to_string(clock.now_ns() - begin)); });
  loop.post([&] { ran.emplace_back("now"); });
  while (loop.run_one()) continue;
  EXPECT_THAT(ran, ElementsAre("now", "early 10", "late 20"));
  EXPECT_EQ(here().loop, nullptr);
}

TEST(CheckLoop, StopsBeforeTasksThatAreLaterThanAsked) {
  Clock clock;
  Loop loop(clock);
  const std::int64_t begin = clock.now_ns();
  bool ran = false;
  loop.at(begin + 11, [&] { ran = true; });
  EXPECT_FALSE(loop.run_one(begin + 10));
  EXPECT_FALSE(ran);
  EXPECT_TRUE(loop.run_one(begin + 11));
  EXPECT_TRUE(ran);
}

TEST(CheckLoop, ACancelledTaskNeverRuns) {
  Clock clock;
  Loop loop(clock);
  bool ran = false;
  const std::uint64_t id = loop.post([&] { ran = true; });
  loop.cancel(id);
  loop.cancel(id);
  EXPECT_FALSE(loop.run_one());
  EXPECT_FALSE(ran);
}

TEST(CheckLoop, WakesForATaskOfAnotherThread) {
  Clock clock;
  Loop loop(clock);
  bool ran = false;
  std::thread other([&] { loop.post([&] { ran = here().loop == &loop; }); });
  EXPECT_TRUE(loop.wait(std::chrono::seconds(60)));
  EXPECT_TRUE(loop.run_one());
  other.join();
  EXPECT_TRUE(ran);
}

/// A struct as the interface has them.
struct Sized {
  std::uint32_t size, value;
};
constexpr Sized kSized{sizeof(Sized), 7};

/// Whether a read at that place ends a process.
void read_at(const void* at) {
  const volatile char byte = *static_cast<const char*>(at);
  static_cast<void>(byte);
}

TEST(LenderDeathTest, NothingBehindAStructOrATextCanBeRead) {
  Lender lender(Lending::kEdge);
  const Sized* const lent = lender.lend(kSized);
  EXPECT_EQ(lent->value, 7u);
  EXPECT_EQ(lent->size, sizeof(Sized));
  EXPECT_DEATH(read_at(lent + 1), "");
  const prx_str text = lender.lend_text("abc");
  EXPECT_EQ(sdk::view(text), "abc");
  EXPECT_DEATH(read_at(text.ptr + text.len), "");
}

TEST(LenderDeathTest, TheNewPartOfAFutureStructCannotBeRead) {
  Lender lender(Lending::kFuture);
  const Sized* const lent = lender.lend(kSized);
  EXPECT_EQ(lent->size, sizeof(Sized) + kFutureTail);
  EXPECT_DEATH(read_at(lent + 1), "");
}

TEST(LenderDeathTest, WhatWasBorrowedIsUnreadableOnceItIsTakenBack) {
  const Sized* kept = nullptr;
  {
    Lender lender(Lending::kBorrowed);
    kept = lender.lend(kSized);
    EXPECT_EQ(kept->value, 7u);
  }
  EXPECT_DEATH(read_at(kept), "");
}

TEST(Lender, ACanaryThatWasOverwrittenIsSeen) {
  Lender lender(Lending::kCanary);
  const Sized* const lent = lender.lend(kSized);
  EXPECT_TRUE(lender.canaries_live());
  reinterpret_cast<char*>(const_cast<Sized*>(lent) + 1)[kFutureTail - 1] = 0;
  EXPECT_FALSE(lender.canaries_live());
}

TEST(Lender, BytesLongerThanAPageEndAtTheEdge) {
  const std::string text(10'000, 'x');
  Lender lender(Lending::kEdge);
  EXPECT_EQ(sdk::view(lender.lend_text(text)), text);
}

prx_event event_of(std::uint32_t type) {
  prx_event event{};
  event.size = sizeof event;
  event.type = type;
  return event;
}
prx_event text_of(const char* text) {
  prx_event event = event_of(PRX_EV_TEXT);
  event.text = str(text);
  return event;
}
prx_event call_of(std::uint32_t index, const char* id, const char* name) {
  prx_event event = event_of(PRX_EV_TOOL_CALL);
  event.index = index;
  event.id = str(id);
  event.name = str(name);
  return event;
}

std::vector<Breach> kinds_of(Breaches& breaches) {
  std::vector<Breach> kinds;
  for (const Observed& seen : breaches.take()) kinds.push_back(seen.breach);
  return kinds;
}

std::vector<Breach> judged(const std::vector<prx_event>& events, std::uint32_t flags = 0) {
  Breaches breaches;
  EventJudge judge(PRX_OP_CHAT, flags, false, breaches);
  for (const prx_event& event : events) judge.see(event);
  return kinds_of(breaches);
}

const prx_event kFinish = event_of(PRX_EV_FINISH);
const prx_event kDone = event_of(PRX_EV_DONE);

TEST(EventJudge, AnAnswerThatKeepsTheGrammarIsNoBreach) {
  EXPECT_THAT(judged({event_of(PRX_EV_META), text_of("a"), call_of(0, "i", "n"), call_of(0, "", ""),
                      call_of(1, "j", "m"), kFinish, kDone}),
              IsEmpty());
}

TEST(EventJudge, OrderIsJudged) {
  EXPECT_THAT(judged({kDone}), ElementsAre(Breach::kGrammar)) << "no FINISH";
  EXPECT_THAT(judged({kFinish, kFinish, kDone}), ElementsAre(Breach::kGrammar));
  EXPECT_THAT(judged({kFinish, text_of("a"), kDone}), ElementsAre(Breach::kGrammar));
  EXPECT_THAT(judged({text_of("a"), event_of(PRX_EV_META), kFinish, kDone}),
              ElementsAre(Breach::kGrammar));
  prx_event other = text_of("b");
  other.choice = 1;
  EXPECT_THAT(judged({kFinish, other, kDone}), IsEmpty()) << "another choice goes on";
}

TEST(EventJudge, ToolCallsAreJudged) {
  const prx_event tools = kFinish;
  EXPECT_THAT(judged({call_of(1, "i", "n"), tools}), ElementsAre(Breach::kToolCall));
  EXPECT_THAT(judged({call_of(0, "", "n"), tools}), ElementsAre(Breach::kToolCall));
  EXPECT_THAT(judged({call_of(0, "i", ""), tools}), ElementsAre(Breach::kToolCall));
  EXPECT_THAT(judged({call_of(0, "i", "n"), call_of(0, "i", ""), tools}),
              ElementsAre(Breach::kToolCall));
  prx_event cut = kFinish;
  cut.finish = PRX_FINISH_LENGTH;
  EXPECT_THAT(judged({call_of(0, "i", ""), cut}), IsEmpty()) << "cut before its name";
}

TEST(EventJudge, TextsAndFieldsAreJudged) {
  EXPECT_THAT(judged({text_of("")}), ElementsAre(Breach::kText));
  EXPECT_THAT(judged({text_of("\xff")}), ElementsAre(Breach::kText));
  prx_event small = kDone;
  small.size = 8;
  EXPECT_THAT(judged({small}), ElementsAre(Breach::kEventField));
  EXPECT_THAT(judged({event_of(42)}), ElementsAre(Breach::kEventField));
  EXPECT_THAT(judged({event_of(PRX_EV_ERROR)}), ElementsAre(Breach::kEventField)) << "no error";
  EXPECT_THAT(judged({event_of(PRX_EV_USAGE)}), ElementsAre(Breach::kEventField)) << "no usage";
  prx_event meta = event_of(PRX_EV_META);
  meta.json = str("[]");
  EXPECT_THAT(judged({meta}), ElementsAre(Breach::kEventField)) << "no object";
  prx_event raw = event_of(PRX_EV_RAW);
  raw.json = str("{");
  EXPECT_THAT(judged({raw}), ElementsAre(Breach::kEventField));
}

TEST(EventJudge, FramesAreJudged) {
  prx_event framed = text_of("a");
  framed.frame = str("data: a");
  EXPECT_THAT(judged({framed}), ElementsAre(Breach::kFrame)) << "not asked for";
  EXPECT_THAT(judged({framed}, PRX_RF_WANT_FRAME), IsEmpty());
  framed.flags = PRX_EVF_SAME_FRAME;
  EXPECT_THAT(judged({framed}, PRX_RF_WANT_FRAME), ElementsAre(Breach::kFrame));
}

TEST(EventJudge, UsageIsJudged) {
  prx_usage usage{};
  usage.size = sizeof usage;
  usage.prompt_tokens = -1;
  prx_event event = event_of(PRX_EV_USAGE);
  event.usage = &usage;
  EXPECT_THAT(judged({event}), IsEmpty());
  usage.total_tokens = -2;
  EXPECT_THAT(judged({event}), ElementsAre(Breach::kUsage));
}

TEST(ErrorJudge, EachFieldHasItsRange) {
  const auto breaches_of = [](void (*change)(prx_error&)) {
    Error source;
    source.message = "it failed";
    prx_error error = sdk::to_abi(source);
    change(error);
    Breaches breaches;
    judge_error(error, breaches, "test");
    return breaches.take().size();
  };
  EXPECT_EQ(breaches_of([](prx_error&) {}), 0u);
  EXPECT_EQ(breaches_of([](prx_error& error) { error.code = 99; }), 1u);
  EXPECT_EQ(breaches_of([](prx_error& error) { error.code = PRX_OK; }), 1u);
  EXPECT_EQ(breaches_of([](prx_error& error) { error.http_status = 99; }), 1u);
  EXPECT_EQ(breaches_of([](prx_error& error) { error.flags = 1; }), 1u);
  EXPECT_EQ(breaches_of([](prx_error& error) { error.retryable = 2; }), 1u);
  EXPECT_EQ(breaches_of([](prx_error& error) { error.phase = 5; }), 1u);
  EXPECT_EQ(breaches_of([](prx_error& error) { error.retry_after_ms = -2; }), 1u);
  EXPECT_EQ(breaches_of([](prx_error& error) { error.message.len = 0; }), 1u);
  EXPECT_EQ(breaches_of([](prx_error& error) { error.message = str("a\nb"); }), 1u);
  EXPECT_EQ(breaches_of([](prx_error& error) { error.raw = str("\xff"); }), 1u);
  EXPECT_EQ(breaches_of([](prx_error& error) {
              static const std::string large((64u << 10) + 1, 'x');
              error.raw = str(large);
            }),
            1u);
}

TEST(FailJudge, IsSetOnceAndAgreesWithTheStatus) {
  const auto breaches_of = [](std::int32_t status, std::vector<std::int32_t> codes) {
    Breaches breaches;
    FailJudge judge(breaches, "start");
    const prx_fail fail = judge.abi();
    for (const std::int32_t code : codes) {
      Error error;
      error.error_class = error_class_from(code);
      error.message = "no";
      sdk::report(&fail, sdk::to_abi(error));
    }
    judge.judge(status);
    EXPECT_EQ(judge.reason().has_value(), status != PRX_OK);
    return breaches.take().size();
  };
  EXPECT_EQ(breaches_of(PRX_OK, {}), 0u);
  EXPECT_EQ(breaches_of(PRX_E_AUTH, {PRX_E_AUTH}), 0u);
  EXPECT_EQ(breaches_of(PRX_E_AUTH, {}), 1u);
  EXPECT_EQ(breaches_of(PRX_OK, {PRX_E_AUTH}), 1u);
  EXPECT_EQ(breaches_of(PRX_E_AUTH, {PRX_E_AUTH, PRX_E_AUTH}), 1u);
  EXPECT_EQ(breaches_of(PRX_E_AUTH, {PRX_E_CREDIT}), 1u);
}

// --- operations

/// The operation of a provider whose answer is one task that it posts.
struct PostedDone {
  prx_sink sink{};
  static void run(void* self) noexcept {
    const prx_sink& sink = static_cast<PostedDone*>(self)->sink;
    prx_event event{};
    event.size = sizeof event;
    event.type = PRX_EV_DONE;
    sink.event(sink.ctx, &event);
  }
};
PostedDone posted;
void nothing(void*) noexcept {}

TEST(Call, APostToAnEndedOperationIsRefusedAndNobodysFault) {
  Subject subject;
  World world(subject, Lending::kPlain);
  Host host(world);
  Loop loop(world.clock);
  prx_provider provider{};
  provider.start = [](void*, const prx_request*, const prx_sink* sink, const prx_fail*,
                      void** op) noexcept {
    posted.sink = *sink;
    *op = &posted;
    return std::int32_t{PRX_OK};
  };
  provider.cancel = &nothing;
  provider.release = &nothing;
  CallSpec spec;
  spec.op = PRX_OP_HEALTH;
  Call call(host, loop, provider, spec);
  ASSERT_TRUE(call.start(nullptr));
  const prx_host* const abi = host.abi();
  const auto* const exec = static_cast<const prx_exec*>(abi->service(abi, str(PRX_EXEC_ID)));
  EXPECT_EQ(exec->post(abi, call.id(), &PostedDone::run, &posted), PRX_OK);
  EXPECT_TRUE(call.run());
  call.release();
  EXPECT_EQ(exec->post(abi, call.id(), &nothing, nullptr), PRX_E_INVALID_REQUEST);
  EXPECT_THAT(world.breaches.take(), IsEmpty());
  EXPECT_EQ(exec->post(abi, call.id() + 1, &nothing, nullptr), PRX_E_INVALID_REQUEST);
  EXPECT_EQ(world.breaches.take().size(), 1u) << "no operation ever had that id";
}

/// An operation that asks for what the test wants of its host, from inside start.
class Asking {
 public:
  explicit Asking(CallSpec spec = {}) : call_(host_, loop_, provider(), spec) {}
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  ~Asking() { posted.sink = {}; }

  /// \param ask  is called with the host, its prx.exec/1 and prx.http/1, and the op_id
  void start(
      std::function<void(const prx_host*, const prx_exec&, const prx_http&, std::uint64_t)> ask) {
    asked = std::move(ask);
    host_.server = [](const Sent&) { return Script(); };
    on = host_.abi();
    ASSERT_TRUE(call_.start(nullptr));
  }
  /// Runs it to its end.
  void end() {
    EXPECT_EQ(exec().post(on, call_.id(), &PostedDone::run, &posted), PRX_OK);
    EXPECT_TRUE(call_.run());
    call_.release();
  }
  [[nodiscard]] World& world() { return world_; }
  [[nodiscard]] Call& call() { return call_; }
  static const prx_exec& exec() {
    return *static_cast<const prx_exec*>(on->service(on, str(PRX_EXEC_ID)));
  }
  static const prx_http& http() {
    return *static_cast<const prx_http*>(on->service(on, str(PRX_HTTP_ID)));
  }

 private:
  static const prx_provider& provider() {
    static const prx_provider kProvider = [] {
      prx_provider made{};
      made.start = [](void*, const prx_request* request, const prx_sink* sink, const prx_fail*,
                      void** op) noexcept {
        posted.sink = *sink;
        *op = &posted;
        asked(on, exec(), http(), request->op_id);
        return std::int32_t{PRX_OK};
      };
      made.cancel = &nothing;
      made.release = &nothing;
      return made;
    }();
    return kProvider;
  }

  static inline const prx_host* on = nullptr;
  static inline std::function<void(const prx_host*, const prx_exec&, const prx_http&,
                                   std::uint64_t)>
      asked;
  Subject subject_ = [] {
    Subject subject;
    subject.note.hosts = {"https://a.example"};
    return subject;
  }();
  World world_{subject_, Lending::kPlain};
  Host host_{world_};
  Loop loop_{world_.clock};
  Call call_;
};

std::int32_t send_one(const prx_host* host, const prx_http& http, std::uint64_t op_id) {
  prx_http_req request{};
  request.size = sizeof request;
  request.op_id = op_id;
  request.method = str("GET");
  request.url = str("https://a.example/");
  const prx_http_sink sink{sizeof sink,
                           0,
                           nullptr,
                           [](void*, const prx_http_head*) noexcept {},
                           [](void*, char*, std::size_t) noexcept {},
                           [](void*, const prx_http_end*) noexcept {}};
  const prx_fail fail{sizeof fail, 0, nullptr, [](void*, const prx_error*) noexcept {}};
  std::uint64_t id = 0;
  return http.send(host, &request, &sink, &fail, &id);
}

CallSpec health_spec() {
  CallSpec spec;
  spec.op = PRX_OP_HEALTH;
  return spec;
}

TEST(Call, MayHaveWhatEveryHostAllowsAndNoMore) {
  Asking asking(health_spec());
  asking.start(
      [](const prx_host* host, const prx_exec& exec, const prx_http& http, std::uint64_t op_id) {
        for (int i = 0; i < 64; ++i)
          EXPECT_NE(exec.timer(host, op_id, 1'000, &nothing, nullptr), 0u) << i;
        EXPECT_EQ(exec.timer(host, op_id, 1'000, &nothing, nullptr), 0u);
        for (int i = 0; i < 64; ++i) EXPECT_EQ(send_one(host, http, op_id), PRX_OK) << i;
        EXPECT_NE(send_one(host, http, op_id), PRX_OK);
        EXPECT_EQ(exec.spawn(host, op_id, &nothing, nullptr), PRX_OK);
        EXPECT_EQ(exec.spawn(host, op_id, &nothing, nullptr), PRX_E_OVERLOADED);
        for (int i = 0; i < 4'095; ++i)
          ASSERT_EQ(exec.post(host, op_id, &nothing, nullptr), PRX_OK) << i;
        EXPECT_EQ(exec.post(host, op_id, &PostedDone::run, &posted), PRX_OK);
        EXPECT_EQ(exec.post(host, op_id, &nothing, nullptr), PRX_E_OVERLOADED);
      });
  EXPECT_TRUE(asking.call().run());
  asking.call().release();
}

TEST(Call, AWorkerThatHasReturnedMakesRoomForAnother) {
  Asking asking(health_spec());
  static std::uint64_t id = 0;
  static std::atomic<int> ran;
  ran = 0;
  asking.start([](const prx_host* host, const prx_exec& exec, const prx_http&,
                  std::uint64_t op_id) {
    id = op_id;
    static const prx_host* of = nullptr;
    of = host;
    const auto second = [](void*) noexcept {  // on the loop, while the first one returns
      ++ran;
      EXPECT_EQ(Asking::exec().spawn(of, id, &PostedDone::run, &posted), PRX_OK);
    };
    const auto first = [](void* next) noexcept {
      ++ran;
      Asking::exec().post(of, id, reinterpret_cast<prx_task>(next), nullptr);
    };
    EXPECT_EQ(exec.spawn(host, op_id, first, reinterpret_cast<void*>(prx_task(second))), PRX_OK);
  });
  EXPECT_TRUE(asking.call().run());
  asking.call().release();
  EXPECT_EQ(ran, 2);
}

TEST(Call, ADelayIsAWeekAtMost) {
  Asking asking(health_spec());
  const std::int64_t begun = asking.world().clock.now_ns();
  asking.start(
      [](const prx_host* host, const prx_exec& exec, const prx_http&, std::uint64_t op_id) {
        EXPECT_NE(exec.timer(host, op_id, INT64_MAX, &PostedDone::run, &posted), 0u);
      });
  EXPECT_TRUE(asking.call().run());
  asking.call().release();
  EXPECT_EQ(asking.world().clock.now_ns() - begun, 168ll * 3'600 * 1'000'000'000);
}

TEST(Call, IsRefusedWhatItsSpecSaysFromThatCallOn) {
  CallSpec spec = health_spec();
  spec.refused = Service::kTimer;
  spec.refused_from = 2;
  Asking asking(spec);
  asking.start(
      [](const prx_host* host, const prx_exec& exec, const prx_http& http, std::uint64_t op_id) {
        EXPECT_NE(exec.timer(host, op_id, 0, &nothing, nullptr), 0u);
        EXPECT_EQ(exec.timer(host, op_id, 0, &nothing, nullptr), 0u);
        EXPECT_EQ(exec.timer(host, op_id, 0, &nothing, nullptr), 0u);
        EXPECT_EQ(send_one(host, http, op_id), PRX_OK) << "no other service";
      });
  EXPECT_TRUE(asking.call().was_refused());
  asking.end();
}

TEST(Call, SeesTheKeyInEachTextOfAnEvent) {
  const std::string key(kKey);
  Asking asking(health_spec());
  asking.start([](const auto&...) {});
  const Loop::Scope on_its_loop(asking.call().loop());
  prx_event event = event_of(PRX_EV_RAW);
  for (prx_str prx_event::*field :
       {&prx_event::text, &prx_event::id, &prx_event::name, &prx_event::json, &prx_event::frame}) {
    prx_event with = event;
    with.*field = str(key);
    static_cast<void>(asking.call().see(with));
    EXPECT_THAT(kinds_of(asking.world().breaches), Contains(Breach::kSecret));
  }
  for (prx_str prx_error::*field :
       {&prx_error::message, &prx_error::provider_code, &prx_error::request_id, &prx_error::raw}) {
    Error source;
    source.message = "it failed";
    prx_error error = sdk::to_abi(source);
    error.*field = str(key);
    prx_event with = event;
    with.error = &error;
    static_cast<void>(asking.call().see(with));
    EXPECT_THAT(kinds_of(asking.world().breaches), Contains(Breach::kSecret));
    FailJudge judge(asking.world().breaches, "start");
    const prx_fail fail = judge.abi();
    fail.set(fail.ctx, &error);
    EXPECT_THAT(kinds_of(asking.world().breaches), Contains(Breach::kSecret));
  }
  asking.end();
}

/// Whatever a thread posts while the operation ends runs before release, or is refused.
TEST(Call, NoTaskRunsAfterRelease) {
  Subject subject;
  World world(subject, Lending::kPlain);
  Host host(world);
  Loop loop(world.clock);
  static std::atomic<bool> released;
  static std::atomic<int> late;
  late = 0;
  prx_provider provider{};
  provider.start = [](void*, const prx_request*, const prx_sink* sink, const prx_fail*,
                      void** op) noexcept {
    posted.sink = *sink;
    *op = &posted;
    return std::int32_t{PRX_OK};
  };
  provider.cancel = &nothing;
  provider.release = [](void*) noexcept { released = true; };
  const prx_host* const abi = host.abi();
  const auto* const exec = static_cast<const prx_exec*>(abi->service(abi, str(PRX_EXEC_ID)));
  CallSpec spec;
  spec.op = PRX_OP_HEALTH;
  for (int i = 0; i < 200; ++i) {
    released = false;
    Call call(host, loop, provider, spec);
    ASSERT_TRUE(call.start(nullptr));
    static std::atomic<int> waiting;
    waiting = 0;
    std::atomic<bool> posting{false};
    std::thread other([&, id = call.id()] {  // a task at a time
      const auto look = [](void*) noexcept {
        late += released ? 1 : 0;
        --waiting;
      };
      while (true) {
        ++waiting;
        if (exec->post(abi, id, look, nullptr) != PRX_OK) return;
        posting = true;
        while (waiting > 0 && !released) std::this_thread::yield();
      }
    });
    while (!posting) std::this_thread::yield();
    exec->post(abi, call.id(), &PostedDone::run, &posted);
    EXPECT_TRUE(call.run());
    call.release();
    other.join();
  }
  while (loop.run_one()) continue;
  EXPECT_EQ(late, 0);
}

TEST(Breaches, KeepTheFirstOnesAndForgetWhatWasTaken) {
  Breaches breaches;
  for (std::size_t i = 0; i <= Breaches::kKeptMax; ++i) breaches.add(Breach::kText, "x");
  EXPECT_EQ(breaches.take().size(), Breaches::kKeptMax);
  EXPECT_THAT(breaches.take(), IsEmpty());
}

TEST(Breaches, AFloodOfOneKindHidesNoOther) {
  Breaches breaches;
  for (std::size_t i = 0; i <= Breaches::kKeptMax; ++i) breaches.add(Breach::kText, "x");
  breaches.add(Breach::kGrammar, "y");
  const auto kept = breaches.take();
  ASSERT_EQ(kept.size(), Breaches::kKeptMax + 1);
  EXPECT_EQ(kept.back().breach, Breach::kGrammar);
  breaches.add(Breach::kText, "z");
  EXPECT_EQ(breaches.take().size(), 1u) << "the count starts again";
}

EventCopy copy_of(prx_event event) { return copy_of_event(event); }

TEST(CallOutcome, SaysTheSameHoweverItsTextsAreCut) {
  CallOutcome whole, cut;
  whole.events = {copy_of(text_of("Hello")), copy_of(call_of(0, "i", "n")), copy_of(kFinish)};
  cut.events = {copy_of(text_of("Hel")), copy_of(text_of("lo")), copy_of(call_of(0, "i", "n")),
                copy_of(call_of(0, "", "")), copy_of(kFinish)};
  EXPECT_EQ(whole.digest(), cut.digest());
  EXPECT_EQ(cut.text(), "Hello");
  cut.events.pop_back();
  EXPECT_NE(whole.digest(), cut.digest());
  EXPECT_NE(whole.answer(), cut.answer()) << "the FINISH is missing";
}

TEST(Samples, HaveNamesOfTheirOwnAndWellFormedFrames) {
  std::set<std::string> names;
  for (const Sample& sample : chat_completions_samples()) {
    EXPECT_TRUE(names.insert(sample.op + " " + sample.name).second) << sample.name;
    if (!sample.body.starts_with('{')) continue;
    EXPECT_TRUE(json::validate(sample.body)) << sample.name;
  }
  for (const Sample& sample : chat_completions_samples())
    for (std::size_t at = sample.body.find("data: {"); at != std::string::npos;
         at = sample.body.find("data: {", at + 1)) {
      const std::size_t end = sample.body.find_first_of("\r\n", at);
      EXPECT_TRUE(json::validate(std::string_view(sample.body).substr(at + 6, end - at - 6)))
          << sample.name << " at " << at;
    }
}

std::string body_of(const Script& script) {
  std::string body;
  for (const Piece& piece : script.pieces) body += piece.bytes;
  return body;
}

TEST(Script, PiecesTogetherAreTheBody) {
  Sample sample;
  sample.body = "0123456789";
  EXPECT_EQ(body_of(whole(sample)), sample.body);
  EXPECT_EQ(split(sample, 3).pieces.size(), 2u);
  EXPECT_EQ(body_of(split(sample, 3)), sample.body);
  EXPECT_EQ(pieces(sample, 4, milliseconds(5)).pieces.size(), 3u);
  EXPECT_EQ(body_of(pieces(sample, 4)), sample.body);
  EXPECT_EQ(body_of(cut(sample, 4, true)), "0123");
  EXPECT_EQ(cut(sample, 4, true).code, PRX_OK);
  EXPECT_EQ(cut(sample, 4, false).code, PRX_E_NETWORK);
  EXPECT_FALSE(broken(PRX_E_TIMEOUT, PRX_PHASE_HEAD).head);
  EXPECT_TRUE(broken(PRX_E_TIMEOUT, PRX_PHASE_BODY, "x").head);
}

}  // namespace
}  // namespace prx::check
