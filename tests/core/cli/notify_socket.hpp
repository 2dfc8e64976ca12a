/// \file notify_socket.hpp
/// A service manager's end of NOTIFY_SOCKET.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <string>

namespace prx::test {

class NotifySocket {
 public:
  /// A path, or "@name" without a file. Throws std::runtime_error when it cannot be had.
  explicit NotifySocket(std::string address);
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }
  /// The next message; "" when none comes within `patience`.
  std::string next(std::chrono::milliseconds patience = std::chrono::seconds(20));
  /// The next message that is not WATCHDOG=1.
  std::string next_but_alive();
  /// Sends it as many messages as it takes without being read.
  void fill() const;

 private:
  const std::string address_;
  sockaddr_un where_{};
  socklen_t size_ = 0;
  int socket_ = -1;
};

}  // namespace prx::test
