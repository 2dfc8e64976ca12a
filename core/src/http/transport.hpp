/// \file transport.hpp
/// Outgoing HTTP as the rest of the core sees it. CurlTransport (curl_transport.hpp) is the real
/// one and the only user of libcurl; tests script their own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/header_list.hpp"
#include "prx/sdk/error.hpp"

namespace prx::http {

using ExchangeId = std::uint64_t;  ///< never 0

/// Of a response.
struct Header {
  std::string name;  ///< in lower case
  std::string value;
  friend bool operator==(const Header&, const Header&) = default;
};

enum class Version {
  kAuto,
  k11,
  k2
};  ///< `http_version`; kAuto: what the running libcurl does safely

/// nullopt means no limit.
struct Clocks {
  std::optional<std::chrono::milliseconds> connect{
      std::chrono::seconds{10}};  ///< name, TCP, TLS, together
  std::optional<std::chrono::milliseconds> head{std::chrono::seconds{30}};  ///< sent -> head
  std::optional<std::chrono::milliseconds> idle{
      std::chrono::seconds{30}};  ///< longest silence in a body
  /// For all of the body of an error, when that is less than what the transport gives it
  std::optional<std::chrono::milliseconds> error_body = {};
};

struct Request {
  std::string method;
  std::string url;     ///< absolute; http or https
  HeaderList headers;  ///< sent as given
  std::shared_ptr<const std::string>
      body;                    ///< shared, since attempts of one call share it; may be null
  std::string_view body_view;  ///< what is sent: a part of *body
  Clocks clocks;
  Version version = Version::kAuto;
  std::uint64_t body_max = 256ull << 20;  ///< bytes of response body after which the exchange fails
};

struct Head {
  int status = 0;
  int version = 11;                          ///< 10, 11 or 20
  bool reused = false;                       ///< over a pooled connection
  std::chrono::nanoseconds connect_time{0};  ///< as End::connect_time
  std::span<const Header> headers;
};

/// How an exchange ended. `error` empty: the body is complete, or the status was an error (400 or
/// above) and whatever came of its body is all there will be: the status says more than the cut.
struct End {
  std::optional<Error>
      error;  ///< class kNetwork, kTimeout, kBadResponse (limits, HTTP syntax, a body cut short),
              ///< kInvalidRequest (a URL, method or header that cannot be sent) or kInternal
  std::uint64_t bytes = 0;                   ///< of the body
  std::chrono::nanoseconds connect_time{0};  ///< until the connection was ready; 0 when reused
};

/// Receives one exchange: head at most once, then pieces, then end exactly once and last, all on
/// the loop. Borrowed by the transport until on_end, or until cancel returned. Any callback may
/// call cancel, pause, resume, set_idle and send.
class Handler {
 public:
  virtual void on_head(const Head& head) = 0;
  /// 1 byte or more, cut anywhere; the bytes may be overwritten until it returns.
  virtual void on_data(char* bytes, std::size_t size) = 0;
  virtual void on_end(const End& end) = 0;

 protected:
  ~Handler() = default;
};

/// All functions on the loop thread, none blocks.
class Transport {
 public:
  virtual ~Transport() = default;
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// Starts an exchange; no callback comes before this returns. Failures come by on_end.
  [[nodiscard]] virtual ExchangeId send(Request request, Handler& handler) = 0;
  /// Ends an exchange at once and closes or resets what carried it; no callback comes after this
  /// returns. Never waits for a resolver. Unknown ids are ignored.
  virtual void cancel(ExchangeId id) = 0;
  /// Stops reading; at most what was already received (one window) still comes. The clocks stop
  /// too.
  virtual void pause(ExchangeId id) = 0;
  virtual void resume(ExchangeId id) = 0;
  /// From now on the body may be silent for `limit` at most; nullopt: as long as it likes. For
  /// streams whose idle clock starts at the first token. Unknown ids are ignored.
  virtual void set_idle(ExchangeId id, std::optional<std::chrono::milliseconds> limit) = 0;
};

}  // namespace prx::http
