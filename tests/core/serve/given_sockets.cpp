#include "core/serve/given_sockets.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>

namespace prx::test {
namespace {

constexpr int kOutOfTheWay = 200;  // numbers from here on, so that 3 and the next ones are free

template <class Address>
void listen_at(int socket, const Address& address) {
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket, 16) != 0)
    throw std::runtime_error("cannot listen");
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  std::strncpy(out.sun_path, path.c_str(), sizeof out.sun_path - 1);
  return out;
}

}  // namespace

GivenSockets::~GivenSockets() {
  for (const auto& [name, socket] : sockets_) ::close(socket);
}

void GivenSockets::add(const std::string& name, int socket) {
  sockets_.emplace_back(name, ::fcntl(socket, F_DUPFD, kOutOfTheWay));  // inherited
  ::close(socket);
}

std::uint16_t GivenSockets::add_tcp(const std::string& name, const char* address) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  ::inet_pton(AF_INET, address, &where.sin_addr);
  listen_at(socket, where);
  socklen_t size = sizeof where;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&where), &size);
  add(name, socket);
  return ntohs(where.sin_port);
}

void GivenSockets::add_unix(const std::string& name, const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  listen_at(socket, unix_address(path));
  add(name, socket);
}

void GivenSockets::add_datagram(const std::string& name) {
  add(name, ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

ProcessOptions GivenSockets::given_to(ProcessOptions program) const {
  std::string script = "exec", names;
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    const std::string from = std::to_string(sockets_[i].second);
    script += ' ' + std::to_string(3 + i) + "<&" + from + ' ' + from + "<&-";
    names += (i == 0 ? "" : ":") + sockets_[i].first;
  }
  script += "\nexport LISTEN_PID=$$\nexec \"$@\"";
  program.arguments.insert(program.arguments.begin(), {"-c", script, "bash", program.program});
  program.program = "/bin/bash";  // the least that knows descriptors of several digits
  program.environment["LISTEN_FDS"] = std::to_string(sockets_.size());
  program.environment["LISTEN_FDNAMES"] = names;
  return program;
}

std::string get_by_unix(const std::string& socket_path, const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un where = unix_address(socket_path);
  const timeval patience{20, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string out;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0) {
    const std::string request = "GET " + path + " HTTP/1.0\r\nHost: localhost\r\n\r\n";
    (void)!::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    std::array<char, 4096> some;
    for (ssize_t size = 0; (size = ::recv(socket, some.data(), some.size(), 0)) > 0;)
      out.append(some.data(), static_cast<std::size_t>(size));
  }
  ::close(socket);
  return out;
}

}  // namespace prx::test
