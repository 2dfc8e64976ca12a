/// \file peer_address.hpp
/// Who is at the other end of a socket.
#pragma once

#include <string>

namespace prx::gateway {

/// "127.0.0.1", "::1"; "": it has no address (a Unix socket), or has left.
[[nodiscard]] std::string peer_address(int socket);

}  // namespace prx::gateway
