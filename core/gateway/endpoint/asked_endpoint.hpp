/// \file asked_endpoint.hpp
/// What a client's request to an endpoint that is no chat asks of prx.
#pragma once

#include <string>

#include "gateway/error_body.hpp"
#include "gateway/http/http_request.hpp"
#include "prx/client.hpp"

namespace prx::gateway {

struct AskedEndpoint {
  EndpointRequest request;
  CallOptions options;
  std::string model;  ///< that the body names
  bool stream = false, include_usage = true, trail = false;
};

/// The body goes on as it came but for `prx` and for what only streams have: the answer comes in
/// one piece.
///
/// Errors: kInvalidRequest: no JSON object, or what read_choices() refuses.
[[nodiscard]] Result<AskedEndpoint> read_endpoint(std::string path, const HttpRequest& http,
                                                  Dialect dialect);

}  // namespace prx::gateway
