/// \file asked_exchange.hpp
/// Answers that the library gives in its own time: lists of models, what a provider says of a key.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "gateway/access/key_ring.hpp"
#include "gateway/asked/asker.hpp"
#include "gateway/error_body.hpp"
#include "gateway/http/response.hpp"
#include "http/asio_loop.hpp"
#include "prx/client.hpp"

namespace prx::gateway {

/// Finds the body of an answer, on the asker's thread; it may block until `closing`.
using Find = std::function<Result<std::string>(Client& client, const std::stop_token& closing)>;

/// Has the answer found by `client`, or answers at once why not (and gives null). On `loop`, which
/// may be another one than the client's; the asker ends before both do.
[[nodiscard]] std::unique_ptr<Exchange> begin_asked(Client& client, AsioLoop& loop, Asker& asker,
                                                    Find find, Dialect dialect,
                                                    Responder& responder);

/// `GET /models`: the chains, and the lists that the providers of the chain in force give and the
/// cache keeps. A provider that cannot be asked is left out, and so is what `key` (null: none was
/// asked for) may not ask for.
[[nodiscard]] Find find_models(std::shared_ptr<const AccessKey> key);
/// One of them, in `data` as OpenRouter writes it, or as it is. kNotFound: it is none.
[[nodiscard]] Find find_model(std::string id, std::shared_ptr<const AccessKey> key,
                              Dialect dialect);
/// `GET /key` where nobody is asked for a key of this server's own: what the first provider in
/// force says of its key, as OpenRouter writes it. kUnsupported: it says nothing of keys.
[[nodiscard]] Find find_key();

}  // namespace prx::gateway
