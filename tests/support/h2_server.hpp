/// \file h2_server.hpp
/// A loopback server that speaks TLS and as much HTTP/2 as it takes to end a request in the ways
/// that no proxy shows. One thread and one request at a time per connection.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "support/certificates.hpp"

namespace prx::test {

/// What becomes of a request. All but kAnswer are before any response.
enum class H2End {
  kAnswer,        ///< 200 with the body, text/event-stream
  kRefuseStream,  ///< RST_STREAM, REFUSED_STREAM: the connection lives on
  kResetStream,   ///< RST_STREAM, INTERNAL_ERROR: the same
  kGoAway,        ///< GOAWAY that leaves the request out, then the end of the connection
  kGoAwayStays,   ///< the same, and the connection stays open
  kAnswerAndGo,   ///< kAnswer, then GOAWAY
};

class H2Server {
 public:
  /// `request` counts from 1, over all connections. Called on their threads.
  using Script = std::function<H2End(int request)>;

  /// Throws std::runtime_error when it cannot listen or read the certificate.
  H2Server(const Certificates::Pair& certificate, std::string body, Script script);
  /// Ends every connection.
  ~H2Server();
  H2Server(const H2Server&) = delete;
  H2Server& operator=(const H2Server&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int requests() const { return requests_; }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  void accept_all();
  void serve(int socket);

  const std::string body_;
  const Script script_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> requests_ = 0, connections_ = 0;
  std::mutex mutex_;
  std::list<int> open_;  // under mutex_
  bool ending_ = false;  // under mutex_
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace prx::test
