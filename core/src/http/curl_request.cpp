// The half of CurlExchange that turns a Request into options of its easy handle.
#include <utility>

#include "http/byte_set.hpp"
#include "http/curl_exchange.hpp"
#include "transport_headers.hpp"

namespace prx::http {

namespace {

// Up to this many bytes a body goes out in one write with the request's head.
constexpr std::size_t kInlineBodyMax = 32u << 10;
// Above 1 MiB libcurl would ask the server for permission first; well below that it does not.
constexpr std::size_t kExpectsAbove = 64u << 10;
constexpr long kNoTimeout = 0x7fff'ffffL;
constexpr std::chrono::seconds kDefaultConnectTimeout{300};  // libcurl's own
constexpr long kKeepAliveSeconds = 60;

// What a token of RFC 9110 is made of.
constexpr ByteSet kTokenBytes{[](char c) {
  constexpr std::string_view kSpecial = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kSpecial.find(c) != std::string_view::npos;
}};

bool is_token(std::string_view text) { return !text.empty() && kTokenBytes.has_all(text); }

Result<void> check_header(const HeaderList::Header& header) {
  if (!is_token(header.name))
    return fail(ErrorClass::kInvalidRequest, "a request header has a name that HTTP cannot carry");
  if (!kHeaderValueBytes.has_all(header.value))
    return fail(ErrorClass::kInvalidRequest, "request header '" + std::string(header.name) +
                                                 "' has control characters in its value");
  if (is_transport_header(header.name))
    return fail(ErrorClass::kInvalidRequest, "request header '" + std::string(header.name) +
                                                 "' is set by the transport; leave it out");
  return {};
}

Result<std::shared_ptr<const TargetUrl>> read_target(const std::string& url,
                                                     const Proxies& proxies) {
  auto target = std::make_shared<TargetUrl>();  // shared: by the exchanges that go there
  target->text = url;
  PRX_TRY_SET(target->endpoint, parse_endpoint(target->text));
  target->parsed.reset(curl_url());
  if (curl_url_set(target->parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    target->parsed.reset();
  target->proxy = proxies.find(target->endpoint);
  target->peer_host = target->proxy != nullptr ? target->proxy->host : target->endpoint.host;
  target->peer_port = target->proxy != nullptr ? target->proxy->port : target->endpoint.port;
  target->peer = std::string(target->peer_host) + ":" + std::to_string(target->peer_port);
  target->peer_is_local = is_local_name(target->peer_host);
  return std::shared_ptr<const TargetUrl>(std::move(target));
}

// The list points into texts that libcurl only reads. "Name:" is its way to leave out what it would
// add. It formats User-Agent twice when set as an option.
std::shared_ptr<PreparedHeaders> make_headers(ExchangeContext& context, HeaderList headers,
                                              bool large) {
  auto made = std::make_shared<PreparedHeaders>();  // shared: by the exchanges that send the same
  made->headers = std::move(headers);
  made->large = large;
  HeaderList& from = made->headers;
  bool typed = false;
  bool named = context.user_agent.empty();
  auto& list = made->list;
  list.reserve(from.size() + 3);
  for (std::size_t i = 0; i < from.size(); ++i) {
    typed = typed || HeaderList::same_name(from[i].name, "content-type");
    named = named || HeaderList::same_name(from[i].name, "user-agent");
    list.push_back({from.line(i), nullptr});
  }
  if (!named) list.push_back({context.user_agent_line.data(), nullptr});
  if (!typed) list.push_back({context.no_content_type.data(), nullptr});
  if (large) list.push_back({context.no_expect.data(), nullptr});
  for (std::size_t i = 1; i < list.size(); ++i) list[i - 1].next = &list[i];
  return made;
}

}  // namespace

Result<void> CurlExchange::check() {
  if (context.target == nullptr || context.target->text != request.url) {
    PRX_TRY_SET(context.target, read_target(request.url, context.proxies));
  }
  target_ = context.target;
  endpoint = target_->endpoint;
  request.url = {};  // the target has it
  if (!is_token(request.method))
    return fail(ErrorClass::kInvalidRequest, "the request has no valid method");
  wanted_headers_ = nullptr;
  if (context.headers != nullptr && context.headers->headers == request.headers) {
    wanted_headers_ = context.headers;  // mostly those of the exchange before
    return {};
  }
  for (std::size_t i = 0; i < request.headers.size(); ++i)
    PRX_TRY(check_header(request.headers[i]));
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
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);  // the resolver decides
  curl_easy_setopt(easy, CURLOPT_PROXY, "");               // never from libcurl's environment
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
  if (directory || context.ca_pem) curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  if (!context.ca_pem) return;
  curl_blob text{context.ca_pem->data(), context.ca_pem->size(), CURL_BLOB_NOCOPY};
  curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &text);
}

void CurlExchange::prepare(std::string resolve) {
  set_url();
  set_method();
  set_headers();
  set_connect_timeout();
  set_version();
  if (target_->proxy != proxy_) {
    proxy_ = target_->proxy;
    curl_easy_setopt(easy, CURLOPT_PROXY, proxy_ == nullptr ? "" : proxy_->url.c_str());
    const bool named = proxy_ != nullptr && !context.user_agent.empty();  // to the proxy
    curl_easy_setopt(easy, CURLOPT_USERAGENT, named ? context.user_agent.c_str() : nullptr);
  }
  if (resolve.empty() && resolve_.empty()) return;
  resolve_ = std::move(resolve);
  resolve_list_.data = resolve_.data();
  curl_easy_setopt(easy, CURLOPT_RESOLVE, resolve_.empty() ? nullptr : &resolve_list_);
}

// The clocks decide. libcurl's own limit stays out of their way, and is left at its default where
// that does: an option that is set costs a timer in its tree, for as long as the exchange lasts.
void CurlExchange::set_connect_timeout() {
  const auto& limit = request.clocks.connect;
  const bool longer = !limit || *limit >= kDefaultConnectTimeout;
  if (std::exchange(connects_longer_, longer) == longer) return;
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, longer ? kNoTimeout : 0L);
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

void CurlExchange::set_headers() {
  const bool large = request.body_view.size() >= kExpectsAbove;
  if (wanted_headers_ == nullptr || wanted_headers_->large != large) {
    wanted_headers_ = make_headers(context, std::move(request.headers), large);
    context.headers = wanted_headers_;
  }
  request.headers = {};
  if (wanted_headers_ == headers_) return;
  headers_ = std::move(wanted_headers_);
  auto& list = headers_->list;
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list.empty() ? nullptr : list.data());
}

void CurlExchange::set_version() {
  const bool h2 =
      request.version == Version::k2 || (request.version == Version::kAuto && context.h2_auto);
  curl_easy_setopt(
      easy, CURLOPT_HTTP_VERSION,
      h2 ? static_cast<long>(CURL_HTTP_VERSION_2TLS) : static_cast<long>(CURL_HTTP_VERSION_1_1));
}

}  // namespace prx::http
