/// \file server.hpp
/// HTTP/1.1 for clients, on a client's loop: accepts connections, reads requests within limits,
/// hands them to one handler and writes what it answers.
///
/// Keep-alive, pipelining (one request at a time, in order), "100 Continue", chunked bodies both
/// ways, HEAD. A client that goes away is noticed at once (behind more than ServerLimits::ahead_max
/// that it sent ahead: when it is written to), and so is one that closes its half before its answer
/// is made; one that reads slowly holds back its own answer and nothing else.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "gateway/http/http_request.hpp"
#include "gateway/http/request_parser.hpp"
#include "gateway/http/request_record.hpp"
#include "gateway/http/response.hpp"
#include "gateway/http/tls_context.hpp"
#include "gateway/in_flight.hpp"
#include "http/asio_loop.hpp"
#include "os/descriptor.hpp"
#include "prx/sdk/result.hpp"

namespace prx::gateway {

struct ServerLimits {
  RequestLimits request;
  int connections_max = 10'000;  ///< further ones are answered 503 and closed
  /// Bytes of an answer that wait for the client, from which on it is held back, until half of them
  /// are left.
  std::size_t unsent_max = 256u << 10;
  /// Bytes that a client may send ahead of its answer; then it is not read from
  std::size_t ahead_max = 64u << 10;
  std::chrono::milliseconds head_timeout{10'000};   ///< first byte of a request to its whole head
  std::chrono::milliseconds body_timeout{30'000};   ///< and one second more for each body_rate
  std::size_t body_rate = 16u << 10;                ///< bytes a second
  std::chrono::milliseconds idle_timeout{75'000};   ///< between requests
  std::chrono::milliseconds write_timeout{60'000};  ///< without the client taking a byte
};

/// What a server does and has done. A value.
struct ServerCounts {
  ServerCounts& operator+=(const ServerCounts& other);

  std::size_t connections = 0;     ///< open, but for those that are being refused
  std::size_t refusing = 0;        ///< open until they have read that there are too many
  std::size_t exchanges = 0;       ///< requests that are being answered
  std::uint64_t accepted = 0;      ///< connections
  std::uint64_t refused = 0;       ///< connections above connections_max
  std::uint64_t requests = 0;      ///< that came whole
  std::uint64_t faults = 0;        ///< that were none, or too large, or too slow
  std::uint64_t clients_left = 0;  ///< before their answer was complete
};

/// One request that came whole. Answers now (and gives null), or later through what it gives.
/// `responder` is borrowed for the life of that.
using Handler =
    std::function<std::unique_ptr<Exchange>(HttpRequest&& request, Responder& responder)>;

/// What a client reads that is refused before its request is known: JSON. `path` is "" when even
/// that is not.
using FaultBody =
    std::function<std::string(int status, std::string_view message, std::string_view path)>;

/// Made, used and destroyed on the loop.
class Server {
 public:
  /// Without `fault_body` the message goes out as text. The connections of all servers that share
  /// `places` count together; null: of this one alone.
  Server(AsioLoop& loop, ServerLimits limits, Handler handler, FaultBody fault_body = {},
         std::shared_ptr<InFlight> places = nullptr);
  ~Server();  ///< closes what is open, as stop() does
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Tells of each answer, also to what was no request; not of connections above connections_max.
  /// Before listen().
  void observe(RequestObserver observer);
  /// Accepts from a listening socket, from the next turn on, with `tls` by TLS: a client has
  /// ServerLimits::head_timeout for its handshake, which counts as no request. Errors: kInternal:
  /// it is none.
  [[nodiscard]] Result<void> listen(os::Descriptor socket,
                                    std::shared_ptr<const TlsContext> tls = nullptr);
  /// Accepts no more and closes connections that wait for a request; the others end after their
  /// answer, which says so ("Connection: close") when its head has not gone out yet.
  void drain();
  /// Closes all connections, in the middle of their answers too.
  void stop();
  [[nodiscard]] ServerCounts counts() const;
  /// Bytes of answers that wait for their clients.
  [[nodiscard]] std::size_t unsent() const;
  /// No connection is open, and none will be. Only after drain(). `told` may destroy the server.
  void on_drained(std::function<void()> told);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  // shared with what Asio calls
};

}  // namespace prx::gateway
