/// \file url.hpp
/// The parts of a URL that connecting needs, and which proxy serves it. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "prx/sdk/result.hpp"

namespace prx::http {

/// Where a URL leads. Views into the URL.
struct Endpoint {
  std::string_view scheme;  ///< as written: "http", "HTTPS"
  std::string_view host;    ///< without brackets
  std::uint16_t port = 0;
  bool secure = false;
};

/// Of an absolute http or https URL. Refuses user info (keys do not belong into URLs), spaces and
/// control characters: class kInvalidRequest.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view url);

/// True for an IPv4 or IPv6 address.
[[nodiscard]] bool is_address(std::string_view host);
/// True for what needs no resolver: addresses, "localhost" and names below it (RFC 6761).
[[nodiscard]] bool is_local_name(std::string_view host);
/// True for what leads to this machine however it is written: 127.0.0.0/8 and ::1 (short and mapped
/// forms too), the unspecified address, "localhost" and names below it.
[[nodiscard]] bool is_loopback(std::string_view host);

/// Reads one environment variable; nullopt when unset.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// A proxy as libcurl takes it ("http://user:key@host:port"; socks5 and socks4 become socks5h and
/// socks4a, so that names are resolved there), and its own place.
struct Proxy {
  std::string url;
  std::string host;
  std::uint16_t port = 0;
  std::string variable;  ///< where it came from: "https_proxy", "the program's proxy setting"

  /// For messages, without user and key: "proxy 'host:port' (https_proxy)".
  [[nodiscard]] std::string name() const;
};

/// http_proxy, https_proxy, all_proxy, no_proxy, read once. Lower case wins over upper case;
/// HTTP_PROXY is not read (a CGI's request header would set it). Immutable. \see
/// https://everything.curl.dev/usingcurl/proxies/env.html
class Proxies {
 public:
  explicit Proxies(const Environment& environment);
  /// Those that the program itself was given, for http and https alike; `url` "" is none. nullopt:
  /// it names no proxy of a kind that is known here.
  [[nodiscard]] static std::optional<Proxies> of_host(const std::string& url, std::string no_proxy);

  /// The proxy for an endpoint, or null. Never one for a loopback host: a request to this machine,
  /// and the key in it, stays here.
  [[nodiscard]] const Proxy* find(const Endpoint& endpoint) const;
  [[nodiscard]] bool empty() const { return !http_ && !https_; }

 private:
  [[nodiscard]] bool is_exempt(std::string_view host) const;

  std::optional<Proxy> http_;
  std::optional<Proxy> https_;
  std::string exempt_;
};

}  // namespace prx::http
