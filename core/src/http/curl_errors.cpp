#include "http/curl_errors.hpp"

#include <system_error>
#include <utility>

namespace prx::http {

namespace {

std::string quoted(std::string_view host) { return "'" + std::string(host) + "'"; }

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

std::string connect_message(const CurlFailure& failure) {
  std::string message = "could not connect to " + quoted(failure.host);
  if (failure.os_error != 0) {
    const auto code = static_cast<int>(failure.os_error);
    message += ": " + std::error_code(code, std::generic_category()).message();
  }
  return message;
}

std::string tls_message(const CurlFailure& failure) {
  const std::string detail(failure.detail.substr(0, failure.detail.find('\n')));
  if (is_untrusted(failure.code))
    return "certificate of host " + quoted(failure.host) + " is not trusted: " + detail +
           "; set ca_file if its authority is your own";
  return "TLS with host " + quoted(failure.host) + " failed: " + detail;
}

/// A connection that breaks inside a body leaves a truncated answer; before that it is the
/// network's.
ErrorClass class_of(CURLcode code, Phase phase) {
  switch (code) {
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
      return phase >= Phase::kFirstToken ? ErrorClass::kBadResponse : ErrorClass::kNetwork;
  }
}

std::string cut_message(const CurlFailure& failure) {
  std::string message = failure.reused && failure.phase == Phase::kHead
                            ? "the pooled connection to " + quoted(failure.host) + " was closed "
                            : "the connection to " + quoted(failure.host) + " was cut ";
  message += verb_of(failure.phase);
  return message + " (" + curl_easy_strerror(failure.code) + ")";
}

std::string message_of(const CurlFailure& failure) {
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "host " + quoted(failure.host) + " or its proxy could not be resolved";
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
      return "host " + quoted(failure.host) + " did not answer in HTTP";
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

Error clock_error(Phase phase, std::chrono::milliseconds limit, std::string_view host) {
  const std::string after = " within " + std::to_string(limit.count()) + " ms";
  switch (phase) {
    case Phase::kConnect:
      return make_error(ErrorClass::kTimeout, phase,
                        "no connection to " + quoted(host) + after + " (connect_timeout)");
    case Phase::kHead:
      return make_error(ErrorClass::kTimeout, phase,
                        "no response head from " + quoted(host) + after + " (head_timeout)");
    default:
      return make_error(ErrorClass::kTimeout, phase,
                        "no byte from " + quoted(host) + after + " (idle_timeout)");
  }
}

Error curl_error(const CurlFailure& failure) {
  return make_error(class_of(failure.code, failure.phase), failure.phase, message_of(failure));
}

}  // namespace prx::http
