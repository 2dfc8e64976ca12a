#include "sim/dialect.hpp"

#include <array>
#include <charconv>
#include <ctime>

#include "sim/sample_json.hpp"

namespace prx::sim {
namespace {

struct StatusWords {
  int status;
  std::string_view message, type, code, error_type;
};

constexpr std::array kWords{
    StatusWords{400, "Invalid request", "invalid_request_error", "invalid_value",
                "invalid_request"},
    StatusWords{401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key",
                "authentication"},
    StatusWords{402, "Insufficient credits. Add more using https://openrouter.ai/credits",
                "insufficient_quota", "insufficient_quota", "payment_required"},
    StatusWords{403, "Country, region, or territory not supported", "request_forbidden",
                "unsupported_country_region_territory", "permission_denied"},
    StatusWords{404, "No endpoints found that support the requested parameters.",
                "invalid_request_error", "not_found", "not_found"},
    StatusWords{408, "Request timed out", "timeout", "timeout", "timeout"},
    StatusWords{409, "Conflict: another request holds the lock", "conflict_error", "conflict", ""},
    StatusWords{413, "Request too large", "invalid_request_error", "request_too_large",
                "payload_too_large"},
    StatusWords{422, "Unprocessable entity", "invalid_request_error", "unprocessable_entity",
                "unprocessable"},
    StatusWords{429, "Rate limit reached", "requests", "rate_limit_exceeded",
                "rate_limit_exceeded"},
    StatusWords{500, "Internal Server Error", "server_error", "", "server"},
    StatusWords{502, "Provider returned error", "server_error", "bad_gateway",
                "provider_unavailable"},
    StatusWords{503, "The server is overloaded or not ready yet", "server_error",
                "server_is_overloaded", "provider_overloaded"},
    StatusWords{504, "Upstream timed out", "server_error", "timeout", "timeout"},
    StatusWords{524, "A timeout occurred at the edge", "server_error", "timeout", "timeout"},
    StatusWords{529, "Provider is overloaded", "server_error", "overloaded", "provider_overloaded"},
};

std::string http_date(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

std::string seconds_text(std::chrono::milliseconds wait) {
  return decimal(static_cast<double>(wait.count()) / 1000.0);
}

}  // namespace

std::string decimal(double value) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

VendorError usual_error(int status) {
  VendorError error;
  error.status = status;
  error.message = status < 500 ? "The request was refused" : "The server failed";
  error.type = status < 500 ? "invalid_request_error" : "server_error";
  for (const auto& words : kWords) {
    if (words.status != status) continue;
    error.message = words.message;
    error.type = words.type;
    error.code = words.code;
    error.error_type = words.error_type;
  }
  if (status == 502) error.raw = "upstream connect error or disconnect before headers";
  return error;
}

double cost_of(const Answer& answer, const CatalogModel& model) {
  double prompt = 0, completion = 0;
  std::from_chars(model.prompt_price.begin(), model.prompt_price.end(), prompt);
  std::from_chars(model.completion_price.begin(), model.completion_price.end(), completion);
  return prompt * static_cast<double>(answer.prompt_tokens) +
         completion * static_cast<double>(answer.completion_tokens);
}

Headers Dialect::wait_headers(const VendorError& error,
                              std::chrono::system_clock::time_point now) const {
  if (error.retry_after.count() < 0) return {};
  const auto until = now + error.retry_after;
  switch (error.retry_form) {
    case RetryAfterForm::kSeconds:
      return {{"Retry-After", seconds_text(error.retry_after)}};
    case RetryAfterForm::kMilliseconds:
      return {{"retry-after-ms", std::to_string(error.retry_after.count())}};
    case RetryAfterForm::kDate:
      return {{"Retry-After", http_date(until)}};
    case RetryAfterForm::kReset:
      if (!is_openrouter())
        return {{"x-ratelimit-reset-requests", seconds_text(error.retry_after) + "s"}};
      return {{"X-RateLimit-Limit", "20"},
              {"X-RateLimit-Remaining", "0"},
              {"X-RateLimit-Reset",
               std::to_string(
                   std::chrono::duration_cast<std::chrono::milliseconds>(until.time_since_epoch())
                       .count())}};
    case RetryAfterForm::kBody:
      break;
  }
  return {};
}

void append_tool_calls(std::string& out, const Answer& answer) {
  if (answer.calls.empty()) return;
  out += ",\"tool_calls\":[";
  for (std::size_t i = 0; i < answer.calls.size(); ++i) {
    const ToolCall& call = answer.calls[i];
    if (i > 0) out += ',';
    out.append("{\"index\":").append(std::to_string(i)).append(",\"id\":");
    append_quoted(out, call.id);
    out += ",\"type\":\"function\",\"function\":{\"name\":";
    append_quoted(out, call.name);
    out += ",\"arguments\":";
    append_quoted(out, call.arguments);
    out += "}}";
  }
  out += ']';
}

void append_tool_delta(std::string& out, const Delta& delta) {
  out += "\"tool_calls\":[{";
  if (delta.has_index) out.append("\"index\":").append(std::to_string(delta.index)).append(",");
  if (delta.kind == Delta::Kind::kToolOpen) {
    if (!delta.id.empty()) {
      out += "\"id\":";
      append_quoted(out, delta.id);
      out += ',';
    }
    out += "\"type\":\"function\",\"function\":{\"name\":";
    append_quoted(out, delta.name);
    out += ",\"arguments\":";
  } else {
    out += "\"function\":{\"arguments\":";
  }
  if (delta.null_arguments)
    out += "null";
  else
    append_quoted(out, delta.text);
  out += "}}]";
}

void append_text(std::string& out, const Delta& delta) {
  if (!delta.escaped) return append_quoted(out, delta.text);
  out.append("\"").append(delta.text).append("\"");
}

}  // namespace prx::sim
