// The half of CurlExchange that turns a Request into options of its easy handle.
#include <algorithm>
#include <utility>

#include "http/byte_set.hpp"
#include "http/curl_exchange.hpp"

namespace prx::http {

namespace {

// Up to this many bytes a body goes out in one write with the request's head.
constexpr std::size_t kInlineBodyMax = 32u << 10;
// Above 1 MiB libcurl would ask the server for permission first; well below that it does not.
constexpr std::size_t kExpectsAbove = 64u << 10;
constexpr long kNoTimeout = 0x7fff'ffffL;
constexpr long kKeepAliveSeconds = 60;

bool same(std::string_view a, std::string_view lower_case) {
  return std::equal(a.begin(), a.end(), lower_case.begin(), lower_case.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
  });
}

// What a token of RFC 9110 is made of.
constexpr ByteSet kTokenBytes{[](char c) {
  constexpr std::string_view kSpecial = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kSpecial.find(c) != std::string_view::npos;
}};

bool is_token(std::string_view text) { return !text.empty() && kTokenBytes.has_all(text); }

// The transport frames the message; a second opinion would be request smuggling.
bool is_framing(std::string_view name) {
  return same(name, "content-length") || same(name, "transfer-encoding") || same(name, "expect") ||
         same(name, "upgrade");
}

Result<void> check_header(const Header& header) {
  if (!is_token(header.name))
    return fail(ErrorClass::kInvalidRequest, "a request header has a name that HTTP cannot carry");
  if (!kHeaderValueBytes.has_all(header.value))
    return fail(ErrorClass::kInvalidRequest,
                "request header '" + header.name + "' has control characters in its value");
  if (is_framing(header.name))
    return fail(ErrorClass::kInvalidRequest,
                "request header '" + header.name + "' is set by the transport; leave it out");
  return {};
}

Result<std::shared_ptr<const TargetUrl>> read_target(const std::string& url) {
  auto target = std::make_shared<TargetUrl>();  // shared: by the exchanges that go there
  target->text = url;
  PRX_TRY_SET(target->endpoint, parse_endpoint(target->text));
  target->parsed.reset(curl_url());
  if (curl_url_set(target->parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    target->parsed.reset();
  return std::shared_ptr<const TargetUrl>(std::move(target));
}

}  // namespace

Result<void> CurlExchange::check() {
  if (context.target == nullptr || context.target->text != request.url) {
    PRX_TRY_SET(context.target, read_target(request.url));
  }
  target_ = context.target;
  endpoint = target_->endpoint;
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
  set_url();
  set_method();
  set_headers();
  request.headers = {};  // libcurl has them now
  set_version();
  if (const std::string url = proxy == nullptr ? "" : proxy->url; url != proxy_) {
    proxy_ = url;
    curl_easy_setopt(easy, CURLOPT_PROXY, proxy_.c_str());
    const bool named = !proxy_.empty() && !context.user_agent.empty();  // to the proxy
    curl_easy_setopt(easy, CURLOPT_USERAGENT, named ? context.user_agent.c_str() : nullptr);
  }
  if (resolve.empty() && resolve_.empty()) return;
  resolve_ = std::move(resolve);
  resolve_list_.data = resolve_.data();
  curl_easy_setopt(easy, CURLOPT_RESOLVE, resolve_.empty() ? nullptr : &resolve_list_);
}

// libcurl takes a read URL as it is; one that it cannot read it shall refuse in its own words.
void CurlExchange::set_url() {
  CURLU* const parsed = target_->parsed.get();
  curl_easy_setopt(easy, CURLOPT_CURLU, parsed);
  if (parsed == nullptr) curl_easy_setopt(easy, CURLOPT_URL, target_->text.c_str());
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
// value, "Name:" to leave out what it would add. It formats User-Agent twice when set as an option.
void CurlExchange::set_headers() {
  bool typed = false;
  bool named = context.user_agent.empty();
  header_text_.clear();
  std::size_t count = 0;
  const auto add = [&](std::string_view name, std::string_view between, std::string_view value) {
    header_text_.append(name).append(between).append(value).push_back('\0');
    ++count;
  };
  for (const Header& header : request.headers) {
    typed = typed || same(header.name, "content-type");
    named = named || same(header.name, "user-agent");
    add(header.name, header.value.empty() ? ";" : ": ", header.value);
  }
  if (!named) add("User-Agent", ": ", context.user_agent);
  if (!typed) add("Content-Type", ":", "");
  if (request.body_view.size() >= kExpectsAbove) add("Expect", ":", "");
  header_list_.resize(count);
  char* text = header_text_.data();
  for (std::size_t i = 0; i < count; ++i) {
    header_list_[i].data = text;
    header_list_[i].next = i + 1 < count ? &header_list_[i + 1] : nullptr;
    text += std::char_traits<char>::length(text) + 1;
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, count == 0 ? nullptr : header_list_.data());
}

void CurlExchange::set_version() {
  const bool h2 =
      request.version == Version::k2 || (request.version == Version::kAuto && context.h2_auto);
  curl_easy_setopt(
      easy, CURLOPT_HTTP_VERSION,
      h2 ? static_cast<long>(CURL_HTTP_VERSION_2TLS) : static_cast<long>(CURL_HTTP_VERSION_1_1));
}

}  // namespace prx::http
