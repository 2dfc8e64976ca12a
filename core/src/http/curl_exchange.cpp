#include "http/curl_exchange.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "http/curl_errors.hpp"
#include "http/open_files.hpp"

namespace prx::http {

namespace {

constexpr int kFailedStatus = 400;

}  // namespace

CurlExchange::CurlExchange(ExchangeContext& context_, std::uint32_t index_,
                           std::function<void()> expired)
    : clock(context_.loop, std::move(expired)),
      context(context_),
      easy(curl_easy_init()),
      index(index_),
      head_(context_.headers_max, context_.head_bytes_max) {
  set_constants();
  context.driver.adopt(easy, *this, &CurlExchange::on_open, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &CurlExchange::on_ready);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &CurlExchange::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &CurlExchange::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, &CurlExchange::on_upload);
  curl_easy_setopt(easy, CURLOPT_READDATA, this);
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &CurlExchange::on_rewind);
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, this);
}

CurlExchange::~CurlExchange() { curl_easy_cleanup(easy); }

void CurlExchange::open(Request request_, Handler& handler_) {
  request = std::move(request_);
  handler = &handler_;
  stage = Stage::kQueued;
  socket = CURL_SOCKET_BAD;
  endpoint = {};
  target_ = nullptr;
  head_.clear();
  detail_[0] = '\0';
  addresses_version = uploaded_ = received = 0;
  receive_max = request.body_max;
  connect_time_ = std::chrono::nanoseconds(0);
  socket_error_ = 0;
  pool_taught = held = socket_made_ = dialled_ = sent_ = last_use_ = false;
  failure.reset();
  opened_at_ = context.loop.now();
  clock.start(request.clocks);
}

void CurlExchange::detach() {
  forbid_reuse();  // before libcurl hears of it: it would keep an HTTP/2 connection and its stream
  handler = nullptr;
  stage = Stage::kLeaving;
  clock.stop();
}

void CurlExchange::close() {
  clock.stop();
  if (last_use_) curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 0L);
  handler = nullptr;
  request = {};
  stage = Stage::kFree;
  ++generation;
}

Error CurlExchange::error_of(CURLcode code) {
  if (failure) return *std::exchange(failure, nullptr);
  CurlFailure what;
  what.code = code == CURLE_OK ? CURLE_PARTIAL_FILE : code;
  what.phase = clock.phase();
  what.server = server();
  what.proxy = proxy();
  what.detail = detail_.data();
  what.reused = sent_ && !dialled_;
  what.os_error = os_error();
  what.socket_error = socket_error_;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &what.proxy_status);
  return curl_error(what);
}

// libcurl knows nothing of a socket that could not be made: without one its errno is an old one.
int CurlExchange::os_error() const {
  long code = 0;
  if (socket_made_) curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &code);
  return static_cast<int>(code);
}

std::string CurlExchange::server() const {
  const bool bracket = endpoint.host.find(':') != std::string_view::npos;
  const std::string host(endpoint.host);
  return (bracket ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port);
}

// libcurl takes a connection that ends between two header lines for the end of the response.
bool CurlExchange::is_cut(CURLcode code) const {
  return !head_.complete() || (code != CURLE_OK && !has_failed_status());
}

bool CurlExchange::has_failed_status() const {
  return head_.complete() && head_.status() != kProxyWantsUser && head_.status() >= kFailedStatus;
}

End CurlExchange::end() const {
  End end;
  end.bytes = received;
  end.connect_time = connect_time_;
  return end;
}

curl_socket_t CurlExchange::on_open(void* self, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  exchange.pool_taught = true;
  if (exchange.sent_) {
    exchange.refuse_resend();
    return CURL_SOCKET_BAD;
  }
  exchange.dialled_ = true;
  const curl_socket_t socket = exchange.context.driver.open_socket(exchange, *address);
  const int why = socket == CURL_SOCKET_BAD ? errno : 0;
  exchange.socket_made_ = exchange.socket_made_ || why == 0;
  if (why != 0 && !is_shortage(exchange.socket_error_)) exchange.socket_error_ = why;
  return socket;
}

// libcurl calls this when a connection is ready and nothing of the request was sent. A second call
// means that the first connection died and that it is about to send the request again.
int CurlExchange::on_ready(void* self, char*, char*, int, int local_port) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  if (exchange.handler == nullptr) return CURL_PREREQFUNC_ABORT;
  if (std::exchange(exchange.sent_, true)) {
    exchange.refuse_resend();
    return CURL_PREREQFUNC_ABORT;
  }
  if (!exchange.dialled_ && exchange.context.driver.has_unasked_bytes(local_port)) {
    exchange.failure = std::make_unique<Error>(unasked_error(exchange.server()));
    return CURL_PREREQFUNC_ABORT;
  }
  exchange.pool_taught = true;
  exchange.connected = true;
  if (exchange.dialled_) {
    exchange.connect_time_ = exchange.context.loop.now() - exchange.opened_at_;
    ++exchange.context.connections;
  }
  exchange.clock.enter(Phase::kHead);
  return CURL_PREREQFUNC_OK;
}

void CurlExchange::stop_with(ErrorClass error_class, Phase phase, std::string message) {
  failure = std::make_unique<Error>(make_error(error_class, phase, std::move(message)));
}

void CurlExchange::refuse_resend() {
  if (failure) return;
  failure = std::make_unique<Error>(resend_error(server(), !dialled_));
}

// libcurl 7.88 resets each stream after its end, and servers count that. So the connection goes in
// time.
void CurlExchange::count_use() {
  if (head_.version() != 20) return;
  CurlDriver::Connection* const connection = context.driver.connection(socket);
  if (connection == nullptr) return;
  connection->shared = true;
  if (++connection->heads >= context.h2_streams_max && context.h2_streams_max != 0) forbid_reuse();
}

void CurlExchange::forbid_reuse() {
  if (context.multiplex) return;  // others use the connection; the stream is reset
  if (!std::exchange(last_use_, true)) curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
}

std::size_t CurlExchange::on_header(char* bytes, std::size_t, std::size_t count, void* self) {
  return static_cast<CurlExchange*>(self)->take_header({bytes, count});
}

std::size_t CurlExchange::take_header(std::string_view line) {
  if (handler == nullptr) return 0;
  if (head_.complete()) return line.size();  // a trailer
  if (head_.status() == 0 && !context.spare_headers.empty())
    head_.lend(std::exchange(context.spare_headers, {}));
  switch (head_.take(line)) {
    case ResponseHead::State::kMore:
      return line.size();
    case ResponseHead::State::kComplete:
      return deliver_head() ? line.size() : 0;
    case ResponseHead::State::kTooLarge:
      stop_with(ErrorClass::kBadResponse, Phase::kHead,
                "the response head of '" + server() + "' is above " +
                    std::to_string(context.headers_max) + " headers or " +
                    std::to_string(context.head_bytes_max) + " bytes");
      return 0;
    case ResponseHead::State::kSwitched:
      stop_with(ErrorClass::kBadResponse, Phase::kHead,
                "host '" + server() +
                    "' switched to another protocol (status 101), which nobody asked for");
      return 0;
    case ResponseHead::State::kBroken:
      break;
  }
  stop_with(ErrorClass::kBadResponse, Phase::kHead,
            "host '" + server() + "' did not answer in HTTP");
  return 0;
}

bool CurlExchange::deliver_head() {
  if (head_.status() == kProxyWantsUser) {
    failure = std::make_unique<Error>(
        proxy() == nullptr ? asked_by_a_proxy(server())
                           : refused_by_proxy(*proxy(), Phase::kHead, server(), kProxyWantsUser));
    return false;
  }
  Head head;
  head.status = head_.status();
  head.version = head_.version();
  head.reused = !dialled_;
  head.connect_time = connect_time_;
  head.headers = head_.headers();
  count_use();
  if (head.status < kFailedStatus)
    clock.enter(Phase::kBody);
  else
    clock.enter_short_body(context.error_body_time);
  handler->on_head(head);
  context.spare_headers = head_.give_back();  // a stream need not keep it
  return handler != nullptr;
}

std::size_t CurlExchange::on_body(char* bytes, std::size_t, std::size_t count, void* self) {
  return static_cast<CurlExchange*>(self)->take_body(bytes, count);
}

std::size_t CurlExchange::take_body(char* bytes, std::size_t size) {
  if (handler == nullptr || size == 0) return 0;
  if (clock.paused()) {
    held = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  received += size;
  if (received > receive_max) {
    forbid_reuse();
    stop_with(ErrorClass::kBadResponse, Phase::kBody,
              "the response body of '" + server() + "' is above " + std::to_string(receive_max) +
                  " bytes");
    return 0;
  }
  clock.touch();
  handler->on_data(bytes, size);
  return handler != nullptr ? size : 0;
}

std::size_t CurlExchange::on_upload(char* to, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const std::string_view rest = exchange.request.body_view.substr(exchange.uploaded_);
  const std::size_t part = std::min(rest.size(), size * count);
  std::copy_n(rest.data(), part, to);
  exchange.uploaded_ += part;
  exchange.clock.touch();  // the head clock runs from the last byte of the request
  return part;
}

int CurlExchange::on_rewind(void* self, curl_off_t, int) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  if (exchange.uploaded_ == 0) return CURL_SEEKFUNC_OK;  // left over from the exchange before
  exchange.refuse_resend();
  exchange.forbid_reuse();  // libcurl would put the dead connection back
  return CURL_SEEKFUNC_FAIL;
}

}  // namespace prx::http
