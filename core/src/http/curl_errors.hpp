/// \file curl_errors.hpp
/// What libcurl says, as an Error. Messages name host and phase, never a path, a query or a
/// header's value.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <string>
#include <string_view>

#include "prx/sdk/error.hpp"

namespace prx::http {

[[nodiscard]] Error make_error(ErrorClass error_class, Phase phase, std::string message);

/// The connect, head or idle clock ran out.
[[nodiscard]] Error clock_error(Phase phase, std::chrono::milliseconds limit,
                                std::string_view host);

/// A transfer's failure.
struct CurlFailure {
  CURLcode code = CURLE_OK;
  Phase phase = Phase::kConnect;
  std::string_view host;
  std::string_view detail;  ///< libcurl's error buffer; used for TLS only
  long os_error = 0;        ///< errno of the connect
  bool reused = false;
};
[[nodiscard]] Error curl_error(const CurlFailure& failure);

}  // namespace prx::http
