#include "gateway/listener.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "config/http_values.hpp"
#include "config/listen_place.hpp"
#include "os/file.hpp"

namespace prx::gateway {

namespace {

std::string authority_of(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    ::inet_ntop(AF_INET, &four.sin_addr, text, sizeof text);
    return std::string(text) + ':' + std::to_string(ntohs(four.sin_port));
  }
  sockaddr_in6 six{};
  std::memcpy(&six, &address, sizeof six);
  ::inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof text);
  return '[' + std::string(text) + "]:" + std::to_string(ntohs(six.sin6_port));
}

std::string name_of_unix(const sockaddr_storage& storage, socklen_t size) {
  sockaddr_un address{};
  std::memcpy(&address, &storage, sizeof address);
  std::size_t length =
      size > offsetof(sockaddr_un, sun_path)
          ? std::min(size - offsetof(sockaddr_un, sun_path), sizeof address.sun_path)
          : 0;
  if (length > 0 && address.sun_path[0] == '\0')
    return '@' + std::string(address.sun_path + 1, length - 1);  // abstract: no file
  length = ::strnlen(address.sun_path, length);
  return std::string(address.sun_path, length);
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

enum class Port {
  kFree,  ///< nobody has it, also none that would share it
  kOurs,  ///< one of our sockets has it, and shares it
};

/// A socket that shares its port with those of this user that are made after it: SO_REUSEPORT set
/// before bind() would share it with another server of this user without a word.
Result<os::Descriptor> listening(const sockaddr_storage& address, std::string_view place,
                                 Port port) {
  const socklen_t size = address.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  os::Descriptor out(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out.is_open()) return cannot_listen(place, errno);
  const auto set = [&](int option) {
    const int on = 1;
    return ::setsockopt(out.get(), SOL_SOCKET, option, &on, sizeof on) == 0;
  };
  set(SO_REUSEADDR);
  if ((port == Port::kOurs && !set(SO_REUSEPORT)) ||
      ::bind(out.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      (port == Port::kFree && !set(SO_REUSEPORT)) || ::listen(out.get(), SOMAXCONN) != 0)
    return cannot_listen(place, errno);
  return out;
}

}  // namespace

std::string Listener::url() const {
  if (is_unix()) return authority;
  return (tls ? "https://" : "http://") + authority;
}

Result<Listener> listen_at(std::string_view place) {
  PRX_TRY_SET(const config::ListenPlace where, config::listen_place(place));
  PRX_TRY_SET(auto socket, listening(config::socket_address(where), place, Port::kFree));
  PRX_TRY_SET(Listener out, listener_of(std::move(socket)));
  out.is_ours = true;
  return out;
}

Result<std::vector<Listener>> spread(Listener listener, std::size_t count) {
  std::vector<Listener> out;
  out.reserve(count);  // `first` stays where it is
  out.push_back(std::move(listener));
  const Listener& first = out.front();
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(first.socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  while (out.size() < count) {
    os::Descriptor socket;
    if (first.is_ours) {
      PRX_TRY_SET(socket, listening(address, first.authority, Port::kOurs));
    } else {
      socket = os::Descriptor(::fcntl(first.socket.get(), F_DUPFD_CLOEXEC, 3));
    }
    if (!socket.is_open()) return cannot_listen(first.authority, errno);
    Listener next;
    next.socket = std::move(socket);
    next.authority = first.authority;
    next.is_local = first.is_local;
    next.is_ours = first.is_ours;
    next.tls = first.tls;
    out.push_back(std::move(next));
  }
  return out;
}

Result<Listener> listener_of(os::Descriptor socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address, number = sizeof(int);
  int type = 0, listens = 0;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_TYPE, &type, &number) != 0 || type != SOCK_STREAM ||
      ::getsockopt(socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &number) != 0 ||
      listens == 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return fail(ErrorClass::kInvalidRequest, "is no listening stream socket");
  Listener out;
  out.is_local = config::is_local_address(address);
  if (address.ss_family == AF_UNIX)
    out.authority = "unix:" + name_of_unix(address, size);
  else if (address.ss_family == AF_INET || address.ss_family == AF_INET6)
    out.authority = authority_of(address);
  else
    return fail(ErrorClass::kInvalidRequest, "is neither a TCP nor a Unix socket");
  out.socket = std::move(socket);
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
