#include "support/fifo.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace prx::test {

Fifo::Fifo(std::string path) : path_(std::move(path)) {
  if (::mkfifo(path_.c_str(), 0600) == 0)
    fd_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), path_);
}

Fifo::~Fifo() { ::close(fd_); }

/// False at the end, which comes only after somebody had it open.
bool Fifo::read_some() {
  pollfd ready{fd_, POLLIN, 0};
  const auto patience = std::chrono::milliseconds(kPatience);
  if (::poll(&ready, 1, static_cast<int>(patience.count())) <= 0)
    throw std::runtime_error(path_ + ": nobody writes, and nobody closes it; so far: " + text_);
  std::array<char, 512> buffer;
  const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
  if (got > 0) text_.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

std::string Fifo::read_line() {
  while (text_.find('\n') == std::string::npos)
    if (!read_some()) throw std::runtime_error(path_ + ": it was closed without a line");
  const std::string line = text_.substr(0, text_.find('\n'));
  text_.erase(0, line.size() + 1);
  return line;
}

void Fifo::wait_for_end() {
  while (read_some()) continue;
}

}  // namespace prx::test
