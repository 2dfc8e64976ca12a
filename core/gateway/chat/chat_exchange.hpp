/// \file chat_exchange.hpp
/// One chat of a client: a call to the chain in force, and its answer as it comes.
#pragma once

#include <memory>

#include "gateway/chat/asked_chat.hpp"
#include "gateway/http/response.hpp"
#include "gateway/watch/watch.hpp"
#include "prx/client.hpp"

namespace prx::gateway {

/// Starts the call, or answers at once why there is none (and gives null). On the client's loop.
/// `watch` is what the client's measurements go to.
[[nodiscard]] std::unique_ptr<Exchange> begin_chat(Client& client, Watch& watch,
                                                   HttpRequest&& request, Dialect dialect,
                                                   Responder& responder);

}  // namespace prx::gateway
