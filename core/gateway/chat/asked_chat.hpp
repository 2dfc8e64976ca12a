/// \file asked_chat.hpp
/// What a client's `POST .../chat/completions` asks of prx.
#pragma once

#include "gateway/error_body.hpp"
#include "gateway/http/http_request.hpp"
#include "prx/client.hpp"

namespace prx::gateway {

struct AskedChat {
  ChatRequest request;
  CallOptions options;
  bool stream = false;
  bool include_usage = true;  ///< the client takes a usage chunk
  bool trail = false;         ///< and a last comment with the attempts
  bool chose = false;         ///< the body names provider or chain, so the headers count for none
};

/// Takes the body, which goes on as it came but for a member `prx`, an object that chooses for this
/// request: `provider`, `chain`, `deadline` ("30s"), `trail` (true). The headers `x-prx-provider`,
/// `x-prx-chain` and `x-prx-deadline` say the same, and the body wins. A traceparent that is none
/// is left out, as W3C wants it.
///
/// Errors: kInvalidRequest: no chat request, or a member of `prx` that is unknown or of the wrong
/// kind.
[[nodiscard]] Result<AskedChat> read_chat(HttpRequest&& http, Dialect dialect);

}  // namespace prx::gateway
