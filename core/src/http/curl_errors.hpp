/// \file curl_errors.hpp
/// What libcurl says, as an Error. Messages name the server ("host:port") and the phase, never a
/// path, a query or a header's value.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <string>
#include <string_view>

#include "http/url.hpp"
#include "prx/sdk/error.hpp"

namespace prx::http {

[[nodiscard]] Error make_error(ErrorClass error_class, Phase phase, std::string message);

inline constexpr int kProxyWantsUser = 407;  ///< no server's status, always a proxy's

/// The connect, head or idle clock ran out. `proxy`: null when there is none.
[[nodiscard]] Error clock_error(Phase phase, std::chrono::milliseconds limit,
                                std::string_view server, const Proxy* proxy);

/// A name was not found; of the proxy, when there is one.
[[nodiscard]] Error resolve_error(Error error, const Proxy* proxy);

/// The proxy answered instead of the host.
[[nodiscard]] Error refused_by_proxy(const Proxy& proxy, Phase phase, std::string_view server,
                                     long status);

/// Somebody between here and the host asks for a proxy's user, and no proxy is in use.
[[nodiscard]] Error asked_by_a_proxy(std::string_view server);

/// A pooled connection holds bytes that no request asked for; nothing was sent on it.
[[nodiscard]] Error unasked_error(std::string_view server);

/// libcurl was about to send a request again, which it may not. On a pooled connection that died
/// before the response; on a new one the server refused the stream, and processed nothing of it.
[[nodiscard]] Error resend_error(std::string_view server, bool reused);

/// A transfer's failure. What this machine has too little of to connect is kInternal with
/// Phase::kConnect, which blames nobody (decision record 0016); any other kInternal has
/// Phase::kNone.
struct CurlFailure {
  CURLcode code = CURLE_OK;
  Phase phase = Phase::kConnect;
  std::string server;       ///< "host:port"
  std::string_view detail;  ///< libcurl's error buffer; used for TLS only
  int os_error = 0;         ///< errno of the connect; 0: there was none, or it is unknown
  int socket_error = 0;     ///< errno of a socket that could not be made, for whichever address
  bool reused = false;
  const Proxy* proxy = nullptr;
  long proxy_status = 0;  ///< of its answer to CONNECT; 0: none
};
[[nodiscard]] Error curl_error(const CurlFailure& failure);

}  // namespace prx::http
