#include "support/wire_server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

namespace prx::test {

namespace {

constexpr int kBlockedMs = 200;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

void check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

std::size_t content_length(std::string head) {
  std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  const std::size_t at = head.find("\r\ncontent-length:");
  if (at == std::string::npos) return 0;
  const std::size_t digits = head.find_first_of("0123456789", at + 17);
  std::size_t length = 0;
  std::from_chars(head.data() + digits, head.data() + head.size(), length);
  return length;
}

bool copy_some(int from, int to) {
  std::array<char, 16384> buffer{};
  const ssize_t got = recv(from, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  return send(to, buffer.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
}

}  // namespace

Listener listen_on_loopback() {
  Listener listener;
  listener.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(listener.socket >= 0, "socket");
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  check(bind(listener.socket, generic, size) == 0, "bind");
  check(listen(listener.socket, 1024) == 0, "listen");
  check(getsockname(listener.socket, generic, &size) == 0, "getsockname");
  listener.port = ntohs(address.sin_port);
  return listener;
}

WireConnection::~WireConnection() {
  if (!reset_) shutdown(socket_, SHUT_RDWR);
}

std::string WireConnection::read_request() {
  std::size_t needed = std::string::npos;
  for (;;) {
    const std::size_t end = input_.find("\r\n\r\n");
    if (end != std::string::npos) needed = end + 4 + content_length(input_.substr(0, end));
    if (input_.size() >= needed) break;
    std::array<char, 65536> buffer{};
    const ssize_t got = recv(socket_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return {};
    input_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  std::string request = input_.substr(0, needed);
  input_.erase(0, needed);
  return request;
}

bool WireConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::size_t WireConnection::write_until_blocked(std::size_t most) {
  const std::string block(65536, 'x');
  std::size_t total = 0;
  while (total < most) {
    pollfd poller{socket_, POLLOUT, 0};
    if (poll(&poller, 1, kBlockedMs) != 1) break;
    const std::size_t part = std::min(block.size(), most - total);
    const ssize_t sent = send(socket_, block.data(), part, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) continue;
    if (sent <= 0) break;
    total += static_cast<std::size_t>(sent);
  }
  return total;
}

void WireConnection::wait_closed() {
  std::array<char, 65536> buffer{};
  while (recv(socket_, buffer.data(), buffer.size(), 0) > 0) {
  }
}

void WireConnection::wait_reset() {
  pollfd poller{socket_, POLLRDHUP, 0};
  while (poll(&poller, 1, -1) > 0 && poller.revents == 0) {
  }
}

void WireConnection::reset() {
  const linger now{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  reset_ = true;
}

void WireConnection::relay(std::uint16_t port) {
  const int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (connect(other, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    std::array<pollfd, 2> pollers{pollfd{socket_, POLLIN, 0}, pollfd{other, POLLIN, 0}};
    bool open = true;
    while (open && poll(pollers.data(), pollers.size(), -1) > 0) {
      if (pollers[0].revents != 0) open = copy_some(socket_, other);
      if (open && pollers[1].revents != 0) open = copy_some(other, socket_);
    }
  }
  close(other);
}

WireServer::WireServer(Script script) : script_(std::move(script)) {
  const Listener listener = listen_on_loopback();
  listener_ = listener.socket;
  port_ = listener.port;
  acceptor_ = std::thread([this] { accept_all(); });
}

WireServer::~WireServer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (const int socket : open_) shutdown(socket, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

std::string WireServer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void WireServer::accept_all() {
  for (;;) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const int yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const int number = connections_++;
    {
      const std::lock_guard lock(mutex_);
      if (ending_) {
        close(socket);
        return;
      }
      open_.push_back(socket);
    }
    threads_.emplace_back([this, socket, number] { serve(socket, number); });
  }
}

void WireServer::serve(int socket, int number) {
  {
    WireConnection connection(socket, number);
    script_(connection);
  }
  const std::lock_guard lock(mutex_);
  open_.remove(socket);
  close(socket);
}

WireServer::Script always(std::string response) {
  return [response = std::move(response)](WireConnection& connection) {
    while (!connection.read_request().empty())
      if (!connection.write(response)) return;
  };
}

std::string plain_response(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace prx::test
