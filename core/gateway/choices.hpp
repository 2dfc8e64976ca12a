/// \file choices.hpp
/// What a client chooses for one request beside its body: provider, chain, deadline, trail.
#pragma once

#include "gateway/http/http_request.hpp"
#include "prx/client.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::gateway {

struct Choices {
  CallOptions options;  ///< provider, chain, deadline, traceparent
  bool trail = false;   ///< a stream ends with a comment that tells the attempts
};

/// Reads the headers `x-prx-provider`, `x-prx-chain` and `x-prx-deadline`, and the body's member
/// `prx`, an object with `provider`, `chain`, `deadline` ("30s") and `trail` (true), which wins: a
/// body that names provider or chain leaves the headers none. A traceparent that is none is left
/// out, as W3C wants it.
///
/// Errors: kInvalidRequest: a member of `prx` that is unknown or of the wrong kind, or a duration
/// that is none.
[[nodiscard]] Result<Choices> read_choices(const HttpRequest& http, const json::ObjectIndex& body);

}  // namespace prx::gateway
