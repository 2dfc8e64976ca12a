#include "http/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <initializer_list>
#include <utility>

#include "prx/sdk/error.hpp"

namespace prx::http {

namespace {

constexpr std::size_t kHostMax = 255;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && same(text.substr(text.size() - end.size()), end);
}

Unexpected<Error> bad_url(std::string_view why) {
  return fail(ErrorClass::kInvalidRequest, "the request's URL " + std::string(why));
}

Result<std::uint16_t> parse_port(std::string_view text, std::uint16_t fallback) {
  if (text.empty()) return fallback;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0)
    return bad_url("has a port that is not a number from 1 to 65535");
  return port;
}

// "host:port", "[::1]:port", "host".
Result<std::pair<std::string_view, std::string_view>> split_authority(std::string_view authority) {
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad_url("has an address without closing bracket");
    const std::string_view rest = authority.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return bad_url("has text after its address");
    return std::pair(authority.substr(1, close - 1), rest.substr(rest.empty() ? 0 : 1));
  }
  const std::size_t colon = authority.find(':');
  if (colon == std::string_view::npos) return std::pair(authority, std::string_view());
  return std::pair(authority.substr(0, colon), authority.substr(colon + 1));
}

bool is_clean(std::string_view url) {
  return std::all_of(url.begin(), url.end(),
                     [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; });
}

struct Address {
  std::array<unsigned char, 16> bytes{};
  int bits = 0;  // 32 or 128
};

std::optional<Address> parse_address(std::string_view text) {
  std::array<char, 64> copy{};
  if (text.empty() || text.size() >= copy.size()) return std::nullopt;
  std::memcpy(copy.data(), text.data(), text.size());
  Address address;
  if (inet_pton(AF_INET, copy.data(), address.bytes.data()) == 1) address.bits = 32;
  if (address.bits == 0 && inet_pton(AF_INET6, copy.data(), address.bytes.data()) == 1)
    address.bits = 128;
  return address.bits == 0 ? std::nullopt : std::optional(address);
}

bool in_network(const Address& address, std::string_view network) {
  const std::size_t slash = network.find('/');
  const auto base = parse_address(network.substr(0, slash));
  if (!base || base->bits != address.bits) return false;
  int bits = base->bits;
  if (slash != std::string_view::npos) {
    const std::string_view text = network.substr(slash + 1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    if (bits < 0 || bits > base->bits) return false;
  }
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(base->bytes.begin(), base->bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.bytes.begin()))
    return false;
  const int rest = bits % 8;
  return rest == 0 || (base->bytes[whole] >> (8 - rest)) == (address.bytes[whole] >> (8 - rest));
}

struct Setting {
  std::string variable;
  std::string value;
};

std::optional<Setting> read_first(const Environment& environment,
                                  std::initializer_list<const char*> variables) {
  if (!environment) return std::nullopt;
  for (const char* variable : variables)
    if (auto value = environment(variable)) return Setting{variable, std::move(*value)};
  return std::nullopt;
}

std::string_view drop_path(std::string_view text) {
  return text.substr(0, text.find_first_of("/?#"));
}

std::optional<Proxy> make_proxy(const std::optional<Setting>& setting) {
  if (!setting || setting->value.empty() || !is_clean(setting->value)) return std::nullopt;
  const std::string& value = setting->value;
  const std::size_t mark = value.find("://");
  std::string scheme = mark == std::string::npos ? "http" : value.substr(0, mark);
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), lower);
  if (scheme == "socks5" || scheme == "socks") scheme = "socks5h";
  if (scheme == "socks4") scheme = "socks4a";
  const std::string rest = mark == std::string::npos ? value : value.substr(mark + 3);
  std::string_view authority = drop_path(rest);
  authority.remove_prefix(
      authority.rfind('@') == std::string_view::npos ? 0 : authority.rfind('@') + 1);
  const auto parts = split_authority(authority);
  const auto port =
      parts ? parse_port(parts->second, scheme == "https" ? 443 : 1080) : Result<std::uint16_t>(0);
  if (!parts || !port) return std::nullopt;
  return Proxy{scheme + "://" + std::string(drop_path(rest)), std::string(parts->first), *port,
               setting->variable};
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view url) {
  Endpoint endpoint;
  const std::size_t mark = url.find("://");
  endpoint.scheme = url.substr(0, mark == std::string_view::npos ? 0 : mark);
  endpoint.secure = same(endpoint.scheme, "https");
  if (!endpoint.secure && !same(endpoint.scheme, "http"))
    return bad_url("is not absolute http:// or https://");
  if (!is_clean(url)) return bad_url("has spaces or control characters");
  const std::string_view authority = drop_path(url.substr(mark + 3));
  if (authority.find('@') != std::string_view::npos)
    return bad_url("has user info before the host; send it as a header");
  PRX_TRY_SET(const auto parts, split_authority(authority));
  PRX_TRY_SET(endpoint.port, parse_port(parts.second, endpoint.secure ? 443 : 80));
  endpoint.host = parts.first;
  if (endpoint.host.empty() || endpoint.host.size() > kHostMax)
    return bad_url("has no host, or one above 255 characters");
  return endpoint;
}

bool is_address(std::string_view host) { return parse_address(host).has_value(); }

bool is_local_name(std::string_view host) {
  return is_address(host) || same(host, "localhost") || ends_with(host, ".localhost");
}

// The forms of inet_aton too ("127.1"), since libcurl and resolvers read them.
bool is_loopback(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (same(host, "localhost") || ends_with(host, ".localhost")) return true;
  const std::string text(host);
  in_addr v4{};
  if (inet_aton(text.c_str(), &v4) == 1) {
    const std::uint32_t address = ntohl(v4.s_addr);
    return address >> 24 == 127 || address == 0;
  }
  in6_addr v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6) != 1) return false;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return v6.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6);
}

std::string Proxy::name() const {
  return "proxy '" + host + ":" + std::to_string(port) + "' (" + variable + ")";
}

Proxies::Proxies(const Environment& environment) {
  if (auto exempt = read_first(environment, {"no_proxy", "NO_PROXY"}))
    exempt_ = std::move(exempt->value);
  http_ = make_proxy(read_first(environment, {"http_proxy", "all_proxy", "ALL_PROXY"}));
  https_ =
      make_proxy(read_first(environment, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}));
}

std::optional<Proxies> Proxies::of_host(const std::string& url, std::string no_proxy) {
  constexpr std::string_view kKnown[] = {"http://", "https://", "socks4a://", "socks5h://"};
  Proxies proxies{Environment()};
  if (url.empty()) return proxies;
  proxies.http_ = make_proxy(Setting{"the program's proxy setting", url});
  if (!proxies.http_ || proxies.http_->host.empty()) return std::nullopt;
  const auto is_of = [&](std::string_view kind) { return proxies.http_->url.starts_with(kind); };
  if (std::none_of(std::begin(kKnown), std::end(kKnown), is_of)) return std::nullopt;
  proxies.https_ = proxies.http_;
  proxies.exempt_ = std::move(no_proxy);
  return proxies;
}

const Proxy* Proxies::find(const Endpoint& endpoint) const {
  const auto& proxy = endpoint.secure ? https_ : http_;
  if (!proxy || is_loopback(endpoint.host) || is_exempt(endpoint.host)) return nullptr;
  return &*proxy;
}

bool Proxies::is_exempt(std::string_view host) const {
  const auto address = parse_address(host);
  std::string_view rest = exempt_;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(", \t"), rest.size());
    std::string_view name = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (name == "*") return true;
    if (address && in_network(*address, name)) return true;
    if (name.starts_with('.')) name.remove_prefix(1);
    if (name.empty() || address) continue;
    if (same(host, name)) return true;
    if (ends_with(host, name) && host[host.size() - name.size() - 1] == '.') return true;
  }
  return false;
}

}  // namespace prx::http
