#include "config/listen_place.hpp"

#include <arpa/inet.h>

#include <charconv>

#include "config/http_values.hpp"

namespace prx::config {

Result<ListenPlace> listen_place(std::string_view text) {
  const auto wrong = [&] {
    return fail(ErrorClass::kInvalidRequest,
                '\'' + std::string(text) +
                    "' is no address of a machine with a port; write it like \"127.0.0.1:8383\" or "
                    "\"[::1]:8383\"");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  const std::string_view host = text.substr(0, colon), port = text.substr(colon + 1);
  ListenPlace out;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc{} || end != port.data() + port.size()) return wrong();
  out.loopback = is_loopback(host);
  out.address = host == "localhost" ? "127.0.0.1" : std::string(host);
  unsigned char bytes[16];
  if (host.starts_with('[') && host.ends_with(']')) {
    out.address = host.substr(1, host.size() - 2);
    if (::inet_pton(AF_INET6, out.address.c_str(), bytes) != 1) return wrong();
  } else if (::inet_pton(AF_INET, out.address.c_str(), bytes) != 1) {
    return wrong();
  }
  return out;
}

}  // namespace prx::config
