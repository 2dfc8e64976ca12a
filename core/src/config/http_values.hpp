/// \file http_values.hpp
/// Checks of what will stand in an HTTP request: header names, header values, URLs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "prx/sdk/error.hpp"

namespace prx::config {

inline constexpr std::size_t kCaFileMax = 16u << 20;  ///< bytes of a file of authorities

/// A token. \see https://www.rfc-editor.org/rfc/rfc9110#section-5.1
[[nodiscard]] bool is_header_name(std::string_view name);
/// No control character but tab: neither line breaks nor NUL.
[[nodiscard]] bool is_header_value(std::string_view value);
/// Visible ASCII, 1 to 4,096 bytes.
[[nodiscard]] bool is_key_value(std::string_view key);

/// Where a URL goes. Host in lower case, IPv6 in brackets; port filled in.
struct Origin {
  std::string scheme, host;
  std::uint16_t port = 0;
  [[nodiscard]] std::string str() const;  ///< "https://api.groq.com", the port only when unusual
  friend bool operator==(const Origin&, const Origin&) = default;
};

/// The origin of a base URL: http or https, a host, no user, query or fragment, visible ASCII only.
/// Errors: kInvalidRequest, what and remedy; the URL itself is not repeated.
[[nodiscard]] Result<Origin> parse_base_url(std::string_view url);

/// The same URL as prx keeps it: scheme and host in lower case, the port only when unusual, no '/'
/// at the end. Errors: as parse_base_url(). \see
/// https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2.1
[[nodiscard]] Result<std::string> normal_base_url(std::string_view url);

/// localhost, 127.0.0.0/8 in four decimal parts, or [::1].
[[nodiscard]] bool is_loopback(std::string_view host);

}  // namespace prx::config
