/// \file endpoint.hpp
/// What is asked of a provider's endpoint that is no chat (embeddings, completions), and what comes
/// back. All are values.
#pragma once

#include <string>
#include <vector>

#include "prx/attempt.hpp"
#include "prx/chat.hpp"
#include "prx/sdk/error.hpp"

namespace prx {

/// A body that is posted below the provider's base URL.
struct EndpointRequest {
  std::string path;  ///< "/embeddings"; begins with a slash, no spaces, no fragment
  /// A JSON object with a member `model`, a string: a model, or "chain:NAME". It goes out as it is
  /// but for that member.
  std::string body;
};

/// The answer of an endpoint. A value.
struct EndpointResponse {
  std::string json;      ///< the answer as it came: one JSON value
  std::string provider;  ///< that served: the instance's name
  std::string model;     ///< as the answer names it, else as it was asked for
  Usage usage;           ///< the answer's member `usage`, where it has one
  std::vector<Attempt> attempts;
};

using EndpointResult = Result<EndpointResponse, CallError>;

}  // namespace prx
