// What the strict host makes of events, errors and outcomes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "check/host/breach.hpp"
#include "check/host/event_copy.hpp"
#include "check/host/event_judge.hpp"
#include "check/host/fail_judge.hpp"
#include "check_fixture.hpp"
#include "prx/sdk/abi.hpp"

namespace prx::check {
namespace {

using sdk::str;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

}  // namespace
}  // namespace prx::check
