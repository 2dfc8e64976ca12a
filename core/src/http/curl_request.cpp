// The half of CurlExchange that turns a Request into options of its easy handle.
#include <algorithm>
#include <utility>

#include "http/curl_exchange.hpp"

namespace prx::http {

namespace {

// Up to this many bytes a body goes out in one write with the request's head.
constexpr std::size_t kInlineBodyMax = 32u << 10;
constexpr long kNoTimeout = 0x7fff'ffffL;
constexpr long kKeepAliveSeconds = 60;

bool same(std::string_view a, std::string_view lower_case) {
  return std::equal(a.begin(), a.end(), lower_case.begin(), lower_case.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
  });
}

// A token of RFC 9110.
bool is_token(std::string_view text) {
  static constexpr std::string_view kSpecial = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           kSpecial.find(c) != std::string_view::npos;
  });
}

bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) >= ' ' && c != '\x7f') || c == '\t';
  });
}

// The transport frames the message; a second opinion would be request smuggling.
bool is_framing(std::string_view name) {
  return same(name, "content-length") || same(name, "transfer-encoding") || same(name, "expect") ||
         same(name, "upgrade");
}

Result<void> check_header(const Header& header) {
  if (!is_token(header.name))
    return fail(ErrorClass::kInvalidRequest, "a request header has a name that HTTP cannot carry");
  if (!is_value(header.value))
    return fail(ErrorClass::kInvalidRequest,
                "request header '" + header.name + "' has control characters in its value");
  if (is_framing(header.name))
    return fail(ErrorClass::kInvalidRequest,
                "request header '" + header.name + "' is set by the transport; leave it out");
  return {};
}

}  // namespace

Result<void> CurlExchange::check() {
  PRX_TRY_SET(endpoint, parse_endpoint(request.url));
  if (!is_token(request.method))
    return fail(ErrorClass::kInvalidRequest, "the request has no valid method");
  for (const Header& header : request.headers) PRX_TRY(check_header(header));
  return {};
}

void CurlExchange::set_constants() {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, kKeepAliveSeconds);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kNoTimeout);  // the clocks decide
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);         // so does the resolver
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // never from libcurl's environment
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail_.data());
  set_authorities();
  if (!context.user_agent.empty())
    curl_easy_setopt(easy, CURLOPT_USERAGENT, context.user_agent.c_str());
}

// With a CAPATH libcurl keeps no parsed bundle, and Debian's default has both: 22 ms for each
// connection.
void CurlExchange::set_authorities() {
  const bool directory = !context.ca_directory.empty();
  curl_easy_setopt(easy, CURLOPT_CAPATH, directory ? context.ca_directory.c_str() : nullptr);
  if (context.ca_file) curl_easy_setopt(easy, CURLOPT_CAINFO, context.ca_file->c_str());
  if (directory) curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
}

void CurlExchange::prepare(const Proxy* proxy, std::string resolve) {
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  set_method();
  set_headers();
  set_version();
  if (const std::string url = proxy == nullptr ? "" : proxy->url; url != proxy_) {
    proxy_ = url;
    curl_easy_setopt(easy, CURLOPT_PROXY, proxy_.c_str());
  }
  if (resolve.empty() && resolve_.empty()) return;
  resolve_ = std::move(resolve);
  resolve_list_.data = resolve_.data();
  curl_easy_setopt(easy, CURLOPT_RESOLVE, resolve_.empty() ? nullptr : &resolve_list_);
}

void CurlExchange::set_method() {
  const std::string_view body = request.body_view;
  const bool post = request.body != nullptr || request.method == "POST";
  const bool plain = request.method == (post ? "POST" : "GET");
  if (post) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    const char* const bytes = body.empty() ? "" : body.data();
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.size() > kInlineBodyMax ? nullptr : bytes);
  } else if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
  const bool custom = !plain && request.method != "HEAD";
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, custom ? request.method.c_str() : nullptr);
}

// The list points into one text, which libcurl only reads. "Name;" is its way to send an empty
// value, "Name:" to leave out what it would add.
void CurlExchange::set_headers() {
  bool typed = false;
  header_text_.clear();
  std::size_t count = 0;
  for (const Header& header : request.headers) {
    typed = typed || same(header.name, "content-type");
    header_text_ += header.name;
    header_text_ += header.value.empty() ? ";" : ": ";
    header_text_ += header.value;
    header_text_ += '\0';
    ++count;
  }
  header_text_.append("Expect:\0", 8);
  ++count;
  if (!typed) {
    header_text_.append("Content-Type:\0", 14);
    ++count;
  }
  header_list_.resize(count);
  char* text = header_text_.data();
  for (std::size_t i = 0; i < count; ++i) {
    header_list_[i].data = text;
    header_list_[i].next = i + 1 < count ? &header_list_[i + 1] : nullptr;
    text += std::char_traits<char>::length(text) + 1;
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, header_list_.data());
}

void CurlExchange::set_version() {
  const bool h2 =
      request.version == Version::k2 || (request.version == Version::kAuto && context.h2_auto);
  curl_easy_setopt(
      easy, CURLOPT_HTTP_VERSION,
      h2 ? static_cast<long>(CURL_HTTP_VERSION_2TLS) : static_cast<long>(CURL_HTTP_VERSION_1_1));
}

}  // namespace prx::http
