/// \file given_sockets.hpp
/// Starts a program as a service manager does: with listening sockets from descriptor 3 on.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/process.hpp"

namespace prx::test {

/// Sockets that listen; they close at the end, and before only for the program that gets them.
class GivenSockets {
 public:
  GivenSockets() = default;
  ~GivenSockets();
  GivenSockets(const GivenSockets&) = delete;
  GivenSockets& operator=(const GivenSockets&) = delete;

  /// On `address` and any port, which it gives.
  std::uint16_t add_tcp(const std::string& name, const char* address = "127.0.0.1");
  void add_unix(const std::string& name, const std::string& path);
  /// A descriptor that does not listen.
  void add_datagram(const std::string& name);

  /// `program` with these, and with LISTEN_PID as its own.
  [[nodiscard]] ProcessOptions given_to(ProcessOptions program) const;

 private:
  void add(const std::string& name, int socket);
  std::vector<std::pair<std::string, int>> sockets_;
};

/// What a server on a Unix socket answers to GET `path`, to the end of the connection.
[[nodiscard]] std::string get_by_unix(const std::string& socket, const std::string& path);

}  // namespace prx::test
