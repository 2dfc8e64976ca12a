/// \file listener.hpp
/// Where a gateway listens: an address of this machine as text, and a socket there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/tls_context.hpp"
#include "os/descriptor.hpp"
#include "prx/sdk/result.hpp"

namespace prx::gateway {

struct Listener {
  os::Descriptor socket;  ///< listens
  /// "127.0.0.1:8383", "[::1]:8383": with the port that it got; "unix:/run/prx.sock"
  std::string authority;
  bool is_local = false;  ///< reached from this machine alone, see config::is_local_address()
  bool is_ours = false;   ///< made by listen_at()
  std::shared_ptr<const TlsContext> tls;  ///< null: plain HTTP. Shared with who renews it

  [[nodiscard]] bool is_unix() const { return authority.starts_with("unix:"); }
  /// "https://127.0.0.1:8383"; of a Unix socket the authority.
  [[nodiscard]] std::string url() const;
};

/// `place`: "127.0.0.1:8383" or "[::1]:8383"; port 0: any free one. Not blocking.
///
/// Errors: kInvalidRequest: it is none; kPermission: a port below 1024, for whom it is not;
/// kNetwork: it is taken, or no address of this machine.
[[nodiscard]] Result<Listener> listen_at(std::string_view place);

/// `count` (1 or more) of them for as many loops, the given one first. Of one that is ours the
/// kernel gives each loop connections of its own (SO_REUSEPORT); one that somebody else has made
/// they accept from in turns. Errors: kNetwork, kInternal: a shortage.
[[nodiscard]] Result<std::vector<Listener>> spread(Listener listener, std::size_t count);

/// Of a socket that somebody else has made. Errors: kInvalidRequest, "is no ...": it is no
/// listening stream socket of TCP or Unix.
[[nodiscard]] Result<Listener> listener_of(os::Descriptor socket);

/// Whether a Host header names this machine itself: a page of a browser that was led here by a name
/// of its own says that name (DNS rebinding).
[[nodiscard]] bool is_loopback_host(std::string_view host);

}  // namespace prx::gateway
