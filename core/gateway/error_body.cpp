#include "gateway/error_body.hpp"

#include <algorithm>

#include "prx/sdk/json_edit.hpp"

namespace prx::gateway {

namespace {

/// What OpenAI's clients switch on.
struct Words {
  std::string_view type, code;
};

/// OpenRouter's metadata.error_type.
std::string_view openrouter_type_of(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::kInvalidRequest:
    case ErrorClass::kUnsupported:
      return "invalid_request";
    case ErrorClass::kAuth:
      return "authentication";
    case ErrorClass::kPermission:
      return "permission_denied";
    case ErrorClass::kCredit:
      return "payment_required";
    case ErrorClass::kRateLimit:
      return "rate_limit_exceeded";
    case ErrorClass::kContextLength:
      return "context_length_exceeded";
    case ErrorClass::kContentPolicy:
      return "content_policy_violation";
    case ErrorClass::kNotFound:
      return "not_found";
    case ErrorClass::kOverloaded:
      return "provider_overloaded";
    case ErrorClass::kTimeout:
      return "timeout";
    case ErrorClass::kNetwork:
    case ErrorClass::kBadResponse:
      return "provider_unavailable";
    case ErrorClass::kCancelled:
      return "unmapped";
    case ErrorClass::kInternal:
      break;
  }
  return "server";
}

Words words_of(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::kInvalidRequest:
      return {"invalid_request_error", ""};
    case ErrorClass::kAuth:
      return {"invalid_request_error", "invalid_api_key"};
    case ErrorClass::kPermission:
      return {"invalid_request_error", "permission_denied"};
    case ErrorClass::kCredit:
      return {"insufficient_quota", "insufficient_quota"};
    case ErrorClass::kRateLimit:
      return {"requests", "rate_limit_exceeded"};
    case ErrorClass::kContextLength:
      return {"invalid_request_error", "context_length_exceeded"};
    case ErrorClass::kContentPolicy:
      return {"invalid_request_error", "content_policy_violation"};
    case ErrorClass::kNotFound:
      return {"invalid_request_error", "model_not_found"};
    case ErrorClass::kUnsupported:
      return {"invalid_request_error", "unsupported_parameter"};
    case ErrorClass::kOverloaded:
      return {"server_error", "overloaded"};
    case ErrorClass::kTimeout:
      return {"server_error", "timeout"};
    case ErrorClass::kNetwork:
      return {"server_error", "upstream_unreachable"};
    case ErrorClass::kBadResponse:
      return {"server_error", "bad_upstream_response"};
    case ErrorClass::kCancelled:
      return {"server_error", "cancelled"};
    case ErrorClass::kInternal:
      break;
  }
  return {"server_error", "internal_error"};
}

/// "429" is a status that somebody wrote as a code.
bool is_number(std::string_view code) {
  return std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  if (out.back() != '{') out += ',';
  json::append_quoted(out, name);
  out += ':';
  json::append_quoted(out, text);
}

std::string openai_envelope(const Error& error) {
  const Words words = words_of(error.error_class);
  const std::string_view code =
      is_number(error.provider_code) ? words.code : std::string_view(error.provider_code);
  std::string out = "{\"error\":{";
  append_member(out, "message", error.message);
  append_member(out, "type", words.type);
  out += ",\"param\":null,\"code\":";
  if (code.empty())
    out += "null";
  else
    json::append_quoted(out, code);
  return out += "}}";
}

std::string openrouter_envelope(const Error& error, const std::vector<Attempt>& attempts) {
  std::string out = "{\"error\":{\"code\":" + std::to_string(status_of(error));
  append_member(out, "message", error.message);
  std::string metadata = "{";
  append_member(metadata, "error_type", openrouter_type_of(error.error_class));
  if (!error.provider_code.empty()) append_member(metadata, "provider_code", error.provider_code);
  const auto asked = std::find_if(attempts.rbegin(), attempts.rend(),
                                  [](const Attempt& attempt) { return attempt.asked(); });
  if (asked != attempts.rend()) append_member(metadata, "provider_name", asked->provider);
  if (!error.raw.empty()) append_member(metadata, "raw", error.raw);
  return out += ",\"metadata\":" + metadata + "}}}";
}

}  // namespace

int status_of(const Error& error) {
  if (error.http_status >= 400) return error.http_status;
  switch (error.error_class) {
    case ErrorClass::kInvalidRequest:
    case ErrorClass::kContextLength:
    case ErrorClass::kContentPolicy:
    case ErrorClass::kUnsupported:
      return 400;
    case ErrorClass::kAuth:
      return 401;
    case ErrorClass::kCredit:
      return 402;
    case ErrorClass::kPermission:
      return 403;
    case ErrorClass::kNotFound:
      return 404;
    case ErrorClass::kRateLimit:
      return 429;
    case ErrorClass::kCancelled:
      return 499;
    case ErrorClass::kNetwork:
    case ErrorClass::kBadResponse:
      return 502;
    case ErrorClass::kOverloaded:
      return 503;
    case ErrorClass::kTimeout:
      return 504;
    case ErrorClass::kInternal:
      break;
  }
  return 500;
}

std::string error_envelope(const Error& error, Dialect dialect,
                           const std::vector<Attempt>& attempts) {
  return dialect == Dialect::kOpenAi ? openai_envelope(error)
                                     : openrouter_envelope(error, attempts);
}

ErrorAnswer error_answer(const Error& error, Dialect dialect,
                         const std::vector<Attempt>& attempts) {
  ErrorAnswer out{status_of(error), error_envelope(error, dialect, attempts), {}};
  if (error.retry_after) {
    const auto ms = error.retry_after->count();
    out.headers.emplace_back("Retry-After", std::to_string((ms + 999) / 1'000));
    out.headers.emplace_back("retry-after-ms", std::to_string(ms));
  }
  if (!error.request_id.empty()) out.headers.emplace_back("x-request-id", error.request_id);
  return out;
}

void send_error(const Error& error, Dialect dialect, Responder& responder,
                const std::vector<Attempt>& attempts) {
  ErrorAnswer answer = error_answer(error, dialect, attempts);
  responder.send({answer.status, "application/json", std::move(answer.headers)}, answer.body);
}

}  // namespace prx::gateway
