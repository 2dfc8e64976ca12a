/// \file server.hpp
/// An HTTP/1.1 upstream that costs next to nothing: one thread, epoll, answers made once. Every
/// POST gets the answer of the mode, every GET an empty object; connections are kept. Trusts its
/// clients: loopback only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/common/payload.hpp"
#include "bench/upstream/connection.hpp"

namespace prx::bench {

enum class AnswerMode {
  kJson,       ///< one body with a length
  kCoalesced,  ///< an SSE answer in one write, one HTTP chunk per event
  kEach,       ///< the same, one send per event
  kPaced,    ///< one event per interval and stream; the streams are spread evenly over the interval
  kStamped,  ///< the same, and each event says its number and when it was sent
  kRefused,  ///< 503 at once
};

struct ServerOptions {
  AnswerMode mode = AnswerMode::kJson;
  std::size_t events = 200;      ///< of one SSE answer
  std::size_t interval_ms = 20;  ///< kPaced, kStamped: 1 or more
};

class Server {
 public:
  explicit Server(const ServerOptions& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Serves until `stop_file` is readable or at its end.
  void run(int stop_file);

  [[nodiscard]] std::uint64_t requests() const { return requests_; }
  [[nodiscard]] std::uint64_t connections() const { return connections_; }

 private:
  void listen();
  void watch(int file, std::uint32_t events, std::uint64_t id);
  void accept_all();
  void serve(Connection& connection, std::uint32_t events);
  void answer(Connection& connection, bool post);
  void answer_each(Connection& connection);
  void start_pacing(Connection& connection);
  void tick();
  void send_paced(Connection& connection);
  void send_stamped(Connection& connection, std::string& bytes, std::size_t event_at);
  [[nodiscard]] bool paces() const {
    return options_.mode == AnswerMode::kPaced || options_.mode == AnswerMode::kStamped;
  }
  void drop(Connection& connection);

  ServerOptions options_;
  std::string empty_, json_, refused_, head_, head_and_first_, whole_, ending_;  // as they go out
  std::string stamped_;              // one event, stamped anew for each send
  std::size_t stamped_at_ = 0;       // where the event begins in it
  std::size_t head_stamped_at_ = 0;  // ... and in head_and_first_
  std::vector<std::string> chunks_;  // one event each
  int listener_ = -1, epoll_ = -1, timer_ = -1;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<Connection>> by_file_;  // index: file descriptor
  std::vector<std::vector<int>>
      phases_;  // files of the paced streams, by millisecond of the interval
  std::size_t phase_ = 0, next_phase_ = 0;
  std::uint64_t requests_ = 0, connections_ = 0;
};

}  // namespace prx::bench
