/// \file connection.hpp
/// One connection: reads a request, plays its reply step by step, notices when the client leaves.
/// Private to the simulator; everything runs on its one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "sim/journal.hpp"
#include "sim/router.hpp"

namespace prx::sim {

/// What all connections share; outlives them.
struct Service {
  Router& router;
  Journal& journal;
  std::size_t connections_open = 0;
};

inline constexpr std::size_t kGatherMax = 1u << 20;  ///< bytes of one gathered write, about
inline constexpr std::size_t kPipelinedMax =
    64u << 10;  ///< bytes a client may send ahead of its answer
inline constexpr std::size_t kDrainMax = 64u << 20;  ///< bytes read and dropped before a close
inline constexpr std::chrono::seconds kDrainTime{2};

/// Lives as long as one of its operations is pending: each handler is an owner, no one else.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, Service& service);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() { read_head(); }

 private:
  using Code = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void read_head();
  void read_body();
  void on_head(Code error);
  void on_request(Code error);
  /// False when the connection is of no more use and was closed.
  void on_bad_request(Code error);
  [[nodiscard]] RequestRecord record() const;
  void play(Reply reply);
  void begin();
  void pump();
  void flush();
  void on_written(Code error, std::size_t size);
  void end(Ending ending);
  /// Runs `next` after `delay`, watching for the client's leaving meanwhile.
  void wait(std::chrono::milliseconds delay, void (Connection::*next)());
  void watch();
  void on_readable(Code error);
  /// Reads what the client sends ahead; false when it left or sends too much.
  [[nodiscard]] bool read_ahead();
  void finish(Outcome outcome);
  void client_gone();
  void drain();
  void close(bool reset);

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  Service& service_;
  const std::uint64_t number_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Reply reply_;
  std::optional<Step> step_;  ///< made, not yet in out_
  Ending ending_ = Ending::kNone;
  std::string out_;
  std::uint64_t request_ = 0;  ///< number of the request being answered; 0: none
  std::uint64_t bytes_sent_ = 0;
  std::size_t drained_ = 0;
  std::chrono::steady_clock::time_point arrived_{};
  bool watching_ = false;
  bool waited_ = false;  ///< step_'s wait is over
};

}  // namespace prx::sim
