#include "config/http_values.hpp"

#include <algorithm>
#include <charconv>

namespace prx::config {
namespace {

constexpr std::size_t kKeyMax = 4096;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_visible(char c) { return c > ' ' && c < '\x7f'; }

Unexpected<Error> bad(std::string_view what) {
  return fail(ErrorClass::kInvalidRequest, std::string(what));
}

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  if (host.front() == '[')
    return host.size() > 3 && host.back() == ']' &&
           host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdef:.") ==
               std::string_view::npos;
  return std::all_of(host.begin(), host.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

Result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0)
    return bad("has no valid port; use 1 to 65535");
  return port;
}

Result<Origin> parse_authority(std::string scheme, std::string_view authority) {
  if (authority.find('@') != std::string_view::npos)
    return bad("holds a user or password; use api_key or headers for that");
  const auto bracket = authority.rfind(']');
  const auto colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  Origin origin;
  origin.port = scheme == "https" ? 443 : 80;
  if (has_port) {
    PRX_TRY_SET(origin.port, parse_port(authority.substr(colon + 1)));
    authority = authority.substr(0, colon);
  }
  origin.scheme = std::move(scheme);
  origin.host = lower(authority);
  if (!is_host(origin.host)) return bad("has no valid host; write https://host/path");
  return origin;
}

}  // namespace

bool is_header_name(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && name.size() <= 256 && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool is_key_value(std::string_view key) {
  return !key.empty() && key.size() <= kKeyMax && std::all_of(key.begin(), key.end(), is_visible);
}

std::string Origin::str() const {
  const bool usual = port == (scheme == "https" ? 443 : 80);
  return scheme + "://" + host + (usual ? "" : ":" + std::to_string(port));
}

Result<Origin> parse_base_url(std::string_view url) {
  if (!std::all_of(url.begin(), url.end(), is_visible))
    return bad("has characters that a URL cannot have; percent-encode them");
  const auto colon = url.find("://");
  const auto scheme = lower(url.substr(0, colon));
  if (colon == std::string_view::npos || (scheme != "http" && scheme != "https"))
    return bad("must begin with http:// or https://");
  const auto rest = url.substr(colon + 3);
  if (rest.find_first_of("?#") != std::string_view::npos)
    return bad("has a query or fragment; leave it out");
  if (rest.find('\\') != std::string_view::npos) return bad("has a backslash; write '/'");
  return parse_authority(scheme, rest.substr(0, rest.find('/')));
}

Result<std::string> normal_base_url(std::string_view url) {
  PRX_TRY_SET(const auto origin, parse_base_url(url));
  const auto path = std::min(url.find('/', url.find("://") + 3), url.size());
  auto normal = origin.str() + std::string(url.substr(path));
  while (normal.back() == '/') normal.pop_back();
  return normal;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  int parts = 0;
  bool first = true;
  while (!host.empty()) {
    unsigned part = 0;
    const auto [end, error] = std::from_chars(host.data(), host.data() + host.size(), part);
    if (error != std::errc{} || part > 255 || (first && part != 127)) return false;
    first = false;
    ++parts;
    host.remove_prefix(static_cast<std::size_t>(end - host.data()));
    if (host.empty()) break;
    if (host[0] != '.' || host.size() == 1) return false;
    host.remove_prefix(1);
  }
  return parts == 4;
}

}  // namespace prx::config
