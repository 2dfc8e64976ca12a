#include "gateway/listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "config/http_values.hpp"
#include "config/listen_place.hpp"
#include "os/file.hpp"

namespace prx::gateway {

namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

std::optional<Address> address_of(const config::ListenPlace& place) {
  Address out;
  in_addr four{};
  if (::inet_pton(AF_INET, place.address.c_str(), &four) == 1) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr = four;
    address.sin_port = htons(place.port);
    std::memcpy(&out.storage, &address, out.size = sizeof address);
    return out;
  }
  sockaddr_in6 address{};
  if (::inet_pton(AF_INET6, place.address.c_str(), &address.sin6_addr) != 1) return std::nullopt;
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(place.port);
  std::memcpy(&out.storage, &address, out.size = sizeof address);
  return out;
}

std::string authority_of(const Address& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address.storage, sizeof four);
    ::inet_ntop(AF_INET, &four.sin_addr, text, sizeof text);
    return std::string(text) + ':' + std::to_string(ntohs(four.sin_port));
  }
  sockaddr_in6 six{};
  std::memcpy(&six, &address.storage, sizeof six);
  ::inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof text);
  return '[' + std::string(text) + "]:" + std::to_string(ntohs(six.sin6_port));
}

Unexpected<Error> cannot_listen(std::string_view place, int reason) {
  const std::string what = "cannot listen on " + std::string(place) + ": " + os::reason(reason);
  if (reason == EACCES || reason == EPERM)
    return fail(ErrorClass::kPermission, what + "; take a port from 1024 on");
  if (reason == EADDRINUSE)
    return fail(ErrorClass::kNetwork, what + "; another program has it: take another port");
  if (reason == EADDRNOTAVAIL)
    return fail(ErrorClass::kNetwork, what + "; take an address of this machine");
  return fail(ErrorClass::kNetwork, what + "; look at the limits of descriptors and memory");
}

}  // namespace

Result<Listener> listen_at(std::string_view place) {
  PRX_TRY_SET(const config::ListenPlace where, config::listen_place(place));
  auto address = address_of(where);
  if (!address)
    return fail(ErrorClass::kInvalidRequest, "'" + std::string(place) + "' is no address and port");
  Listener out;
  const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  out.socket = os::Descriptor(::socket(address->storage.ss_family, type, 0));
  if (!out.socket.is_open()) return cannot_listen(place, errno);
  const int on = 1;
  ::setsockopt(out.socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto* const raw = reinterpret_cast<sockaddr*>(&address->storage);
  if (::bind(out.socket.get(), raw, address->size) != 0 ||
      ::listen(out.socket.get(), SOMAXCONN) != 0 ||
      ::getsockname(out.socket.get(), raw, &address->size) != 0)
    return cannot_listen(place, errno);
  out.authority = authority_of(*address);
  return out;
}

bool is_loopback_host(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && host.find(']', colon) == host.npos;
  std::string name(has_port ? host.substr(0, colon) : host);
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return config::is_loopback(name);
}

}  // namespace prx::gateway
