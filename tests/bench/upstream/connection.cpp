#include "bench/upstream/connection.hpp"

#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

namespace prx::bench {
namespace {

// The value of Content-Length, 0 when there is none. Names are compared without case.
std::size_t content_length(std::string_view head) {
  constexpr std::string_view name = "content-length:";
  for (std::size_t line = head.find("\r\n"); line != std::string_view::npos;
       line = head.find("\r\n", line)) {
    line += 2;
    if (head.size() - line < name.size() ||
        strncasecmp(head.data() + line, name.data(), name.size()) != 0)
      continue;
    const std::size_t digits = head.find_first_not_of(' ', line + name.size());
    std::size_t value = 0;
    if (digits != std::string_view::npos)
      std::from_chars(head.data() + digits, head.data() + head.size(), value);
    return value;
  }
  return 0;
}

}  // namespace

Connection::Connection(int file) : file_(file) {}

Connection::~Connection() { ::close(file_); }

bool Connection::receive() {
  std::array<char, 16'384> buffer;
  while (true) {
    const ssize_t size = ::recv(file_, buffer.data(), buffer.size(), 0);
    if (size > 0) input_.append(buffer.data(), static_cast<std::size_t>(size));
    if (size == 0 || input_.size() > kRequestMax) return false;
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (static_cast<std::size_t>(size) < buffer.size()) return true;
  }
}

std::optional<RequestKind> Connection::next_request() {
  const std::size_t head_end = input_.find("\r\n\r\n");
  if (head_end == std::string::npos) return std::nullopt;
  const std::string_view head(input_.data(), head_end);
  const std::size_t size = head_end + 4 + content_length(head);
  if (input_.size() < size) return std::nullopt;
  const RequestKind kind{head.starts_with("POST ")};
  input_.erase(0, size);
  return kind;
}

bool Connection::send(std::string_view bytes) {
  if (rest_.empty()) {
    rest_ = bytes;
    return flush();
  }
  kept_ = std::string(rest_).append(bytes);
  rest_ = kept_;
  return true;
}

bool Connection::flush() {
  while (!rest_.empty()) {
    const ssize_t size = ::send(file_, rest_.data(), rest_.size(), MSG_NOSIGNAL);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    rest_.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

void Connection::keep_rest() {
  kept_ = std::string(rest_);
  rest_ = kept_;
}

}  // namespace prx::bench
