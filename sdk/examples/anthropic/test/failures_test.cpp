// What goes wrong.
#include <chrono>
#include <string>

#include "plugin_test.hpp"

namespace anthropic::test {
namespace {

using namespace prx::sdk::testing;
using namespace std::chrono_literals;
using prx::ErrorClass;

const TestAsk kAsk{.body = R"({"model":"m","messages":[{"role":"user","content":"Hi"}]})"};
const std::string kStart =
    frame("message_start", R"("message":{"id":"a","model":"m","usage":{"input_tokens":5}})");
const std::string kText =
    frame("content_block_start", R"("index":0,"content_block":{"type":"text","text":"Hi"})");

std::string error_body(std::string_view type, std::string_view message) {
  return R"({"type":"error","error":{"type":")" + std::string(type) + R"(","message":")" +
         std::string(message) + R"("},"request_id":"req_body"})";
}

struct Rejection {
  int status;
  const char* type;
  const char* message;
  ErrorClass error_class;
};
const Rejection kRejections[] = {
    {400, "invalid_request_error", "max_tokens: field required", ErrorClass::kInvalidRequest},
    {400, "invalid_request_error", "prompt is too long: 200251 tokens > 200000 maximum",
     ErrorClass::kContextLength},
    {400, "invalid_request_error",
     "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
     ErrorClass::kContextLength},
    {400, "invalid_request_error",
     "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.",
     ErrorClass::kCredit},
    {400, "invalid_request_error", "You have reached your specified API usage limits.",
     ErrorClass::kCredit},
    {401, "authentication_error", "invalid x-api-key", ErrorClass::kAuth},
    {402, "billing_error", "pay", ErrorClass::kCredit},
    {403, "permission_error", "no", ErrorClass::kPermission},
    {404, "not_found_error", "model: m", ErrorClass::kNotFound},
    {409, "conflict_error", "again", ErrorClass::kNetwork},
    {413, "request_too_large", "too large", ErrorClass::kInvalidRequest},
    {429, "rate_limit_error", "slow down", ErrorClass::kRateLimit},
    {451, "invalid_request_error", "elsewhere", ErrorClass::kInvalidRequest},
    {500, "api_error", "oops", ErrorClass::kOverloaded},
    {503, "error_of_tomorrow", "oops", ErrorClass::kOverloaded},
    {504, "timeout_error", "late", ErrorClass::kTimeout},
    {529, "overloaded_error", "Overloaded", ErrorClass::kOverloaded},
};

void types_every_rejection(const Bench& bench) {
  TestInstance instance(bench.file);
  for (const Rejection& each : kRejections) {
    const TestCall chat(instance, kAsk);
    instance.host.answer({.status = each.status,
                          .body = error_body(each.type, each.message),
                          .headers = {{"request-id", "req_head"}, {"x-should-retry", "false"}},
                          .piece = 9});
    const prx::Error error = error_of(chat);
    const std::string claim = std::to_string(each.status) + " " + each.message;
    bench.check(error.error_class == each.error_class, claim);
    bench.check(error.http_status == each.status && error.provider_code == each.type &&
                    error.request_id == "req_head" && error.retryable == false &&
                    error.phase == prx::Phase::kHead,
                "all of it is told: " + claim);
    bench.check(error.message == "Anthropic: " + std::string(each.message) + " (" + each.type + ")",
                "its message: " + claim);
  }
}

void reads_the_wait(const Bench& bench) {
  TestInstance instance(bench.file);
  const TestCall said(instance, kAsk);
  instance.host.answer({.status = 429,
                        .body = error_body("rate_limit_error", "slow down"),
                        .headers = {{"retry-after", "17"}}});
  bench.check(error_of(said).retry_after == 17s, "retry-after in seconds");
  const TestCall dated(instance, kAsk);
  instance.host.answer({.status = 529,
                        .headers = {{"date", "Thu, 21 Aug 2025 12:41:00 GMT"},
                                    {"retry-after", "Thu, 21 Aug 2025 12:41:05 GMT"}}});
  bench.check(error_of(dated).retry_after == 5s, "and as a date");
  const TestCall reset(instance, kAsk);
  instance.host.answer(
      {.status = 429,
       .headers = {{"anthropic-ratelimit-requests-remaining", "7"},
                   {"anthropic-ratelimit-requests-reset", "2999-01-01T00:00:00Z"},
                   {"anthropic-ratelimit-input-tokens-remaining", "0"},
                   {"anthropic-ratelimit-input-tokens-reset", "2001-01-01T00:00:00Z"}}});
  bench.check(error_of(reset).retry_after == 0s,
              "else of the limit that is used up, which is over");
  const TestCall spent(instance, kAsk);
  instance.host.answer(
      {.status = 429,
       .body =
           R"({"type":"error","error":{"type":"rate_limit_error","message":"m","details":{"error_code":"enforced_spend_limit_reached"}}})"});
  bench.check(error_of(spent).error_class == ErrorClass::kCredit, "a spend limit is no rate limit");
}

void says_little_of_what_is_no_api(const Bench& bench) {
  TestInstance instance(bench.file);
  const TestCall page(instance, kAsk);
  instance.host.answer({.status = 502, .body = "<html>bad \xff gateway</html>"});
  bench.check(error_of(page).error_class == ErrorClass::kOverloaded &&
                  error_of(page).message == "Anthropic answered with HTTP status 502" &&
                  error_of(page).raw == "<html>bad \ufffd gateway</html>",
              "a page of a proxy, in no encoding");
  const TestCall cut(instance, kAsk);
  const std::string large(1 << 20, 'x');
  instance.host.answer({.status = 500, .body = large, .piece = 1000, .cut = true});
  bench.check(error_of(cut).raw.size() == (64u << 10), "no more than 64 KiB of it is kept");
  const TestCall other(instance, kAsk);
  instance.host.answer({.body = "[1]"});
  bench.check(error_of(other).error_class == ErrorClass::kBadResponse, "JSON of another kind");
  const TestCall encoded(instance, kAsk);
  instance.host.answer({.body = "x", .headers = {{"content-encoding", "gzip"}}});
  bench.check(error_of(encoded).error_class == ErrorClass::kBadResponse, "an encoding");
  const TestCall long_words(instance, kAsk);
  instance.host.answer(
      {.status = 400, .body = error_body("invalid_request_error", "\\n" + std::string(900, 'w'))});
  bench.check(
      error_of(long_words).message.size() == 600 && error_of(long_words).message.ends_with("..."),
      "a message is one line of 600 bytes");
}

void types_errors_inside_of_a_stream(const Bench& bench) {
  TestInstance instance(bench.file);
  const TestCall chat(instance, kAsk);
  const std::string error =
      "event: error\ndata: " + error_body("overloaded_error", "Overloaded") + "\n\n";
  instance.host.answer({.body = kStart + kText + error, .headers = kStream});
  const prx::Error failure = error_of(chat);
  bench.check(failure.error_class == ErrorClass::kOverloaded &&
                  failure.phase == prx::Phase::kBody && failure.request_id == "req_body" &&
                  failure.provider_code == "overloaded_error",
              "an overload in mid-stream");
  const prx_usage usage = usage_of(chat);
  bench.check(usage.prompt_tokens == 5, "what was used so far is told before");
  const TestCall whole(instance, {.flags = 0, .body = kAsk.body});
  instance.host.answer({.body = error_body("api_error", "oops")});
  bench.check(error_of(whole).error_class == ErrorClass::kOverloaded, "and under status 200");
  const TestCall cut(instance, kAsk);
  instance.host.answer({.body = kStart + kText, .headers = kStream, .cut = true});
  bench.check(error_of(cut).error_class == ErrorClass::kNetwork,
              "a broken connection is the host's");
}

void refuses_streams_that_are_none(const Bench& bench) {
  const std::string stopped = frame("message_delta", R"("delta":{"stop_reason":"end_turn"})");
  const std::string ended = frame("content_block_stop", R"("index":0)");
  const std::string more =
      frame("content_block_delta", R"("index":0,"delta":{"type":"text_delta","text":"x"})");
  const std::string broken[] = {
      "data: nonsense\n\n",
      "data: {\"type\":\"ping\"\xff}\n\n",
      kText,
      stopped,
      kStart + kStart,
      kStart + more,
      kStart + frame("content_block_start", R"("index":3,"content_block":{"type":"text"})"),
      kStart + kText + ended + ended,
      kStart + kText + ended + more,
      kStart + kText + ended + stopped + more,
      kStart + kText + ended + stopped + kText,
      kStart + kText + frame("content_block_delta", R"("index":0,"delta":{"type":"text_delta"})"),
      kStart +
          frame("content_block_start", R"("index":0,"content_block":{"type":"tool_use","id":"a"})"),
      kStart + frame("message_stop"),
  };
  TestInstance instance(bench.file);
  for (const std::string& each : broken) {
    const TestCall chat(instance, kAsk);
    instance.host.answer({.body = each + frame("message_stop"), .headers = kStream});
    bench.check(error_of(chat).error_class == ErrorClass::kBadResponse, each);
  }
  bench.check(instance.host.breaches.empty(), "the contract is kept");
}

void keeps_its_limits(const Bench& bench) {
  TestInstance instance(bench.file);
  std::string blocks = kStart;
  for (int i = 0; i <= 4096; ++i)
    blocks += frame("content_block_start", R"("index":)" + std::to_string(i) +
                                               R"(,"content_block":{"type":"text","text":""})");
  const TestCall many(instance, kAsk);
  instance.host.answer({.body = blocks, .headers = kStream});
  bench.check(error_of(many).message.find("4096 blocks") != std::string::npos, "4096 blocks");

  std::string thoughts =
      kStart + frame("content_block_start",
                     R"("index":0,"content_block":{"type":"thinking","thinking":""})");
  for (int i = 0; i < 17; ++i)
    thoughts +=
        frame("content_block_delta", R"("index":0,"delta":{"type":"thinking_delta","thinking":")" +
                                         std::string(1 << 20, 't') + "\"}");
  const TestCall long_thoughts(instance, kAsk);
  instance.host.answer({.body = thoughts, .headers = kStream});
  bench.check(error_of(long_thoughts).message.find("16 MiB") != std::string::npos,
              "16 MiB to keep");

  const TestCall long_line(instance, kAsk);
  const std::string line = "data: " + std::string(17 << 20, 'l');
  instance.host.answer({.body = line, .headers = kStream});
  bench.check(error_of(long_line).message.find("too long") != std::string::npos, "a line too long");

  const TestCall large(instance, {.flags = 0, .body = kAsk.body});
  const std::string body(65u << 20, ' ');
  instance.host.answer({.body = body, .piece = 1 << 20});
  bench.check(error_of(large).message.find("64 MiB") != std::string::npos, "64 MiB at once");
}

}  // namespace

void check_failures(const Bench& bench) {
  types_every_rejection(bench);
  reads_the_wait(bench);
  says_little_of_what_is_no_api(bench);
  types_errors_inside_of_a_stream(bench);
  refuses_streams_that_are_none(bench);
  keeps_its_limits(bench);
}

}  // namespace anthropic::test
