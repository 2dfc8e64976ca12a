#include "notify_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace prx::test {

NotifySocket::NotifySocket(std::string address)
    : address_(std::move(address)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  where_.sun_family = AF_UNIX;
  std::memcpy(where_.sun_path, address_.data(), std::min(address_.size(), sizeof where_.sun_path));
  if (address_.front() == '@') where_.sun_path[0] = '\0';
  size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  if (::bind(socket_, reinterpret_cast<const sockaddr*>(&where_), size_) != 0)
    throw std::runtime_error("cannot have " + address_);
}

NotifySocket::~NotifySocket() { ::close(socket_); }

std::string NotifySocket::next(std::chrono::milliseconds patience) {
  pollfd come{socket_, POLLIN, 0};
  if (::poll(&come, 1, static_cast<int>(patience.count())) <= 0) return "";
  std::array<char, 8192> text;
  const ssize_t size = ::recv(socket_, text.data(), text.size(), 0);
  return size <= 0 ? "" : std::string(text.data(), static_cast<std::size_t>(size));
}

std::string NotifySocket::next_but_alive() {
  for (;;)
    if (std::string text = next(); text != "WATCHDOG=1\n") return text;
}

void NotifySocket::fill() const {
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto* const where = reinterpret_cast<const sockaddr*>(&where_);
  while (::sendto(socket, "x", 1, MSG_NOSIGNAL, where, size_) == 1) continue;
  ::close(socket);
}

}  // namespace prx::test
