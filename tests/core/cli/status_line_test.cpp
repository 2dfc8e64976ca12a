#include "cli/status_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prx::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

ChatResponse answered() {
  ChatResponse response;
  response.provider = "openrouter";
  response.served_by = "Anthropic";
  response.model = "anthropic/claude-sonnet-4";
  response.finish_reason = FinishReason::kStop;
  response.usage.prompt_tokens = 12;
  response.usage.completion_tokens = 34;
  response.usage.cost = 0.000546;
  return response;
}

TEST(StatusLine, SaysWhoTokensCostAndTimes) {
  EXPECT_EQ(
      status_line(answered(), {412ms, 1'240ms}),
      "openrouter (Anthropic) | anthropic/claude-sonnet-4 | 12 tokens in, 34 out | $0.000546 | "
      "first token 412 ms | total 1.24 s");
}

TEST(StatusLine, OneTokenIsOne) {
  ChatResponse response = answered();
  response.usage.prompt_tokens = 1;
  response.usage.completion_tokens = 1;
  EXPECT_THAT(status_line(response, {}), HasSubstr("| 1 token in, 1 out |"));
  response.usage.prompt_tokens = 0;
  EXPECT_THAT(status_line(response, {}), HasSubstr("| 0 tokens in, 1 out |"));
}

TEST(StatusLine, WhatAServerChoseIsBounded) {
  const std::string e_acute = "\xc3\xa9";
  std::string longest;
  for (int i = 0; i < 100'000; ++i) longest += e_acute;
  ChatResponse response = answered();
  response.served_by = response.model = response.native_finish_reason = longest;
  response.finish_reason = FinishReason::kOther;
  response.usage.cost = 1e300;
  const std::string line = status_line(response, {});
  EXPECT_LT(line.size(), 400U);
  EXPECT_THAT(line, HasSubstr("$1e+300"));
  EXPECT_THAT(line, HasSubstr(longest.substr(0, 80) + "..."));
  response.model.insert(0, "x");  // a cut at 80 bytes would be inside of a character
  EXPECT_THAT(status_line(response, {}), HasSubstr("x" + longest.substr(0, 78) + "..."));
}

TEST(StatusLine, NamesCachedAndReasoningTokensWhenThereAreAny) {
  ChatResponse response = answered();
  response.usage.cached_tokens = 7;
  response.usage.reasoning_tokens = 5;
  EXPECT_THAT(status_line(response, {}),
              HasSubstr("12 tokens in (7 cached), 34 out (5 reasoning)"));
}

TEST(StatusLine, CallsUnknownWhatTheProviderDidNotSay) {
  ChatResponse response;
  response.provider = "box";
  response.finish_reason = FinishReason::kStop;
  EXPECT_EQ(status_line(response, {std::nullopt, 2ms}),
            "box | model unknown | tokens unknown | cost unknown | total 2.00 ms");
}

TEST(StatusLine, NamesAFinishThatIsNotAStop) {
  ChatResponse response = answered();
  response.finish_reason = FinishReason::kLength;
  EXPECT_THAT(status_line(response, {}), HasSubstr(" | finished: length"));
}

Attempt that_cost(std::optional<double> dollars) {
  Attempt attempt;
  attempt.cost = dollars;
  return attempt;
}

TEST(StatusLine, CountsSeveralAttempts) {
  ChatResponse response = answered();
  response.attempts = {that_cost(0.000546)};
  EXPECT_THAT(status_line(response, {}), Not(HasSubstr("attempt")));
  response.attempts.insert(response.attempts.begin(), that_cost(0.0));
  EXPECT_THAT(status_line(response, {}), EndsWith(" | total 0 us | 2 attempts"));
}

TEST(StatusLine, SaysWhatSeveralAttemptsCostInAll) {
  ChatResponse response = answered();
  response.attempts = {that_cost(0.25), that_cost(0.000546)};
  EXPECT_THAT(status_line(response, {}), EndsWith(" | 2 attempts, $0.250546 in all"));
  response.attempts.push_back(that_cost(std::nullopt));
  EXPECT_THAT(status_line(response, {}), EndsWith(" | 3 attempts, at least $0.250546 in all"));
  response.attempts = {that_cost(std::nullopt), that_cost(std::nullopt)};
  EXPECT_THAT(status_line(response, {}), EndsWith(" | 2 attempts"));
}

TEST(StatusLine, AnEstimatedCostHasASignBeforeIt) {
  ChatResponse response = answered();
  response.usage.cost = std::nullopt;
  response.attempts.resize(1);
  EXPECT_THAT(status_line(response, {}), HasSubstr(" | cost unknown | "));
  response.attempts[0].cost = 0.0012;
  response.attempts[0].cost_estimated = true;
  EXPECT_THAT(status_line(response, {}), HasSubstr(" | ~$0.0012 | "));
  response.attempts.insert(response.attempts.begin(), Attempt{})->cost = 0.001;
  EXPECT_THAT(status_line(response, {}), EndsWith(" | 2 attempts, ~$0.0022 in all"));
}

TEST(StatusLine, CountsSkippedTargetsApart) {
  ChatResponse response = answered();
  response.attempts.resize(2);
  response.attempts[0].reason = "skipped";
  response.attempts[0].cost = 0.0;
  response.attempts[1].cost = response.usage.cost;
  EXPECT_THAT(status_line(response, {}), EndsWith(" | 1 skipped"));
  response.attempts.push_back(response.attempts[1]);
  EXPECT_THAT(status_line(response, {}), HasSubstr(" | 1 skipped | 2 attempts"));
}

TEST(FormatCost, HasNoExponentAndNoIdleZeros) {
  EXPECT_EQ(format_cost(0), "$0");
  EXPECT_EQ(format_cost(0.0000123), "$0.0000123");
  EXPECT_EQ(format_cost(1.2), "$1.20");
  EXPECT_EQ(format_cost(0.25), "$0.25");
  EXPECT_EQ(format_cost(12), "$12");
}

TEST(TraceLine, SaysWhatAnAttemptDid) {
  Attempt attempt;
  attempt.provider = "openrouter";
  attempt.model = "m";
  attempt.key_label = "OPENROUTER_API_KEY";
  attempt.reason = "retry";
  attempt.wait = 500ms;
  attempt.connected = 1ms;
  attempt.head = 20ms;
  attempt.total = 21ms;
  attempt.http_status = 429;
  attempt.http_version = 20;
  attempt.connection_reused = true;
  attempt.bytes = 99;
  attempt.cost = 0.0;
  Error error;
  error.error_class = ErrorClass::kRateLimit;
  error.message = "slow down";
  error.provider_code = "slow";
  error.retry_after = 2s;
  attempt.error = error;
  EXPECT_EQ(
      trace_line(attempt, 2),
      "attempt 2 (retry): openrouter m, key OPENROUTER_API_KEY, waited 500 ms | connected 1.00 ms, "
      "head 20.0 ms, total 21.0 ms, HTTP/2 429 reused, 99 bytes, $0 | rate_limit (slow), retry "
      "after "
      "2.00 s: slow down");
}

TEST(TraceLine, OfASkippedTargetSaysWhyAndNothingElse) {
  Attempt attempt;
  attempt.provider = "openrouter";
  attempt.model = "m";
  attempt.reason = "skipped";
  attempt.error = fail(ErrorClass::kUnsupported, "no tools").error();
  EXPECT_EQ(trace_line(attempt, 0), "skipped: openrouter m | unsupported: no tools");
}

TEST(TraceLine, OfAnAttemptThatServed) {
  Attempt attempt;
  attempt.provider = "p";
  attempt.model = "m";
  EXPECT_EQ(trace_line(attempt, 1), "attempt 1: p m | total 0 us, 0 bytes | served");
}

TEST(TraceLine, WhatAServerChoseIsBounded) {
  Attempt attempt;
  attempt.model = std::string(10'000, 'm');
  attempt.error = fail(ErrorClass::kInvalidRequest, std::string(100'000, 'x')).error();
  attempt.error->provider_code = std::string(10'000, 'c');
  EXPECT_LT(trace_line(attempt, 1).size(), 900U);
}

}  // namespace
}  // namespace prx::cli
