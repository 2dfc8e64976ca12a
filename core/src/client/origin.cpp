#include "client/origin.hpp"

#include <algorithm>
#include <charconv>

namespace prx::driver {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > 0x20 && c < 0x7f && c != '\\' && c != '"'; });
}

bool host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
         c == ':' || c == '[' || c == ']';
}

bool valid_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65'535;
}

}  // namespace

std::optional<std::string> origin_of(std::string_view url) {
  if (!plain(url)) return std::nullopt;
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  std::string scheme(url.substr(0, scheme_end));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), lower);
  if (scheme != "http" && scheme != "https") return std::nullopt;
  std::string authority(url.substr(scheme_end + 3));
  authority.resize(std::min(authority.find_first_of("/?#"), authority.size()));
  std::transform(authority.begin(), authority.end(), authority.begin(), lower);
  if (authority.empty() || !std::all_of(authority.begin(), authority.end(), host_character))
    return std::nullopt;
  const auto bracket = authority.rfind(']');
  const auto colon = authority.find(':', bracket == std::string::npos ? 0 : bracket);
  if (colon == 0) return std::nullopt;
  if (colon == std::string::npos)
    return scheme + "://" + authority + (scheme == "https" ? ":443" : ":80");
  if (!valid_port(std::string_view(authority).substr(colon + 1))) return std::nullopt;
  return scheme + "://" + authority;
}

}  // namespace prx::driver
