#include "failure.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include <prx/sdk/json_edit.hpp>
#include <prx/sdk/retry_after.hpp>
#include <prx/sdk/text.hpp>

#include "json_writer.hpp"

namespace anthropic {
namespace {

using prx::Error;
using prx::ErrorClass;
using prx::json::ObjectIndex;
using std::chrono::milliseconds;

constexpr std::string_view kTitle = "Anthropic";
constexpr std::size_t kMessageMax = 600;        ///< bytes of Error::message
constexpr std::size_t kRawMax = 64u << 10;      ///< bytes of Error::raw
constexpr std::int64_t kWaitMax = 366 * 86400;  ///< seconds; nobody means more

struct Type {
  std::string_view name;
  ErrorClass error_class;
};
constexpr Type kTypes[] = {
    {"invalid_request_error", ErrorClass::kInvalidRequest},
    {"authentication_error", ErrorClass::kAuth},
    {"billing_error", ErrorClass::kCredit},
    {"permission_error", ErrorClass::kPermission},
    {"not_found_error", ErrorClass::kNotFound},
    {"conflict_error", ErrorClass::kNetwork},
    {"request_too_large", ErrorClass::kInvalidRequest},
    {"rate_limit_error", ErrorClass::kRateLimit},
    {"timeout_error", ErrorClass::kTimeout},
    {"api_error", ErrorClass::kOverloaded},
    {"overloaded_error", ErrorClass::kOverloaded},
};
/// Words of an invalid_request_error that mean more than that.
constexpr Type kWords[] = {
    {"prompt is too long", ErrorClass::kContextLength},
    {"exceed context limit", ErrorClass::kContextLength},
    {"credit balance is too low", ErrorClass::kCredit},
    {"reached your specified API usage limits", ErrorClass::kCredit},
};
constexpr std::string_view kSpendLimit = "enforced_spend_limit_reached";

std::string_view header(std::span<const prx_kv> headers, std::string_view name) {
  return prx::sdk::HttpHead{0, headers}.header(name);
}

ErrorClass read_class(int status, const ObjectIndex& error, std::string_view words) {
  const std::string type = text(error, "type");
  if (text(object(error, "details"), "error_code") == kSpendLimit) return ErrorClass::kCredit;
  if (type == "invalid_request_error")
    for (const Type& known : kWords)
      if (words.find(known.name) != std::string_view::npos) return known.error_class;
  const bool is_other = type == "invalid_request_error" && status > 400;  // "other 4XX codes" too
  for (const Type& known : kTypes)
    if (known.name == type && !is_other) return known.error_class;
  return status == 0 ? ErrorClass::kOverloaded : prx::sdk::class_of_status(status);
}

int digits(std::string_view text, std::size_t at, std::size_t size) {
  int value = -1;
  if (at + size > text.size()) return -1;
  const char* const begin = text.data() + at;
  const auto read = std::from_chars(begin, begin + size, value);
  return read.ec == std::errc() && read.ptr == begin + size ? value : -1;
}

/// Unix seconds of an RFC 3339 time in UTC, "2025-08-21T12:40:59Z"; nullopt for other texts.
std::optional<std::int64_t> read_time(std::string_view text) {
  const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  const bool is_whole = year >= 1970 && hour >= 0 && minute >= 0 && second >= 0;
  if (!is_whole || !date.ok() || !text.ends_with('Z')) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

struct Limit {
  std::string_view remaining, reset, all;
};
constexpr Limit kLimits[] = {
    {"anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset",
     "anthropic-ratelimit-requests-limit"},
    {"anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset", {}},
    {"anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset", {}},
    {"anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset", {}},
};

/// How long until a limit that is used up is whole again.
std::optional<milliseconds> reset_of(const Limit& limit, std::span<const prx_kv> headers,
                                     std::int64_t now_epoch) {
  const auto time = read_time(header(headers, limit.reset));
  if (header(headers, limit.remaining) != "0" || !time) return std::nullopt;
  return std::chrono::seconds(std::clamp<std::int64_t>(*time - now_epoch, 0, kWaitMax));
}

std::optional<milliseconds> read_wait(const Failure& failure, ErrorClass error_class,
                                      std::int64_t now_epoch) {
  if (const auto wait = prx::sdk::read_retry_after(failure.headers, now_epoch)) return wait;
  std::optional<milliseconds> longest;
  if (error_class != ErrorClass::kRateLimit) return longest;
  for (const Limit& limit : kLimits)
    longest = std::max(longest, reset_of(limit, failure.headers, now_epoch));
  return longest;
}

std::string read_message(int status, std::string_view words, std::string_view type) {
  std::string message(kTitle);
  if (words.empty()) {
    message += " answered with ";
    message += status == 0 ? "an error that says nothing" : "HTTP status " + std::to_string(status);
    return message;
  }
  message.append(": ").append(words);
  if (!type.empty()) message.append(" (").append(type).append(")");
  return prx::sdk::one_line(message, kMessageMax);
}

}  // namespace

prx::Error read_failure(const Failure& failure, std::int64_t now_epoch) {
  const auto parsed = ObjectIndex::parse(failure.body);
  const ObjectIndex body = parsed ? *parsed : ObjectIndex();
  const ObjectIndex error = object(body, "error");
  const std::string words = text(error, "message");
  Error out;
  out.http_status = failure.status;
  out.phase = failure.status == 0 ? prx::Phase::kBody : prx::Phase::kHead;
  out.error_class = read_class(failure.status, error, words);
  out.provider_code = prx::sdk::one_line(text(error, "type"), 200);
  out.message = read_message(failure.status, words, out.provider_code);
  out.request_id = prx::sdk::one_line(header(failure.headers, "request-id"), 200);
  if (out.request_id.empty()) out.request_id = prx::sdk::one_line(text(body, "request_id"), 200);
  out.retry_after = read_wait(failure, out.error_class, now_epoch);
  const std::string_view retry = header(failure.headers, "x-should-retry");
  if (retry == "true" || retry == "false") out.retryable = retry == "true";
  out.raw = prx::sdk::utf8_prefix(failure.body, kRawMax);
  return out;
}

prx::Error bad_answer(std::string_view what) {
  Error error;
  error.error_class = ErrorClass::kBadResponse;
  error.message.append(kTitle).append(": the answer cannot be used: ").append(what);
  error.phase = prx::Phase::kBody;
  return error;
}

std::optional<milliseconds> read_next_request(std::span<const prx_kv> headers,
                                              std::int64_t now_epoch) {
  const auto whole = reset_of(kLimits[0], headers, now_epoch);
  if (!whole) return std::nullopt;
  const std::string_view all = header(headers, kLimits[0].all);
  std::int64_t requests = 1;
  std::from_chars(all.data(), all.data() + all.size(), requests);
  return std::max(milliseconds(1), *whole / std::max<std::int64_t>(requests, 1));
}

}  // namespace anthropic
