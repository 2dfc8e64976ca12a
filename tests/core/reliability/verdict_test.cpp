#include "reliability/verdict.hpp"

#include <gtest/gtest.h>

#include <string>

namespace prx::reliability {
namespace {

Error of(ErrorClass error_class, Phase phase = Phase::kHead) {
  Error error;
  error.error_class = error_class;
  error.phase = phase;
  return error;
}

/// "retry key fallback counts dead", those that hold.
std::string says(const Error& error, const ReliabilityConfig& policy = {}) {
  const Verdict v = verdict(error, policy);
  std::string out;
  for (const auto& [holds, word] : {std::pair{v.retry, "retry"}, std::pair{v.next_key, "key"},
                                    std::pair{v.fallback, "fallback"},
                                    std::pair{v.counts, "counts"}, std::pair{v.dead_key, "dead"}})
    if (holds) out += (out.empty() ? "" : " ") + std::string(word);
  return out;
}

TEST(Verdict, IsTheTableOfTheGuide) {
  EXPECT_EQ(says(of(ErrorClass::kNetwork)), "retry fallback counts");
  EXPECT_EQ(says(of(ErrorClass::kTimeout, Phase::kConnect)), "retry fallback counts");
  EXPECT_EQ(says(of(ErrorClass::kTimeout, Phase::kHead)), "fallback counts");
  EXPECT_EQ(says(of(ErrorClass::kTimeout, Phase::kFirstToken)), "fallback counts");
  EXPECT_EQ(says(of(ErrorClass::kTimeout, Phase::kBody)), "fallback counts");
  EXPECT_EQ(says(of(ErrorClass::kOverloaded)), "retry fallback counts");
  EXPECT_EQ(says(of(ErrorClass::kRateLimit)), "retry key fallback");
  EXPECT_EQ(says(of(ErrorClass::kCredit)), "key fallback dead");
  EXPECT_EQ(says(of(ErrorClass::kAuth)), "key fallback dead");
  EXPECT_EQ(says(of(ErrorClass::kPermission)), "fallback");
  EXPECT_EQ(says(of(ErrorClass::kNotFound)), "fallback");
  EXPECT_EQ(says(of(ErrorClass::kUnsupported)), "fallback");
  EXPECT_EQ(says(of(ErrorClass::kContextLength)), "fallback");
  EXPECT_EQ(says(of(ErrorClass::kContentPolicy)), "");
  EXPECT_EQ(says(of(ErrorClass::kInvalidRequest)), "");
  EXPECT_EQ(says(of(ErrorClass::kBadResponse)), "retry fallback counts");
  EXPECT_EQ(says(of(ErrorClass::kCancelled)), "");
  EXPECT_EQ(says(of(ErrorClass::kInternal)), "fallback counts");
}

TEST(Verdict, WhatThisMachineIsShortOfBlamesNobody) {
  const Error error = of(ErrorClass::kInternal, Phase::kConnect);
  EXPECT_EQ(says(error), "retry");
  EXPECT_TRUE(verdict(error, {}).local);
  EXPECT_FALSE(verdict(of(ErrorClass::kInternal), {}).local);
}

TEST(Verdict, RetryOnReplacesItsColumnAndNoOther) {
  ReliabilityConfig policy;
  policy.retry_on = {ErrorClass::kTimeout};
  EXPECT_EQ(says(of(ErrorClass::kTimeout), policy), "retry fallback counts");
  EXPECT_EQ(says(of(ErrorClass::kNetwork), policy), "fallback counts");
  EXPECT_EQ(says(of(ErrorClass::kRateLimit), policy), "key fallback");
}

TEST(Verdict, FallbackOnReplacesItsColumnAndNoOther) {
  ReliabilityConfig policy;
  policy.fallback_on = {ErrorClass::kContentPolicy};
  EXPECT_EQ(says(of(ErrorClass::kContentPolicy), policy), "fallback");
  EXPECT_EQ(says(of(ErrorClass::kNetwork), policy), "retry counts");
}

TEST(Verdict, NoOverrideMovesACancelledCall) {
  ReliabilityConfig policy;
  policy.retry_on = policy.fallback_on = {ErrorClass::kCancelled};
  Error error = of(ErrorClass::kCancelled);
  error.retryable = true;
  EXPECT_EQ(says(error, policy), "");
}

TEST(Verdict, TheProvidersWordBeatsTheColumn) {
  Error never = of(ErrorClass::kOverloaded);
  never.retryable = false;
  EXPECT_EQ(says(never), "fallback counts");
  Error again = of(ErrorClass::kPermission);
  again.retryable = true;
  EXPECT_EQ(says(again), "retry fallback");
}

TEST(Verdict, TheProvidersWordBeatsRetryOn) {
  ReliabilityConfig policy;
  policy.retry_on = {ErrorClass::kOverloaded};
  Error never = of(ErrorClass::kOverloaded);
  never.retryable = false;
  EXPECT_EQ(says(never, policy), "fallback counts");
}

TEST(Verdict, NoWordMakesARefusedKeyWorthAnotherTry) {
  Error error = of(ErrorClass::kAuth);
  error.retryable = true;
  EXPECT_EQ(says(error), "key fallback dead");
}

TEST(Verdict, NeverReadsTheMessage) {
  Error error = of(ErrorClass::kInvalidRequest);
  error.message = "rate limit exceeded, context_length_exceeded, please retry";
  error.raw = error.message;
  EXPECT_EQ(says(error), "");
}

}  // namespace
}  // namespace prx::reliability
