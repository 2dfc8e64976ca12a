/// \file listener.hpp
/// Where a gateway listens: an address of this machine as text, and a socket there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "os/descriptor.hpp"
#include "prx/sdk/result.hpp"

namespace prx::gateway {

struct Listener {
  os::Descriptor socket;  ///< listens
  std::string authority;  ///< "127.0.0.1:8383", "[::1]:8383": with the port that it got
};

/// `place`: "127.0.0.1:8383" or "[::1]:8383"; port 0: any free one. Not blocking.
///
/// Errors: kInvalidRequest: it is none; kPermission: a port below 1024, for whom it is not;
/// kNetwork: it is taken, or no address of this machine.
[[nodiscard]] Result<Listener> listen_at(std::string_view place);

/// Whether a Host header names this machine itself: a page of a browser that was led here by a name
/// of its own says that name (DNS rebinding).
[[nodiscard]] bool is_loopback_host(std::string_view host);

}  // namespace prx::gateway
