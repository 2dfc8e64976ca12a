/// \file error_body.hpp
/// A failed call as the client's dialect writes it: status, envelope, Retry-After.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/http/response.hpp"
#include "prx/attempt.hpp"
#include "prx/sdk/error.hpp"

namespace prx::gateway {

/// How the path that was asked writes errors and lists: /v1 as OpenAI, /api/v1 as OpenRouter.
enum class Dialect { kOpenAi, kOpenRouter };

struct ErrorAnswer {
  int status = 500;
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> headers;  ///< Retry-After, retry-after-ms
};

/// The server's own status where it refused, else the one that says the same: 502 unreachable or
/// unusable, 503 overloaded, 504 too slow, 499 cancelled.
[[nodiscard]] int status_of(const Error& error);

/// {"error":{...}}: numeric code and metadata for OpenRouter's clients; type, param and a string
/// code for OpenAI's. `attempts` name who was asked last.
[[nodiscard]] std::string error_envelope(const Error& error, Dialect dialect,
                                         const std::vector<Attempt>& attempts);

[[nodiscard]] ErrorAnswer error_answer(const Error& error, Dialect dialect,
                                       const std::vector<Attempt>& attempts = {});

/// The same, sent.
void send_error(const Error& error, Dialect dialect, Responder& responder,
                const std::vector<Attempt>& attempts = {});

}  // namespace prx::gateway
