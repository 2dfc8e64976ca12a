/// \file tls_client.hpp
/// A client of a TLS server by OpenSSL on a blocking socket, which tells how the connection ended.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

struct ssl_st;

namespace prx::gateway::test {

struct TlsChoice {
  int version_max = 0;    ///< TLS1_2_VERSION ...; 0: any
  int version_min = 0;    ///< the same
  std::string protocols;  ///< of ALPN as on the wire: "\x02h2\x08http/1.1"; "": none
};

class TlsClient {
 public:
  /// How the bytes ended: kFin without TLS's own word before is a truncation.
  enum class End { kOpen, kNotified, kFin, kReset, kAlert };

  /// Connects; `shake`: and shakes hands, of which is_up() tells.
  explicit TlsClient(std::uint16_t port, TlsChoice choice = {}, bool shake = true);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  [[nodiscard]] bool is_up() const { return up_; }
  void shake_hands();
  /// False when not all of it went out.
  bool send(std::string_view bytes);
  /// Past TLS.
  void send_raw(std::string_view bytes) const;
  /// Until what came holds `text`; false when it never did.
  [[nodiscard]] bool read_until(std::string_view text);
  /// Until `size` bytes have come.
  [[nodiscard]] bool read_size(std::size_t size);
  /// To the end of the connection.
  End read_end();
  [[nodiscard]] const std::string& text() const { return text_; }  ///< read so far
  void forget() { text_.clear(); }
  /// FIN (or RST) and close, without TLS's own word unless `notify`.
  void close(bool reset, bool notify = false);
  [[nodiscard]] int socket() const { return socket_; }
  [[nodiscard]] ssl_st* ssl() const { return ssl_; }

 private:
  bool receive();
  int socket_ = -1;
  ssl_st* ssl_ = nullptr;
  bool up_ = false;
  End end_ = End::kOpen;
  std::string text_;
};

}  // namespace prx::gateway::test
