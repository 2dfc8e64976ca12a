/// \file asked_chat.hpp
/// What a client's `POST .../chat/completions` asks of prx.
#pragma once

#include "gateway/error_body.hpp"
#include "gateway/http/http_request.hpp"
#include "prx/client.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::gateway {

struct AskedChat {
  ChatRequest request;
  CallOptions options;
  std::string model;  ///< that the body names, or ""
  bool stream = false;
  bool include_usage = true;  ///< the client takes a usage chunk
  bool trail = false;         ///< and a last comment with the attempts
};

/// Whether a body asks for usage in its stream (`stream_options.include_usage`).
[[nodiscard]] bool wants_usage(const json::ObjectIndex& body);

/// Takes the body, which goes on as it came but for its member `prx`; see read_choices().
///
/// Errors: kInvalidRequest: no chat request, or what read_choices() refuses.
[[nodiscard]] Result<AskedChat> read_chat(HttpRequest&& http, Dialect dialect);

}  // namespace prx::gateway
