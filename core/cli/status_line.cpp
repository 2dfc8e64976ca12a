#include "cli/status_line.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "cli/duration.hpp"

namespace prx::cli {
namespace {

constexpr std::size_t kNameMax = 80;      // bytes of a name or a word that a server chose
constexpr std::size_t kMessageMax = 500;  // bytes of its message
constexpr double kDollarsMax = 1e9;       // more is written with an exponent

/// A server's text cut to a length that leaves the rest of the line in view; whole characters.
std::string bounded(std::string_view text, std::size_t size_max = kNameMax) {
  if (text.size() <= size_max) return std::string(text);
  while (size_max > 0 && (static_cast<unsigned char>(text[size_max]) & 0xC0) == 0x80) --size_max;
  return std::string(text.substr(0, size_max)) + "...";
}

std::string count(const std::optional<std::int64_t>& tokens) {
  return tokens ? std::to_string(*tokens) : "unknown";
}

std::string tokens_text(const Usage& usage) {
  if (!usage.prompt_tokens && !usage.completion_tokens) return "tokens unknown";
  std::string text = count(usage.prompt_tokens) + (usage.prompt_tokens == 1 ? " token" : " tokens");
  text += " in";
  if (usage.cached_tokens.value_or(0) > 0) text += " (" + count(usage.cached_tokens) + " cached)";
  text += ", " + count(usage.completion_tokens) + " out";
  if (usage.reasoning_tokens.value_or(0) > 0)
    text += " (" + count(usage.reasoning_tokens) + " reasoning)";
  return text;
}

std::string shown_cost(double dollars, bool estimated) {
  return (estimated ? "~" : "") + format_cost(dollars);
}

/// What the provider said that the answer cost, else an estimate.
std::string cost_text(const ChatResponse& response) {
  if (response.usage.cost) return format_cost(*response.usage.cost);
  const bool estimated = !response.attempts.empty() && response.attempts.back().cost_estimated;
  if (!estimated) return "cost unknown";
  return shown_cost(response.attempts.back().cost.value_or(0.0), true);
}

double served_cost(const ChatResponse& response) {
  return response.attempts.back().cost.value_or(response.usage.cost.value_or(0.0));
}

/// How many attempts it took, and what they cost in all when that is not what the answer cost.
std::string attempts_text(const ChatResponse& response) {
  const auto all = response.attempts.size();
  const auto skipped =
      static_cast<std::size_t>(std::count_if(response.attempts.begin(), response.attempts.end(),
                                             [](const Attempt& each) { return each.skipped(); }));
  std::string text;
  if (skipped > 0) text = " | " + std::to_string(skipped) + " skipped";
  if (all - skipped < 2) return text;
  text += " | " + std::to_string(all - skipped) + " attempts";
  const CallCost cost = cost_of(response.attempts);
  const bool more = cost.lower_bound || cost.dollars != served_cost(response);
  if (cost.dollars <= 0.0 || !more) return text;
  return text + ", " + format_cost_in_all(cost);
}

std::string http_text(const Attempt& attempt) {
  if (attempt.http_version == 0) return {};
  std::string text = attempt.http_version == 20   ? "HTTP/2"
                     : attempt.http_version == 10 ? "HTTP/1.0"
                                                  : "HTTP/1.1";
  text += " " + std::to_string(attempt.http_status);
  if (attempt.connection_reused) text += " reused";
  return text;
}

void add(std::string& text, const std::string& part) {
  if (part.empty()) return;
  if (!text.empty()) text += ", ";
  text += part;
}

void add_time(std::string& text, const char* name,
              const std::optional<std::chrono::microseconds>& time) {
  if (time) add(text, std::string(name) + " " + format_duration(*time));
}

std::string outcome_text(const Attempt& attempt) {
  if (!attempt.error) return "served";
  std::string text(to_string(attempt.error->error_class));
  if (!attempt.error->provider_code.empty())
    text += " (" + bounded(attempt.error->provider_code) + ")";
  if (attempt.error->retry_after)
    text += ", retry after " + format_duration(*attempt.error->retry_after);
  return text + ": " + bounded(attempt.error->message, kMessageMax);
}

}  // namespace

std::string format_cost_in_all(const CallCost& cost) {
  if (cost.lower_bound && cost.dollars <= 0.0) return "cost in all unknown";
  return (cost.lower_bound ? "at least " : "") + shown_cost(cost.dollars, cost.estimated) +
         " in all";
}

std::string format_cost(double dollars) {
  std::array<char, 40> buffer{};
  if (!(std::abs(dollars) < kDollarsMax)) {
    std::snprintf(buffer.data(), buffer.size(), "$%.3g", dollars);
    return buffer.data();
  }
  std::snprintf(buffer.data(), buffer.size(), "$%.9f", dollars);
  std::string text = buffer.data();
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  const std::size_t point = text.find('.');
  if (point != std::string::npos && text.size() - point == 2) text += '0';
  return text;
}

std::string status_line(const ChatResponse& response, const CallTimes& times) {
  std::string line = response.provider;
  if (!response.served_by.empty()) line += " (" + bounded(response.served_by) + ")";
  line += " | " + (response.model.empty() ? "model unknown" : bounded(response.model));
  line += " | " + tokens_text(response.usage);
  line += " | " + cost_text(response);
  if (times.first_token) line += " | first token " + format_duration(*times.first_token);
  line += " | total " + format_duration(times.total);
  line += attempts_text(response);
  if (response.finish_reason != FinishReason::kStop) {
    line += " | finished: " + std::string(to_string(response.finish_reason));
    if (response.finish_reason == FinishReason::kOther && !response.native_finish_reason.empty())
      line += " (" + bounded(response.native_finish_reason) + ")";
  }
  return line;
}

std::string trace_line(const Attempt& attempt, int number) {
  if (attempt.skipped())
    return "skipped: " + attempt.provider + " " + bounded(attempt.model) + " | " +
           outcome_text(attempt);
  std::string line = "attempt " + std::to_string(number);
  if (!attempt.reason.empty()) line += " (" + attempt.reason + ")";
  line += ": " + attempt.provider + " " + bounded(attempt.model);
  if (!attempt.key_label.empty()) line += ", key " + attempt.key_label;
  if (attempt.wait.count() > 0) add_time(line, "waited", attempt.wait);
  std::string times;
  add_time(times, "connected", attempt.connected);
  add_time(times, "head", attempt.head);
  add_time(times, "first token", attempt.first_token);
  add_time(times, "total", attempt.total);
  add(times, http_text(attempt));
  add(times, std::to_string(attempt.bytes) + " bytes");
  if (attempt.cost) add(times, shown_cost(*attempt.cost, attempt.cost_estimated));
  return line + " | " + times + " | " + outcome_text(attempt);
}

}  // namespace prx::cli
