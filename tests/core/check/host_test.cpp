// The strict host itself: loops, lent memory, judges of events, samples.
#include "check/host/host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
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

/// Whether a read at that place ends a process.
void read_at(const void* at) {
  const volatile char byte = *static_cast<const char*>(at);
  static_cast<void>(byte);
}

TEST(LenderDeathTest, NothingBehindAStructOrATextCanBeRead) {
  Lender lender(Lending::kEdge);
  const Sized* const lent = lender.lend(Sized{sizeof(Sized), 7});
  EXPECT_EQ(lent->value, 7u);
  EXPECT_EQ(lent->size, sizeof(Sized));
  EXPECT_DEATH(read_at(lent + 1), "");
  const prx_str text = lender.lend_text("abc");
  EXPECT_EQ(sdk::view(text), "abc");
  EXPECT_DEATH(read_at(text.ptr + text.len), "");
}

TEST(LenderDeathTest, TheNewPartOfAFutureStructCannotBeRead) {
  Lender lender(Lending::kFuture);
  const Sized* const lent = lender.lend(Sized{sizeof(Sized), 7});
  EXPECT_EQ(lent->size, sizeof(Sized) + kFutureTail);
  EXPECT_DEATH(read_at(lent + 1), "");
}

TEST(LenderDeathTest, WhatWasBorrowedIsUnreadableOnceItIsTakenBack) {
  const Sized* kept = nullptr;
  {
    Lender lender(Lending::kBorrowed);
    kept = lender.lend(Sized{sizeof(Sized), 7});
    EXPECT_EQ(kept->value, 7u);
  }
  EXPECT_DEATH(read_at(kept), "");
}

TEST(Lender, ACanaryThatWasOverwrittenIsSeen) {
  Lender lender(Lending::kCanary);
  const Sized* const lent = lender.lend(Sized{sizeof(Sized), 7});
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

std::vector<Breach> judged(const std::vector<prx_event>& events, std::uint32_t flags = 0) {
  Breaches breaches;
  EventJudge judge(PRX_OP_CHAT, flags, false, breaches);
  for (const prx_event& event : events) judge.see(event);
  std::vector<Breach> kinds;
  for (const Observed& seen : breaches.take()) kinds.push_back(seen.breach);
  return kinds;
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
