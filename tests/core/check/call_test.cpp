// Operations as the strict host drives them: its limits, its services, its watch over the loop.
#include "check/host/call.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <time.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "check/host/fail_judge.hpp"
#include "check/host/host.hpp"
#include "check/host/loop.hpp"
#include "check/host/loop_watch.hpp"
#include "check_fixture.hpp"
#include "prx/sdk/abi.hpp"

namespace prx::check {
namespace {

using sdk::str;
using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

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
  prx_event event{};
  event.size = sizeof event;
  event.type = PRX_EV_RAW;
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

/// An operation whose cancel and posted tasks take their time.
struct Slow {
  static constexpr milliseconds kTime{40};
  static void sleep(void*) noexcept { std::this_thread::sleep_for(kTime); }
  static void compute(void*) noexcept {
    const auto taken = [] {
      timespec at{};
      ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
      return std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
    };
    for (const auto until = taken() + kTime; taken() < until;) continue;
  }
};

TEST(LoopWatch, SeesWhatSleepsAndWhatComputes) {
  for (const prx_task task : {&Slow::sleep, &Slow::compute}) {
    Asking asking(health_spec());
    asking.world().watch.turn_on();
    asking.start(
        [task](const prx_host* host, const prx_exec& exec, const prx_http&, std::uint64_t op_id) {
          EXPECT_EQ(exec.post(host, op_id, task, nullptr), PRX_OK);
        });
    asking.end();
    EXPECT_EQ(asking.world().watch.longest().entry, "a posted task");
    EXPECT_GE(asking.world().watch.longest().time, Slow::kTime);
  }
}

TEST(LoopWatch, DoesNotCountWhatTheHostDoesInside) {
  const Subject subject;
  World world(subject, Lending::kPlain);
  world.watch.turn_on();
  {
    const LoopWatch::Scope plugins(world.watch, "start");
    const LoopWatch::Scope hosts(world.watch, nullptr);
    Slow::sleep(nullptr);
  }
  EXPECT_LT(world.watch.longest().time, Slow::kTime);
}

TEST(LoopWatch, NamesTheInnerOfTwoCalls) {
  const Subject subject;
  World world(subject, Lending::kPlain);
  world.watch.turn_on();
  {
    const LoopWatch::Scope outer(world.watch, "data of prx_http_sink");
    const LoopWatch::Scope inner(world.watch, "cancel");
    Slow::sleep(nullptr);
  }
  EXPECT_EQ(world.watch.longest().entry, "cancel");
}

TEST(LoopWatch, LooksAtNothingWhileItIsOff) {
  const Subject subject;
  World world(subject, Lending::kPlain);
  {
    const LoopWatch::Scope call(world.watch, "start");
    Slow::compute(nullptr);
  }
  EXPECT_EQ(world.watch.longest().time.count(), 0);
}

TEST(Call, ANullInPlaceOfAnOperationIsABreachAndNothingOfItIsCalled) {
  Subject subject;
  World world(subject, Lending::kPlain);
  Host host(world);
  Loop loop(world.clock);
  prx_provider provider{};  // neither cancel nor release
  provider.start = [](void*, const prx_request*, const prx_sink*, const prx_fail*,
                      void** op) noexcept {
    *op = nullptr;
    return std::int32_t{PRX_OK};
  };
  {
    Call call(host, loop, provider, health_spec());
    EXPECT_FALSE(call.start(nullptr));
  }
  EXPECT_THAT(kinds_of(world.breaches), ElementsAre(Breach::kNullOperation));
}

}  // namespace
}  // namespace prx::check
