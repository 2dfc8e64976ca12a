#include "config/listen_place.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <cstring>

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
  out.address = host == "localhost" ? "127.0.0.1" : std::string(host);
  unsigned char bytes[16];
  if (host.starts_with('[') && host.ends_with(']')) {
    out.address = host.substr(1, host.size() - 2);
    if (::inet_pton(AF_INET6, out.address.c_str(), bytes) != 1) return wrong();
  } else if (::inet_pton(AF_INET, out.address.c_str(), bytes) != 1) {
    return wrong();
  }
  out.loopback = is_local_address(socket_address(out));
  return out;
}

sockaddr_storage socket_address(const ListenPlace& place) {
  sockaddr_storage out{};
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (::inet_pton(AF_INET, place.address.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(place.port);
    std::memcpy(&out, &four, sizeof four);
  } else if (::inet_pton(AF_INET6, place.address.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(place.port);
    std::memcpy(&out, &six, sizeof six);
  }
  return out;
}

bool is_local_address(const sockaddr_storage& address) {
  if (address.ss_family == AF_UNIX) return true;
  if (address.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    return (ntohl(four.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
  }
  if (address.ss_family != AF_INET6) return false;
  sockaddr_in6 six{};
  std::memcpy(&six, &address, sizeof six);
  return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr) ||
         (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr) && six.sin6_addr.s6_addr[12] == IN_LOOPBACKNET);
}

}  // namespace prx::config
