/// \file models_exchange.hpp
/// `GET /models` and `GET /models/ID`, from the lists that the providers of the chain in force
/// give, and the cache keeps.
#pragma once

#include <memory>
#include <string>

#include "gateway/asker.hpp"
#include "gateway/error_body.hpp"
#include "gateway/http/response.hpp"
#include "prx/client.hpp"

namespace prx::gateway {

/// Asks for the lists, or answers at once why not (and gives null). `id`: of the one model that is
/// wanted; "": all. A provider that cannot be asked is left out; all of them only together.
/// On the client's loop; the asker ends before client and loop do.
[[nodiscard]] std::unique_ptr<Exchange> begin_models(Client& client, Asker& asker, std::string id,
                                                     Dialect dialect, Responder& responder);

}  // namespace prx::gateway
