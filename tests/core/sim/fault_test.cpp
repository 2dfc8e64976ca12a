// The language of faults, without a socket.
#include "sim/fault.hpp"

#include <gmock/gmock.h>

#include "sim/fault_book.hpp"

namespace prx::sim {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

Fault only(std::string_view text) {
  auto faults = parse_faults(text);
  EXPECT_TRUE(faults.has_value()) << (faults ? "" : faults.error().message);
  return faults && faults->size() == 1 ? faults->front() : Fault{};
}

std::string refused(std::string_view text) {
  const auto faults = parse_faults(text);
  return faults ? "accepted" : faults.error().message;
}

TEST(FaultLanguage, AStatusIsItsNumber) {
  const Fault fault = only("429?retry_after=2.5&form=date&code=word&times=3&for=250");
  EXPECT_EQ(fault.kind, FaultKind::kStatus);
  EXPECT_EQ(fault.status, 429);
  EXPECT_EQ(fault.retry_after, milliseconds(2'500));
  EXPECT_EQ(fault.form, RetryAfterForm::kDate);
  EXPECT_EQ(fault.code, CodeForm::kWord);
  EXPECT_EQ(fault.times, 3);
  EXPECT_EQ(fault.lasts, std::chrono::milliseconds(250));
}

TEST(FaultLanguage, FaultsAreJoinedByPlus) {
  const auto faults = parse_faults("late-head?ms=500+cut?after=3&bytes=7").value();
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(faults[0].delay, milliseconds(500));
  EXPECT_EQ(faults[1].kind, FaultKind::kCut);
  EXPECT_EQ(faults[1].after, 3);
  EXPECT_EQ(faults[1].bytes, 7u);
}

TEST(FaultLanguage, TheFormForShellsSaysTheSame) {
  for (const auto& [shell, other] :
       {std::pair("cut@3", "cut?after=3"), std::pair("429:retry-after=2", "429?retry_after=2"),
        std::pair("stall@3:comments=20:times=2", "stall?after=3&comments=20&times=2"),
        std::pair("cut@3?times=2", "cut?after=3&times=2"),
        std::pair("late-head:ms=5+crlf", "late-head?ms=5+crlf")}) {
    ASSERT_TRUE(parse_faults(shell)) << shell;
    EXPECT_EQ(*parse_faults(shell), *parse_faults(other)) << shell;
  }
  for (const char* text :
       {"cut@", "cut@x", "cut@3@4", "503@2", "cut:", "429:retry-after=2&times=2"})
    EXPECT_FALSE(parse_faults(text)) << text;
}

TEST(FaultLanguage, PercentStandsForAnyByteOfAValue) {
  EXPECT_EQ(only("answer?text=a%20b%2Bc%26d").text, "a b+c&d");
}

TEST(FaultLanguage, AnUnknownNameListsTheKnownOnes) {
  EXPECT_THAT(refused("cutt"),
              HasSubstr("unknown fault 'cutt'; known are a status from 400 to 599"));
  EXPECT_THAT(refused("cutt"), HasSubstr(", cut,"));
  EXPECT_THAT(refused("399"), HasSubstr("unknown fault"));
  EXPECT_THAT(refused(""), HasSubstr("unknown fault ''"));
}

TEST(FaultLanguage, AParameterOfAnotherFaultIsRefused) {
  EXPECT_THAT(refused("cut?size=1"),
              HasSubstr("fault 'cut' has no parameter 'size'; it takes: times for after"));
  EXPECT_THAT(refused("503?ms=1"), HasSubstr("fault '503' has no parameter 'ms'"));
}

TEST(FaultLanguage, WhatIsLateIsLateWithoutANumberToo) {
  EXPECT_EQ(only("late-head").delay, std::chrono::milliseconds(2'000));
  EXPECT_EQ(only("late-token").delay, std::chrono::milliseconds(2'000));
}

TEST(FaultLanguage, OneCallKnowsNoTimeBetweenRequests) {
  const auto faults = parse_faults("503?for=20", FaultUse::kOneCall);
  ASSERT_FALSE(faults);
  EXPECT_THAT(faults.error().message, HasSubstr("has no parameter 'for'; it takes: times retry"));
}

TEST(FaultLanguage, ValuesHaveRanges) {
  for (const auto* text :
       {"cut?after=-1", "cut?after=x", "cut?after=", "cut?after", "split?size=0",
        "split?size=65537", "error-frame?shape=6", "tool-quirk?shape=5", "late-head?ms=3600001",
        "429?retry_after=1.2345", "429?form=never", "429?code=maybe", "429?times=0", "503?for=0",
        "answer?text=%4", "oversized?bytes=268435457"})
    EXPECT_THAT(refused(text), HasSubstr("bad value")) << text;
}

TEST(FaultLanguage, EightFaultsAreTheMost) {
  std::string text = "crlf";
  for (int i = 1; i < kFaultsMax; ++i) text += "+crlf";
  EXPECT_EQ(refused(text), "accepted");
  EXPECT_THAT(refused(text + "+crlf"), HasSubstr("more than 8"));
}

TEST(FaultLanguage, AModelNamesFaultsBehindSimOrHash) {
  EXPECT_EQ(split_model("sim/cut?after=1").faults, "cut?after=1");
  EXPECT_EQ(split_model("sim/cut?after=1").model, "sim/cut?after=1");
  EXPECT_EQ(split_model("openai/gpt-4o#crlf").faults, "crlf");
  EXPECT_EQ(split_model("openai/gpt-4o#crlf").model, "openai/gpt-4o");
  EXPECT_EQ(split_model("openai/gpt-4o").faults, "");
}

TEST(Flap, IsUpFirstThenDownAndUpAgain) {
  const Fault fault = only("flap?up=100&down=50");
  EXPECT_FALSE(flap_is_down(fault, milliseconds(0)));
  EXPECT_FALSE(flap_is_down(fault, milliseconds(99)));
  EXPECT_TRUE(flap_is_down(fault, milliseconds(100)));
  EXPECT_TRUE(flap_is_down(fault, milliseconds(149)));
  EXPECT_FALSE(flap_is_down(fault, milliseconds(150)));
}

FaultQuery query(std::string_view model, milliseconds at = milliseconds(0)) {
  return {"/api/v1/chat/completions", model, "sk-a",
          std::chrono::steady_clock::time_point(std::chrono::hours(1)) + at};
}

TEST(FaultBook, TimesCountsEachModelNameOnItsOwn) {
  FaultBook book({});
  EXPECT_EQ(book.choose(query("sim/429?times=1"))->size(), 1u);
  EXPECT_EQ(book.choose(query("sim/429?times=1"))->size(), 0u);
  EXPECT_EQ(book.choose(query("a/b#429?times=1"))->size(), 1u);
}

TEST(FaultBook, ForLastsFromTheFirstRequestThatMeetsIt) {
  FaultBook book({});
  EXPECT_EQ(book.choose(query("sim/503?for=20", milliseconds(5)))->size(), 1u);
  EXPECT_EQ(book.choose(query("sim/503?for=20", milliseconds(24)))->size(), 1u);
  EXPECT_TRUE(book.choose(query("sim/503?for=20", milliseconds(25)))->empty());
}

int happened(FaultBook& book, int requests) {
  int count = 0;
  for (int i = 0; i < requests; ++i) count += book.choose(query("a/b"))->empty() ? 0 : 1;
  return count;
}

TEST(FaultBook, ChanceAppliesToItsShareOfTheRequestsAndRepeatsWithTheSeed) {
  FaultScript script;
  script.rules.resize(1);
  script.rules[0].faults = parse_faults("503").value();
  script.rules[0].chance = 0.3;
  FaultBook book(script), again(script);
  const int count = happened(book, 1'000);
  EXPECT_GT(count, 240);
  EXPECT_LT(count, 360);
  EXPECT_EQ(happened(again, 1'000), count);
  script.rules[0].chance = 0.0;
  FaultBook never(script);
  EXPECT_EQ(happened(never, 100), 0);
}

TEST(FaultBook, AFlapIsAStatusWhileDown) {
  FaultBook book({});
  EXPECT_TRUE(book.choose(query("sim/flap?up=10&down=10&status=529"))->empty());
  const auto down = book.choose(query("sim/flap?up=10&down=10&status=529", milliseconds(15)));
  ASSERT_EQ(down->size(), 1u);
  EXPECT_EQ(down->front().kind, FaultKind::kStatus);
  EXPECT_EQ(down->front().status, 529);
  EXPECT_TRUE(book.choose(query("sim/flap?up=10&down=10&status=529", milliseconds(25)))->empty());
}

TEST(FaultBook, RemembersTenThousandNamesAndRefusesMore) {
  FaultBook book({});
  for (std::size_t i = 0; i < kCountedModelsMax; ++i)
    ASSERT_TRUE(book.choose(query("m" + std::to_string(i) + "#429?times=1")).has_value());
  EXPECT_FALSE(book.choose(query("one-more#429?times=1")).has_value());
  EXPECT_TRUE(book.choose(query("m1#429?times=1")).has_value());
  EXPECT_TRUE(book.choose(query("one-more#429")).has_value());
}

}  // namespace
}  // namespace prx::sim
