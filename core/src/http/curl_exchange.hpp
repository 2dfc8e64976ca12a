/// \file curl_exchange.hpp
/// One exchange on one libcurl easy handle: its request, its response head, its clocks. Kept and
/// used again for the next exchange, with the handle and all memory.
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/curl_driver.hpp"
#include "http/phase_clock.hpp"
#include "http/resolver.hpp"
#include "http/response_head.hpp"
#include "http/transport.hpp"
#include "http/url.hpp"

namespace prx::http {

/// A URL, read once for all exchanges that go there: mostly one follows the other. Who is connected
/// to is the proxy, if there is one.
struct TargetUrl {
  struct Free {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
  };
  std::string text;
  Endpoint endpoint;                    ///< views into `text`
  std::unique_ptr<CURLU, Free> parsed;  ///< null when libcurl cannot read it
  const Proxy* proxy = nullptr;         ///< of the context's proxies
  std::string_view peer_host;
  std::uint16_t peer_port = 0;
  std::string peer;  ///< "host:port"
  bool peer_is_local = false;
};

/// The headers of a request as libcurl takes them, made once for exchanges that send the same.
struct PreparedHeaders {
  HeaderList headers;            ///< checked; `list` points into it
  bool large = false;            ///< for a body of a size that libcurl asks permission for
  std::vector<curl_slist> list;  ///< linked
};

/// What exchanges share, owned by the transport.
struct ExchangeContext {
  AsioLoop& loop;
  CurlDriver& driver;
  const Proxies& proxies;
  std::string user_agent = {};
  std::string user_agent_line = {};  ///< "User-Agent: ..."
  std::string no_content_type = "Content-Type:", no_expect = "Expect:";
  std::optional<std::string> ca_file = {}, ca_pem = {};
  std::string ca_directory = {};  ///< hashed; empty: the bundle
  bool h2_auto = true;
  bool multiplex = false;
  std::uint32_t h2_streams_max = 0;  ///< 0: no limit
  std::size_t headers_max = 0;
  std::size_t head_bytes_max = 0;
  std::chrono::milliseconds error_body_time{0};
  std::uint64_t connections = 0;                       ///< counted: connections made ready
  std::shared_ptr<const TargetUrl> target = nullptr;   ///< of the last exchange that was checked
  std::shared_ptr<PreparedHeaders> headers = nullptr;  ///< of the last exchange that was sent
  std::vector<Header> spare_headers = {};              ///< memory for the next response head
};

/// Loop thread only. The transport drives the stages; libcurl drives the callbacks.
class CurlExchange final : public CurlDriver::Handle {
 public:
  enum class Stage { kFree, kQueued, kResolving, kRunning, kLeaving };

  CurlExchange(ExchangeContext& context, std::uint32_t index, std::function<void()> expired);
  ~CurlExchange();
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  void open(Request request, Handler& handler);
  /// Reads the URL and checks method and headers: class kInvalidRequest.
  [[nodiscard]] Result<void> check();
  /// Sets the handle. `resolve`: "host:port:address,...", or empty.
  void prepare(std::string resolve);
  /// Forgets the handler: nothing is delivered any more.
  void detach();
  /// The connection closes with this exchange, unless it is shared.
  void forbid_reuse();
  void close();  ///< back to kFree

  /// No complete response; false for errors, which need not be complete.
  [[nodiscard]] bool is_cut(CURLcode code) const;
  /// The head came, with a status of 400 or above.
  [[nodiscard]] bool has_failed_status() const;
  [[nodiscard]] Error error_of(CURLcode code);
  /// "host:port" of the URL, for messages; after check().
  [[nodiscard]] std::string server() const;
  [[nodiscard]] End end() const;
  /// After check().
  [[nodiscard]] const TargetUrl& target() const { return *target_; }
  /// Null when there is none, and before check().
  [[nodiscard]] const Proxy* proxy() const { return target_ ? target_->proxy : nullptr; }
  [[nodiscard]] ExchangeId id() const { return (std::uint64_t{generation} << 32) | (index + 1u); }

  // What each piece of a body needs stands together: with many streams open, none of it is in the
  // processor's cache when the next piece comes.
  Handler* handler = nullptr;
  bool held = false;                            ///< libcurl keeps data that the pause refused
  std::uint64_t received = 0, receive_max = 0;  ///< bytes of the body
  PhaseClock clock;

  ExchangeContext& context;
  CURL* const easy;
  const std::uint32_t index;
  std::uint32_t generation = 0;
  Stage stage = Stage::kFree;
  Request request;
  Endpoint endpoint;
  Resolver::Ticket ticket = 0;
  std::uint64_t addresses_version = 0;  ///< given to libcurl with this exchange
  bool pool_taught = false;             ///< libcurl knows these addresses now
  std::unique_ptr<Error> failure;       ///< why a callback stopped the transfer

 private:
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int on_ready(void* self, char*, char*, int, int);
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_upload(char* to, std::size_t size, std::size_t count, void* self);
  static int on_rewind(void* self, curl_off_t offset, int origin);

  void set_constants();
  void set_authorities();
  void set_url();
  void set_method();
  void set_headers();
  void set_version();
  void set_connect_timeout();
  void stop_with(ErrorClass error_class, Phase phase, std::string message);
  void refuse_resend();
  [[nodiscard]] int os_error() const;
  void count_use();
  bool deliver_head();
  std::size_t take_header(std::string_view line);
  std::size_t take_body(char* bytes, std::size_t size);

  std::shared_ptr<const TargetUrl> target_;  // shared, since `endpoint` points into it
  ResponseHead head_;
  // Shared: by the exchanges that send the same. The handle is set to the first.
  std::shared_ptr<PreparedHeaders> headers_, wanted_headers_;
  std::string resolve_;
  curl_slist resolve_list_{};
  const Proxy* proxy_ = nullptr;  // that the handle is set to
  std::array<char, CURL_ERROR_SIZE> detail_{};
  std::size_t uploaded_ = 0;
  MonotonicTime opened_at_{};
  std::chrono::nanoseconds connect_time_{0};
  int socket_error_ = 0;      // errno, when no socket could be made for an address
  bool socket_made_ = false;  // for an address
  bool dialled_ = false;      // a socket was opened for this exchange
  bool sent_ = false;         // libcurl began to send the request
  bool last_use_ = false;
  bool connects_longer_ = false;  // than libcurl's default lets it
};

}  // namespace prx::http
