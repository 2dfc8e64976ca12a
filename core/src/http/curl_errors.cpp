#include "http/curl_errors.hpp"

#include <utility>

#include "http/open_files.hpp"

namespace prx::http {

namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

/// Of "host:port" or "[host]:port".
std::string_view host_of(std::string_view server) {
  const std::string_view host = server.substr(0, server.rfind(':'));
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

std::string_view verb_of(Phase phase) {
  switch (phase) {
    case Phase::kConnect:
      return "while connecting";
    case Phase::kHead:
      return "before the response head";
    default:
      return "inside the response body, which is truncated";
  }
}

bool is_untrusted(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR ||
         code == CURLE_SSL_INVALIDCERTSTATUS;
}

// Says which variable to look at, since the proxy is the environment's, not the configuration's.
std::string proxy_remedy(const Proxy& proxy, std::string_view server) {
  return "; correct " + proxy.variable + ", or name " + quoted(host_of(server)) + " in no_proxy";
}

std::string through(const Proxy* proxy) {
  return proxy == nullptr ? "" : " through " + proxy->name();
}

std::string connect_message(const CurlFailure& failure) {
  std::string message =
      "could not connect to " + (failure.proxy ? failure.proxy->name() : quoted(failure.server));
  const bool shortage = is_shortage(failure.socket_error);
  if (failure.os_error != 0) message += ": " + reason_of(failure.os_error);
  if (failure.os_error != 0 && shortage) message += "; for another address there was no socket";
  if (failure.socket_error != 0 && (failure.os_error == 0 || shortage))
    message += ": " + reason_of(failure.socket_error);
  return failure.proxy && !shortage ? message + proxy_remedy(*failure.proxy, failure.server)
                                    : message;
}

std::string tls_message(const CurlFailure& failure) {
  const std::string detail(failure.detail.substr(0, failure.detail.find('\n')));
  if (is_untrusted(failure.code))
    return "certificate of host " + quoted(failure.server) + " is not trusted: " + detail +
           "; set ca_file if its authority is your own";
  return "TLS with host " + quoted(failure.server) + " failed: " + detail;
}

// libcurl limits a line of a head. 7.88 says out of memory when it is above, 8.6 and later
// CURLE_TOO_LARGE (100), which its older headers do not know.
bool is_too_large(const CurlFailure& failure) {
  constexpr int kTooLarge = 100;
  return failure.code == kTooLarge || failure.code == CURLE_FILESIZE_EXCEEDED ||
         (failure.code == CURLE_OUT_OF_MEMORY && failure.phase != Phase::kConnect);
}

std::string too_large_message(const CurlFailure& failure) {
  return "the response of " + quoted(failure.server) +
         " has a header line, or says a body size, above what libcurl takes (" +
         std::to_string(CURL_MAX_HTTP_HEADER) + " bytes a line)";
}

/// Another address may be why, but the one that was not tried could have answered.
bool is_short(const CurlFailure& failure) {
  return failure.phase == Phase::kConnect &&
         (failure.code == CURLE_OUT_OF_MEMORY ||
          (failure.code == CURLE_COULDNT_CONNECT && is_shortage(failure.socket_error)));
}

/// A connection that breaks inside a body leaves a truncated answer; before that it is the
/// network's.
ErrorClass class_of(const CurlFailure& failure) {
  if (is_too_large(failure)) return ErrorClass::kBadResponse;
  if (is_short(failure)) return ErrorClass::kInternal;
  switch (failure.code) {
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return ErrorClass::kBadResponse;
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
      return ErrorClass::kInternal;
    case CURLE_URL_MALFORMAT:
      return ErrorClass::kInvalidRequest;
    default:
      return failure.phase >= Phase::kFirstToken ? ErrorClass::kBadResponse : ErrorClass::kNetwork;
  }
}

std::string cut_message(const CurlFailure& failure) {
  std::string message = failure.reused && failure.phase == Phase::kHead
                            ? "the pooled connection to " + quoted(failure.server) + " was closed "
                            : "the connection to " + quoted(failure.server) + " was cut ";
  message += verb_of(failure.phase);
  message += std::string(" (") + curl_easy_strerror(failure.code);
  const bool http2 = failure.code == CURLE_HTTP2 || failure.code == CURLE_HTTP2_STREAM;
  message += http2 ? "; a GOAWAY or RST_STREAM of the server, or a breach of HTTP/2)" : ")";
  if (failure.proxy == nullptr || failure.phase != Phase::kConnect) return message;
  return message + through(failure.proxy) + proxy_remedy(*failure.proxy, failure.server);
}

std::string message_of(const CurlFailure& failure) {
  if (is_too_large(failure)) return too_large_message(failure);
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "host " + quoted(failure.server) + " or its proxy could not be resolved";
    case CURLE_COULDNT_CONNECT:
      return connect_message(failure);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return tls_message(failure);
    case CURLE_SSL_CACERT_BADFILE:
      return "the certificate authorities could not be read; check ca_file";
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return "host " + quoted(failure.server) + " did not answer in HTTP";
    default:
      return cut_message(failure);
  }
}

}  // namespace

Error make_error(ErrorClass error_class, Phase phase, std::string message) {
  Error error;
  error.error_class = error_class;
  error.phase = phase;
  error.message = std::move(message);
  return error;
}

Error clock_error(Phase phase, std::chrono::milliseconds limit, std::string_view server,
                  const Proxy* proxy) {
  const std::string after = " within " + std::to_string(limit.count()) + " ms";
  switch (phase) {
    case Phase::kConnect:
      return make_error(
          ErrorClass::kTimeout, phase,
          "no connection to " + quoted(server) + through(proxy) + after + " (connect_timeout)");
    case Phase::kHead:
      return make_error(ErrorClass::kTimeout, phase,
                        "no response head from " + quoted(server) + after + " (head_timeout)");
    default:
      return make_error(ErrorClass::kTimeout, phase,
                        "no byte from " + quoted(server) + after + " (idle_timeout)");
  }
}

Error resolve_error(Error error, const Proxy* proxy) {
  if (proxy != nullptr) error.message += "; it is the host of " + proxy->name();
  return error;
}

Error unasked_error(std::string_view server) {
  return make_error(ErrorClass::kNetwork, Phase::kConnect,
                    "the pooled connection to " + quoted(server) +
                        " held bytes that no request asked for; the request was not sent");
}

Error resend_error(std::string_view server, bool reused) {
  const std::string why =
      reused ? "the pooled connection to " + quoted(server) + " was closed before the response head"
             : "host " + quoted(server) +
                   " refused the request without processing it (HTTP/2 REFUSED_STREAM)";
  return make_error(ErrorClass::kNetwork, Phase::kHead, why + "; the request was not sent again");
}

Error refused_by_proxy(const Proxy& proxy, Phase phase, std::string_view server, long status) {
  std::string message = proxy.name() + " refused the way to " + quoted(server) + " with status " +
                        std::to_string(status);
  if (status == kProxyWantsUser)
    message += "; write user and password into " + proxy.variable + " (http://user:password@...)";
  else
    message += proxy_remedy(proxy, server);
  return make_error(ErrorClass::kNetwork, phase, std::move(message));
}

Error asked_by_a_proxy(std::string_view server) {
  return make_error(ErrorClass::kNetwork, Phase::kHead,
                    "something between here and " + quoted(server) +
                        " asks for the user and password of a proxy (status 407), and no proxy is "
                        "set; set https_proxy (http://user:password@...)");
}

Error curl_error(const CurlFailure& failure) {
  if (failure.proxy != nullptr && failure.proxy_status >= 300)
    return refused_by_proxy(*failure.proxy, failure.phase, failure.server, failure.proxy_status);
  const ErrorClass error_class = class_of(failure);
  const bool set_up = error_class == ErrorClass::kInternal && !is_short(failure);
  return make_error(error_class, set_up ? Phase::kNone : failure.phase, message_of(failure));
}

}  // namespace prx::http
