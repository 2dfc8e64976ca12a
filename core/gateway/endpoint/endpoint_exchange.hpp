/// \file endpoint_exchange.hpp
/// One request of a client to an endpoint that is no chat: passed through the chain, answered as it
/// came back.
#pragma once

#include <memory>
#include <string>

#include "gateway/error_body.hpp"
#include "gateway/http/http_request.hpp"
#include "gateway/http/response.hpp"
#include "prx/client.hpp"

namespace prx::gateway {

/// Starts the call to `path` ("/embeddings"), or answers at once why there is none (and gives
/// null). On the client's loop. A request for a stream is answered as one of a single chunk.
[[nodiscard]] std::unique_ptr<Exchange> begin_endpoint(Client& client, std::string path,
                                                       HttpRequest&& request, Dialect dialect,
                                                       Responder& responder);

}  // namespace prx::gateway
