/// \file curl_transport.hpp
/// The real Transport: libcurl on an AsioLoop, with a pool of connections.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "http/asio_loop.hpp"
#include "http/resolver.hpp"
#include "http/transport.hpp"
#include "http/url.hpp"
#include "http/workers.hpp"

namespace prx::http {

/// Which way to the certificate authorities is the cheap one (decision record 0003 has the
/// numbers).
enum class CaUse {
  kOneShot,      ///< a command: the hashed directory /etc/ssl/certs, read as needed
  kLongRunning,  ///< a host: the bundle, parsed once and kept
};

/// Whether `Version::kAuto` means HTTP/2 where the server has it, and whether exchanges share
/// connections then, for a libcurl of that version (curl_version_info()->version_num).
struct HttpPolicy {
  bool h2 = true;
  bool multiplex = false;
  std::uint32_t streams_max = 0;  ///< per HTTP/2 connection, before it is retired; 0: no limit
};
[[nodiscard]] HttpPolicy http_policy(unsigned curl_version);

struct TransportOptions {
  CaUse ca_use = CaUse::kLongRunning;
  std::optional<std::string> ca_file;  ///< PEM; replaces the system's authorities
  std::optional<std::string> ca_pem;   ///< the same as text; not both
  Environment environment;             ///< for http_proxy and its kin, read once; empty: no proxies
  std::optional<Proxies> proxies;      ///< instead of the environment's
  std::string user_agent;
  Resolver::Options resolver;
  std::optional<HttpPolicy> policy;         ///< instead of http_policy(the running libcurl)
  std::size_t headers_max = 256;            ///< of a response head
  std::size_t head_bytes_max = 256u << 10;  ///< of a response head, 1xx included
  /// For all of the body of an error (status 400 or above); then the exchange ends with what came,
  /// so that a body that stalls does not hide the status.
  std::chrono::milliseconds error_body_time{5'000};
  std::size_t pool_max = 256;  ///< idle connections kept; more while more exchanges run at once
};

struct TransportStats {
  std::uint64_t exchanges = 0;    ///< sent() so far
  std::uint64_t connections = 0;  ///< made ready so far; the rest was reused
  std::size_t active = 0;         ///< exchanges under way
};

/// All functions on the loop thread, open() too; the destructor there, outside of on_head
/// and on_data, or after the loop stopped. Exchanges under way are dropped by it without a
/// callback. The loop and the workers outlive it.
///
/// `workers` are for name look-ups alone: what else may fill that pool would stop all resolving.
class CurlTransport final : public Transport {
 public:
  /// Errors: kInternal, with what could not be made and the remedy.
  [[nodiscard]] static Result<std::unique_ptr<CurlTransport>> open(AsioLoop& loop, Workers& workers,
                                                                   TransportOptions options);
  ~CurlTransport() override;

  [[nodiscard]] ExchangeId send(Request request, Handler& handler) override;
  void cancel(ExchangeId id) override;
  void pause(ExchangeId id) override;
  void resume(ExchangeId id) override;
  void set_idle(ExchangeId id, std::optional<std::chrono::milliseconds> limit) override;

  [[nodiscard]] TransportStats stats() const;

 private:
  class Impl;
  explicit CurlTransport(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace prx::http
