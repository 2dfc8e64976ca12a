/// \file client_loop.hpp
/// The loop of a client, for hosts inside of prx that run on it (core/gateway): an answer is
/// written where it is read, without a thread between.
#pragma once

#include "client/client_state.hpp"
#include "http/asio_loop.hpp"
#include "prx/client.hpp"

namespace prx {

class ClientLoop {
 public:
  /// As long as the client lives. What a host has on it must be gone before the client is.
  [[nodiscard]] static AsioLoop& of(Client& client);
  /// As it is now; on the loop.
  [[nodiscard]] static ClientState state(Client& client);
};

}  // namespace prx
