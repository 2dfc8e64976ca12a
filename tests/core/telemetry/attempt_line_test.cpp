#include "telemetry/attempt_line.hpp"

#include <gtest/gtest.h>

namespace prx {
namespace {

using namespace std::chrono_literals;

Attempt served() {
  Attempt attempt;
  attempt.provider = "openrouter";
  attempt.model = "anthropic/claude-sonnet-4";
  attempt.key_label = "OPENROUTER_API_KEY";
  attempt.reason = "first";
  attempt.connected = 419us;
  attempt.head = 2'470us;
  attempt.first_token = 12'345us;
  attempt.total = 1'000'001us;
  attempt.http_status = 200;
  attempt.http_version = 11;
  attempt.exchanges = 1;
  attempt.bytes = 179;
  attempt.generation_id = "gen-1";
  attempt.served_model = "anthropic/claude-4-sonnet";
  attempt.served_by = "Anthropic";
  attempt.usage.prompt_tokens = 5;
  attempt.usage.completion_tokens = 17;
  attempt.cost = 0.00027;
  return attempt;
}

TEST(AttemptLine, HasTheWholeEntryOfTheTrail) {
  EXPECT_EQ(attempt_line("prx-1", served()),
            "attempt call=prx-1 provider=openrouter model=anthropic/claude-sonnet-4 "
            "key=OPENROUTER_API_KEY reason=first wait_ms=0.000 connected_ms=0.419 head_ms=2.470 "
            "first_token_ms=12.345 total_ms=1000.001 exchanges=1 status=200 http=11 reused=no "
            "bytes=179 id=gen-1 served_model=anthropic/claude-4-sonnet served_by=Anthropic "
            "tokens_in=5 tokens_out=17 cost=0.00027");
}

TEST(AttemptLine, AFailureSaysItsClassPhaseCodeAndRetryAfter) {
  Attempt attempt;
  attempt.provider = "openai";
  attempt.reason = "next key";
  attempt.wait = 1'500us;
  attempt.cost = 0.0;
  attempt.error.emplace();
  attempt.error->error_class = ErrorClass::kRateLimit;
  attempt.error->phase = Phase::kHead;
  attempt.error->provider_code = "rate_limit_exceeded";
  attempt.error->retry_after = 2s;
  attempt.error->message = "slow down";
  EXPECT_EQ(attempt_line("c", attempt),
            "attempt call=c provider=openai reason=\"next key\" wait_ms=1.500 total_ms=0.000 "
            "bytes=0 cost=0 error=rate_limit phase=head code=rate_limit_exceeded "
            "retry_after_ms=2000 message=\"slow down\"");
}

TEST(AttemptLine, WhatIsNotKnownIsSaidOrLeftOut) {
  Attempt attempt;
  attempt.provider = "p";
  attempt.reason = "hedge";
  EXPECT_EQ(attempt_line("c", attempt),
            "attempt call=c provider=p reason=hedge wait_ms=0.000 total_ms=0.000 bytes=0 "
            "cost=unknown");
}

TEST(AttemptLine, AWordCannotPretendToBeAnother) {
  Attempt attempt;
  attempt.provider = "p";
  attempt.model = "m\" cost=0 x=\"\\";
  attempt.reason = "first";
  EXPECT_NE(attempt_line("c", attempt).find(R"(model="m\" cost=0 x=\"\\")"), std::string::npos);
}

}  // namespace
}  // namespace prx
