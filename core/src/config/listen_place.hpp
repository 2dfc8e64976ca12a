/// \file listen_place.hpp
/// An address of this machine with a port, as `[serve] listen` and --listen write it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "prx/sdk/error.hpp"
#include "prx/sdk/result.hpp"

namespace prx::config {

struct ListenPlace {
  std::string address;  ///< of IPv4 or IPv6 in numbers, without brackets
  std::uint16_t port = 0;
  bool loopback = false;  ///< reached from this machine alone
};

/// Whether what listens there is reached from this machine alone: a Unix socket, 127.0.0.0/8, ::1.
/// Whatever is written or handed over as a place to listen at is asked this.
[[nodiscard]] bool is_local_address(const sockaddr_storage& address);

/// The place as the system takes it.
[[nodiscard]] sockaddr_storage socket_address(const ListenPlace& place);

/// "127.0.0.1:8383", "[::1]:8383", "localhost:8383"; port 0: any free one. Errors: kInvalidRequest,
/// what and remedy.
[[nodiscard]] Result<ListenPlace> listen_place(std::string_view text);

/// Whether `prx serve` may listen there: on loopback, and where it asks for keys everywhere.
/// Errors: kInvalidRequest.
[[nodiscard]] Result<void> check_serve_listen(std::string_view place, bool has_keys);
/// The rule alone, for a socket however it was made; `place` stands for it in the message.
[[nodiscard]] Result<void> check_serve_reach(std::string_view place, bool loopback, bool has_keys);

}  // namespace prx::config
