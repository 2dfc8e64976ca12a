/// \file nghttpx.hpp
/// nghttpx as a TLS and HTTP/2 front for a plain loopback server, with its default limits.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/certificates.hpp"

namespace prx::test {

/// What the proxy saw, in its own words: its access log and its log of connections.
struct ProxySeen {
  struct Request {
    std::string client;  ///< the client's port, which names the connection
    std::string alpn;    ///< "h2" or "http/1.1"
    int status = 0;
    std::string path;
  };
  int accepted = 0;                     ///< connections
  int handshakes = 0;                   ///< TLS handshakes that were completed
  std::vector<std::string> negotiated;  ///< by ALPN, one for each handshake
  std::vector<Request> requests;        ///< answered, in the order of their ends
};

/// Runs from construction to destruction. Connections wait in its listening socket until it is
/// ready. Throws std::runtime_error when the program is missing.
class Nghttpx {
 public:
  struct Options {
    Certificates::Pair certificate;
    std::uint16_t backend_port = 0;
    std::string protocols = "h2,http/1.1";  ///< offered by ALPN
    bool watched = false;                   ///< logs are read for seen(); slow, not for a crowd
  };
  explicit Nghttpx(const Options& options);
  ~Nghttpx();
  Nghttpx(const Nghttpx&) = delete;
  Nghttpx& operator=(const Nghttpx&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Waits, ten seconds at most, until so many requests were answered. Only when watched. What was
  /// logged before the last of them is there as well. Any thread.
  [[nodiscard]] ProxySeen seen(std::size_t requests);

 private:
  void read_log(int pipe);
  void read_line(std::string_view line);

  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  std::mutex mutex_;
  std::condition_variable changed_;
  ProxySeen seen_;
  std::thread reader_;  ///< ends with the proxy, which holds the other end of its pipe
};

}  // namespace prx::test
