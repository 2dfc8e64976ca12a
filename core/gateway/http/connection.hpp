/// \file connection.hpp
/// One connection of a client: reads requests, has them answered one by one, notices when the
/// client leaves. Private to the server.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/http/byte_stream.hpp"
#include "gateway/http/request_parser.hpp"
#include "gateway/http/server.hpp"
#include "http/loop.hpp"

namespace prx::gateway {

class Connection;

/// What all connections of a server share; outlives them.
struct ServerParts : std::enable_shared_from_this<ServerParts> {
  ServerParts(Loop& on, const ServerLimits& within, Handler by, FaultBody faults,
              std::shared_ptr<InFlight> of_all)
      : loop(on),
        limits(within),
        handler(std::move(by)),
        fault_body(std::move(faults)),
        places(std::move(of_all)) {}

  /// A client's connection, which is answered, or told that there are too many, or dropped when
  /// too many are being told so. `client`: as Connection's.
  void take(std::shared_ptr<ByteStream> stream, std::string client);
  void drain();  ///< see Server::drain(); no connection comes after it
  void stop();   ///< closes all connections
  /// When no connection is open, which may be now: then in the next turn. After drain(), once.
  void when_empty(std::function<void()> told);
  [[nodiscard]] std::size_t unsent() const;

  Loop& loop;
  const ServerLimits limits;
  const Handler handler;
  const FaultBody fault_body;
  const std::shared_ptr<InFlight> places;  ///< of connections; shared with other servers
  RequestObserver observer;                ///< empty: nobody watches
  ServerCounts counts;
  bool draining = false;
  std::string scratch;                            ///< where a large request is read to, 64 KiB
  std::string date;                               ///< of the second `date_at`
  std::int64_t date_at = 0;                       ///< seconds since 1970
  std::vector<std::shared_ptr<Connection>> open;  // owned until close(); each knows its place
  std::vector<std::shared_ptr<Connection>> to_flush;
  bool flushing = false;           ///< a flush is posted
  std::function<void()> on_empty;  ///< the last connection is gone
};

/// Its server's until it is closed; then it lives as long as an operation of its stream is pending.
class Connection final : public Responder, public std::enable_shared_from_this<Connection> {
 public:
  /// `client`: its address, for who watches the server.
  Connection(std::shared_ptr<ServerParts> parts, std::shared_ptr<ByteStream> stream,
             std::string client);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();  ///< becomes one of the server's
  /// Becomes one of them only to be told that there are too many.
  void refuse();
  void drain();  ///< closes when no request is under way
  void close(bool reset);
  void flush();  ///< at the end of a turn
  /// Bytes that wait for the client.
  [[nodiscard]] std::size_t unsent() const { return out_.size() + sending_.size(); }

  // Responder
  void header(std::string_view name, std::string_view value) override;
  void send(const ResponseHead& head, std::string_view body) override;
  void begin(const ResponseHead& head) override;
  void write(std::string_view piece) override;
  void end() override;
  void reset() override;

 private:
  enum class Phase {
    kIdle,       ///< between requests
    kReading,    ///< a part of one is there
    kAnswering,  ///< it is whole, and its answer is not
    kSending,    ///< its answer is, and not all of it is written
    kLeaving,    ///< the last answer is written; what still comes is dropped
    kBreaking,   ///< a body broke off: a reset as soon as what was written has arrived
    kClosed,
  };

  void read();
  void on_read(std::size_t size);
  void on_bytes(std::string_view bytes);
  void read_end();
  void on_parsed();
  void dispatch();
  void answered();
  void sent();
  void next();
  void fault(int status, const char* message);
  void enter();
  void leave();
  void break_off();
  void drop_exchange();
  void watch(const HttpRequest* request);
  void tell(RequestOutcome outcome);
  void left();
  void want_flush();
  void on_written(bool ok);
  void watch_write();
  void check_backlog();
  void write_head(const ResponseHead& head, const std::size_t* body_size);
  void set_phase(Phase phase);
  void set_deadline(std::chrono::milliseconds after);
  void set_deadline_at(MonotonicTime deadline);
  void on_timer();
  void arm(MonotonicTime due);
  [[nodiscard]] bool is_answering() const {
    return phase_ == Phase::kAnswering || phase_ == Phase::kSending;
  }

  /// What is told of the answer under way.
  struct Watched {
    RequestRecord record;
    MonotonicTime began;
    std::uint64_t written = 0;            ///< on this connection, before it
    std::shared_ptr<RequestNotes> notes;  // shared with the request
  };

  const std::shared_ptr<ServerParts> parts_;  // shared with the server and the other connections
  const std::shared_ptr<ByteStream> stream_;  // shared with what it waits for
  Phase phase_ = Phase::kIdle;
  RequestParser parser_;
  std::unique_ptr<Exchange> exchange_;  ///< kAnswering; null while the handler runs
  std::string ahead_;                   ///< received and not yet looked at
  std::string out_;                     ///< written and not yet on its way
  std::string sending_;                 ///< on its way
  std::string headers_;                 ///< of the answer under way, as lines
  const std::string client_;
  std::unique_ptr<Watched> watched_;  ///< null: nobody watches, or no answer is under way
  bool reading_ = false, writing_ = false, to_flush_ = false;
  bool held_back_ = false;  ///< the exchange was told so
  bool is_done_ = false;    ///< the answer is complete, while the handler runs
  bool in_handler_ = false;
  bool is_refused_ = false;  ///< it is one too many, and counts as none
  bool in_body_ = false;     ///< the head of the request under way is complete
  bool continued_ = false;   ///< "100 Continue" was said
  bool head_only_ = false, chunked_ = false, keep_alive_ = true;
  bool old_version_ = false;  ///< HTTP/1.0
  std::size_t place_ = 0;     ///< in ServerParts::open
  Loop::TimerId timer_ = 0;
  MonotonicTime timer_due_{}, body_began_{}, deadline_ = MonotonicTime::max();
  std::uint64_t written_seen_ = 0;
  std::array<char, 2048> room_;
};

}  // namespace prx::gateway
