/// \file listen_place.hpp
/// An address of this machine with a port, as `[serve] listen` and --listen write it.
#pragma once

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

/// "127.0.0.1:8383", "[::1]:8383", "localhost:8383"; port 0: any free one. Errors: kInvalidRequest,
/// what and remedy.
[[nodiscard]] Result<ListenPlace> listen_place(std::string_view text);

/// Whether `prx serve` may listen there: on loopback, and where it asks for keys everywhere.
/// Errors: kInvalidRequest.
[[nodiscard]] Result<void> check_serve_listen(std::string_view place, bool has_keys);

}  // namespace prx::config
