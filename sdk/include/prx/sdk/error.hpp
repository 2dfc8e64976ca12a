/// \file error.hpp
/// Error: one failure, as data. Its class says what a caller can do about it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "prx/plugin.h"
#include "prx/sdk/result.hpp"

namespace prx {

/// The values are those of the C interface, PRX_E_*.
enum class ErrorClass : std::int32_t {
  kCancelled = PRX_E_CANCELLED,
  kInvalidRequest = PRX_E_INVALID_REQUEST,
  kAuth = PRX_E_AUTH,
  kPermission = PRX_E_PERMISSION,
  kCredit = PRX_E_CREDIT,
  kRateLimit = PRX_E_RATE_LIMIT,
  kOverloaded = PRX_E_OVERLOADED,
  kTimeout = PRX_E_TIMEOUT,
  kNetwork = PRX_E_NETWORK,
  kContextLength = PRX_E_CONTEXT_LENGTH,
  kContentPolicy = PRX_E_CONTENT_POLICY,
  kNotFound = PRX_E_NOT_FOUND,
  kUnsupported = PRX_E_UNSUPPORTED,
  kBadResponse = PRX_E_BAD_RESPONSE,
  kInternal = PRX_E_INTERNAL,
};

/// Where a failure happened; the values are PRX_PHASE_*.
enum class Phase : std::int32_t {
  kNone = PRX_PHASE_NONE,
  kConnect = PRX_PHASE_CONNECT,
  kHead = PRX_PHASE_HEAD,
  kFirstToken = PRX_PHASE_FIRST_TOKEN,
  kBody = PRX_PHASE_BODY,
};

/// A value type; no member ever holds a key, a prompt or a whole body.
struct Error {
  ErrorClass error_class = ErrorClass::kInternal;
  std::string message{};  ///< one line: what, where, remedy
  int http_status = 0;    ///< 100 to 599; 0: there was none
  Phase phase = Phase::kNone;
  std::optional<bool> retryable{};                         ///< what the provider said itself
  std::optional<std::chrono::milliseconds> retry_after{};  ///< from when it was received; 0 or more
  std::string provider_code{};  ///< the provider's own code, as it wrote it
  std::string request_id{};     ///< the provider's id of the exchange
  std::string raw{};            ///< the provider's words behind the message, at most 64 KiB

  friend bool operator==(const Error&, const Error&) = default;
};

/// An error of a class, with its one-line message.
[[nodiscard]] inline Unexpected<Error> fail(ErrorClass error_class, std::string message) {
  Error error;
  error.error_class = error_class;
  error.message = std::move(message);
  return Unexpected(std::move(error));
}

/// The field's name of a class: "rate_limit", "context_length"; used in TOML, JSON and logs.
[[nodiscard]] constexpr std::string_view to_string(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::kCancelled:
      return "cancelled";
    case ErrorClass::kInvalidRequest:
      return "invalid_request";
    case ErrorClass::kAuth:
      return "auth";
    case ErrorClass::kPermission:
      return "permission";
    case ErrorClass::kCredit:
      return "credit";
    case ErrorClass::kRateLimit:
      return "rate_limit";
    case ErrorClass::kOverloaded:
      return "overloaded";
    case ErrorClass::kTimeout:
      return "timeout";
    case ErrorClass::kNetwork:
      return "network";
    case ErrorClass::kContextLength:
      return "context_length";
    case ErrorClass::kContentPolicy:
      return "content_policy";
    case ErrorClass::kNotFound:
      return "not_found";
    case ErrorClass::kUnsupported:
      return "unsupported";
    case ErrorClass::kBadResponse:
      return "bad_response";
    case ErrorClass::kInternal:
      return "internal";
  }
  return "internal";
}

/// The class of that name, or nullopt.
[[nodiscard]] constexpr std::optional<ErrorClass> error_class_from(std::string_view name) {
  for (std::int32_t code = PRX_E_CANCELLED; code <= PRX_E_INTERNAL; ++code)
    if (to_string(static_cast<ErrorClass>(code)) == name) return static_cast<ErrorClass>(code);
  return std::nullopt;
}

/// The class of a PRX_E_* code; unknown ones are internal.
[[nodiscard]] constexpr ErrorClass error_class_from(std::int32_t code) {
  return code >= PRX_E_CANCELLED && code <= PRX_E_INTERNAL ? static_cast<ErrorClass>(code)
                                                           : ErrorClass::kInternal;
}

[[nodiscard]] constexpr std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::kNone:
      return "none";
    case Phase::kConnect:
      return "connect";
    case Phase::kHead:
      return "head";
    case Phase::kFirstToken:
      return "first_token";
    case Phase::kBody:
      return "body";
  }
  return "none";
}

}  // namespace prx
