// The strict host itself: loops, lent memory, breaches, samples.
#include "check/host/host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "check/host/guarded_memory.hpp"
#include "check/host/loop.hpp"
#include "check/host/samples.hpp"
#include "check/host/script.hpp"
#include "prx/sdk/abi.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::check {
namespace {

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
