/// \file connection.hpp
/// One client of the upstream: finds the ends of its requests, and sends bytes that outlive it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace prx::bench {

/// A request, as far as an upstream that answers all alike must know it.
struct RequestKind {
  bool post = false;
};

class Connection {
 public:
  /// Owns the file, a connected socket that does not block.
  explicit Connection(int file);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] int file() const { return file_; }
  /// Reads what is there. False when the peer is gone or sends more than kRequestMax without an
  /// end.
  [[nodiscard]] bool receive();
  /// Takes the next whole request off what was received.
  [[nodiscard]] std::optional<RequestKind> next_request();

  /// Sends now what the socket takes, and keeps the rest as a view: `bytes` outlives the
  /// connection. A second piece that meets a rest is copied. False when the peer is gone.
  [[nodiscard]] bool send(std::string_view bytes);
  /// Sends more of the rest. False when the peer is gone.
  [[nodiscard]] bool flush();
  /// Copies the rest, when its bytes will not stay as they are.
  void keep_rest();
  [[nodiscard]] bool blocked() const { return !rest_.empty(); }

  std::size_t paced_event = 0;  ///< next event of a paced answer; the server's

  static constexpr std::size_t kRequestMax = 1u << 20;

 private:
  int file_;
  std::string input_;
  std::string_view rest_;
  std::string kept_;  // holds rest_ when two pieces had to be joined
};

}  // namespace prx::bench
