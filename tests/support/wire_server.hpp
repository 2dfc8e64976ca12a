/// \file wire_server.hpp
/// A loopback server that plays scripted bytes: one thread and one script call per connection.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace prx::test {

/// One accepted connection, in its script. All calls block; the server's destructor ends them.
class WireConnection {
 public:
  WireConnection(int socket, int number) : socket_(socket), number_(number) {}
  ~WireConnection();
  WireConnection(const WireConnection&) = delete;
  WireConnection& operator=(const WireConnection&) = delete;

  [[nodiscard]] int number() const { return number_; }  ///< 0 for the first of the server

  /// The next request, head and body (by Content-Length), as received; empty at the end of input.
  [[nodiscard]] std::string read_request();
  /// False when the peer is gone.
  bool write(std::string_view bytes);
  /// Writes until the peer took nothing for 200 ms; returns how much it took.
  [[nodiscard]] std::size_t write_until_blocked(std::size_t most);
  /// Waits until the peer closed or reset the connection.
  void wait_closed();
  /// The same without reading anything.
  void wait_reset();
  void reset();  ///< ends with a TCP reset
  /// Copies bytes both ways to a loopback port until one side closes.
  void relay(std::uint16_t port);

 private:
  const int socket_;
  const int number_;
  std::string input_;
  bool reset_ = false;
};

class WireServer {
 public:
  using Script = std::function<void(WireConnection&)>;

  explicit WireServer(Script script);
  ~WireServer();
  WireServer(const WireServer&) = delete;
  WireServer& operator=(const WireServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(std::string_view path = "/") const;
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void accept_all();
  void serve(int socket, int number);

  const Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::list<int> open_;  // under mutex
  bool ending_ = false;  // under mutex
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

/// Answers every request of a connection with `response`, until the peer closes.
[[nodiscard]] WireServer::Script always(std::string response);
/// A complete response with Content-Length.
[[nodiscard]] std::string plain_response(std::string_view body);
/// A listening loopback socket and its port.
struct Listener {
  int socket = -1;
  std::uint16_t port = 0;
};
[[nodiscard]] Listener listen_on_loopback();

}  // namespace prx::test
