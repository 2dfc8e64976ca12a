// Retry-After in each form that is known on the wire.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "chat_emit.hpp"
#include "error_read.hpp"

namespace prx::sdk {
namespace {

using std::chrono::milliseconds;
using Wait = std::optional<milliseconds>;

constexpr double kWaitMax = 366.0 * 24 * 3600 * 1000;  // milliseconds; nobody means more

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Wait to_wait(double ms) {
  if (!std::isfinite(ms)) return std::nullopt;
  return milliseconds(static_cast<std::int64_t>(std::ceil(std::clamp(ms, 0.0, kWaitMax))));
}

constexpr double kHuge = 1e200;  // stays a number in every unit

/// A leading number; what follows stays in `text`. One that no double holds is as large, or as
/// small, as can be.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc::result_out_of_range) {
    const std::string_view number(text.data(), static_cast<std::size_t>(result.ptr - text.data()));
    const bool small = number.front() == '-' || number.find("e-") != std::string_view::npos ||
                       number.find("E-") != std::string_view::npos || number.substr(0, 2) == "0.";
    value = small ? 0 : kHuge;
  } else if (result.ec != std::errc()) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
  return value;
}
std::optional<double> whole_number(std::string_view text) {
  text = trim(text);
  const std::optional<double> value = take_number(text);
  return text.empty() ? value : std::nullopt;
}

std::optional<double> unit_ms(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1'000;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return 86'400'000;
  return std::nullopt;
}

/// "6m0s", "1s", "120ms", "1h2m3.5s".
Wait duration(std::string_view text) {
  text = trim(text);
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const std::optional<double> number = take_number(text);
    const std::size_t unit_size = std::min(text.find_first_of("0123456789."), text.size());
    const std::optional<double> unit = unit_ms(text.substr(0, unit_size));
    if (!number || !unit) return std::nullopt;
    total += *number * *unit;
    text.remove_prefix(unit_size);
  }
  return to_wait(total);
}

/// Words of an HTTP date, cut at blanks, commas, colons and dashes.
std::array<std::string_view, 8> date_words(std::string_view text) {
  std::array<std::string_view, 8> words;
  for (std::string_view& word : words) {
    text.remove_prefix(std::min(text.find_first_not_of(" ,:-"), text.size()));
    word = text.substr(0, text.find_first_of(" ,:-"));
    text.remove_prefix(word.size());
  }
  return words;
}
int integer(std::string_view text) {
  int value = -1;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size() ? value : -1;
}
unsigned month_of(std::string_view name) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t at = name.size() == 3 ? kMonths.find(name) : std::string_view::npos;
  return at == std::string_view::npos || at % 3 != 0 ? 0 : static_cast<unsigned>(at / 3 + 1);
}
/// Two digits are of this century or the last; a year of more than four is as far as can be.
int year_of(std::string_view digits) {
  constexpr int kYearMax = 9999;
  const bool is_number = digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (is_number && digits.size() > 4) return kYearMax;
  const int year = integer(digits);
  if (year < 0 || year >= 100) return year;
  return year < 70 ? 2000 + year : 1900 + year;
}

/// X-RateLimit-Reset: seconds from now, or a time, told apart by size.
Wait reset_number(std::string_view text, std::int64_t now_epoch) {
  const std::optional<double> value = whole_number(text);
  if (!value) return std::nullopt;
  const double now_ms = static_cast<double>(now_epoch) * 1000;
  if (*value <= 1e9) return to_wait(*value * 1000);
  if (now_epoch <= 0) return std::nullopt;
  return to_wait(*value > 1e12 ? *value - now_ms : *value * 1000 - now_ms);
}

Wait later(Wait a, Wait b) {
  if (!a || !b) return a ? a : b;
  return std::max(*a, *b);
}

/// Whether a limit is used up; nullopt when its remaining-* header does not say.
std::optional<bool> used_up(std::span<const prx_kv> headers, std::string_view remaining) {
  const std::optional<double> left = whole_number(header(headers, remaining));
  return left ? std::optional(*left <= 0) : std::nullopt;
}

/// OpenAI's x-ratelimit-reset-*: of the limits that are known to be used up; when none is, and not
/// only those are asked for, the longest of those that may be.
Wait reset_durations(std::span<const prx_kv> headers, Resets resets) {
  struct Limit {
    std::string_view reset, remaining;
  };
  constexpr Limit kLimits[] = {{"x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"},
                               {"x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"}};
  Wait sure, possible;
  for (const Limit& limit : kLimits) {
    const Wait wait = duration(header(headers, limit.reset));
    const std::optional<bool> used = used_up(headers, limit.remaining);
    if (used.value_or(false)) sure = later(sure, wait);
    if (!used) possible = later(possible, wait);
  }
  return sure || resets == Resets::kUsedUp ? sure : possible;
}

Wait reset_time(std::span<const prx_kv> headers, Resets resets, std::int64_t now_epoch) {
  if (!used_up(headers, "x-ratelimit-remaining").value_or(resets == Resets::kUnlessLeft))
    return std::nullopt;
  const std::int64_t now =
      now_epoch > 0 ? now_epoch : read_http_date(header(headers, "date")).value_or(0);
  return reset_number(header(headers, "x-ratelimit-reset"), now);
}

/// A number of such units; less than none is no wait.
Wait amount(std::string_view text, double unit) {
  const std::optional<double> value = whole_number(text);
  return value && *value >= 0 ? to_wait(*value * unit) : std::nullopt;
}

/// The value of one Retry-After. \see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
Wait one_wait(std::span<const prx_kv> headers, std::string_view text, std::int64_t now_epoch) {
  if (whole_number(text)) return amount(text, 1000);
  const std::optional<std::int64_t> date = read_http_date(text);
  const std::int64_t now = read_http_date(header(headers, "date")).value_or(now_epoch);
  if (!date || now <= 0) return duration(text);
  return to_wait(static_cast<double>(*date - now) * 1000);
}

}  // namespace

std::string_view header(std::span<const prx_kv> headers, std::string_view name) {
  for (const prx_kv& kv : headers)
    if (to_view(kv.key) == name) return trim(to_view(kv.value));
  return {};
}

std::optional<std::int64_t> read_http_date(std::string_view text) {
  // IMF-fixdate "Sun, 06 Nov 1994 08:49:37 GMT", RFC 850 "Sunday, 06-Nov-94 08:49:37 GMT",
  // asctime "Sun Nov  6 08:49:37 1994"
  const auto words = date_words(text);
  const bool asctime = month_of(words[1]) != 0;
  const unsigned month = month_of(words[asctime ? 1 : 2]);
  const int day = integer(words[asctime ? 2 : 1]);
  const int year = year_of(words[asctime ? 6 : 3]);
  const std::size_t clock = asctime ? 3 : 4;
  const int hour = integer(words[clock]), minute = integer(words[clock + 1]),
            second = integer(words[clock + 2]);
  if (month == 0 || day < 1 || year < 1970 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 60)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return std::int64_t{days} * 86'400 + hour * 3'600 + minute * 60 + second;
}

std::optional<milliseconds> read_explicit_wait(std::span<const prx_kv> headers,
                                               std::int64_t now_epoch) {
  Wait exact, wait;  // of several the longest counts: no word of the server is undercut
  for (const prx_kv& kv : headers) {
    const std::string_view name = to_view(kv.key);
    const std::string_view text = trim(to_view(kv.value));
    if (name == "retry-after-ms") exact = later(exact, amount(text, 1));
    if (name == "retry-after") wait = later(wait, one_wait(headers, text, now_epoch));
  }
  return exact ? exact : wait;
}

std::optional<milliseconds> read_wait(std::span<const prx_kv> headers, Resets resets,
                                      std::int64_t now_epoch) {
  if (const Wait wait = read_explicit_wait(headers, now_epoch)) return wait;
  if (resets == Resets::kNone) return std::nullopt;
  if (const Wait wait = reset_durations(headers, resets)) return wait;
  return reset_time(headers, resets, now_epoch);
}

std::optional<milliseconds> read_retry_after(std::span<const prx_kv> headers,
                                             std::int64_t now_epoch) {
  return read_wait(headers, Resets::kUnlessLeft, now_epoch);
}

std::optional<milliseconds> read_next_request(std::span<const prx_kv> headers) {
  if (!used_up(headers, "x-ratelimit-remaining-requests").value_or(false)) return std::nullopt;
  const Wait all = duration(header(headers, "x-ratelimit-reset-requests"));
  const double limit =
      whole_number(header(headers, "x-ratelimit-limit-requests")).value_or(1);  // a window of one
  if (!all) return std::nullopt;
  return std::max(
      milliseconds(1),
      to_wait(static_cast<double>(all->count()) / std::max(limit, 1.0)).value_or(milliseconds(1)));
}

}  // namespace prx::sdk
