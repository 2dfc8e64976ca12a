#include "gateway/http/request_parser.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace prx::gateway {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using Code = beast::error_code;

namespace {
/// And nothing else: Beast takes "gzip, chunked" for chunked too.
bool is_chunked(const HttpRequest& request) {
  const std::string_view coding = request.header("transfer-encoding");
  return beast::iequals(beast::string_view(coding.data(), coding.size()), "chunked");
}

/// A header in several lines, of which no two servers make the same (RFC 9112, 5.2).
bool is_folded(std::string_view head) {
  return head.find("\r\n ") != std::string_view::npos ||
         head.find("\r\n\t") != std::string_view::npos;
}

/// Beast lets them pass in the quotes of a chunk's extension, where others see the end of a line.
bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

constexpr std::size_t kReservedMax = 64u << 10;
constexpr const char* kBodyTooLarge = "the body is larger than this server takes";
constexpr const char* kHeadTooLarge = "request line and headers are larger than this server takes";
constexpr const char* kBadVersion = "only HTTP/1.0 and HTTP/1.1 are spoken here";
}  // namespace

/// Beast's parser knows the grammar; this keeps what it finds.
class RequestParser::Reader final : public http::basic_parser<true> {
 public:
  explicit Reader(const RequestLimits& limits) : limits_(limits) {
    header_limit(static_cast<std::uint32_t>(limits.head_max));
    body_limit(std::numeric_limits<std::uint64_t>::max());  // ours is told more exactly
  }
  HttpRequest request;
  bool body_too_large = false, too_many_headers = false;

 private:
  void on_request_impl(http::verb, beast::string_view method, beast::string_view target,
                       int version, Code&) override {
    request.method.assign(method.data(), method.size());
    const auto query = target.find('?');
    request.path.assign(target.data(), std::min(query, target.size()));
    if (query != beast::string_view::npos)
      request.query.assign(target.data() + query + 1, target.size() - query - 1);
    request.version = version;
  }
  void on_response_impl(int, beast::string_view, int, Code&) override {}
  void on_field_impl(http::field, beast::string_view name, beast::string_view value,
                     Code& error) override {
    if (head_is_done_) return;  // a trailer: nothing here asks for one
    if (request.headers() == limits_.headers_max) {
      too_many_headers = true;
      error = http::error::header_limit;
      return;
    }
    request.add({name.data(), name.size()}, {value.data(), value.size()});
  }
  void on_header_impl(Code&) override { head_is_done_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>& size, Code& error) override {
    if (!size) return;
    if (*size > limits_.body_max) return too_large(error);
    // What a head promises is not believed beyond this before it comes.
    request.body.reserve(std::min(static_cast<std::size_t>(*size), kReservedMax));
  }
  std::size_t on_body_impl(beast::string_view bytes, Code& error) override {
    return keep(bytes, error);
  }
  void on_chunk_header_impl(std::uint64_t size, beast::string_view extension,
                            Code& error) override {
    if (has_control({extension.data(), extension.size()}))
      error = http::error::bad_chunk_extension;
    else if (size > limits_.body_max - request.body.size())
      too_large(error);
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, Code& error) override {
    return keep(bytes, error);
  }
  void on_finish_impl(Code&) override {}

  std::size_t keep(beast::string_view bytes, Code& error) {
    if (bytes.size() > limits_.body_max - request.body.size()) {
      too_large(error);
      return 0;
    }
    request.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void too_large(Code& error) {
    body_too_large = true;
    error = http::error::body_limit;
  }

  const RequestLimits& limits_;
  bool head_is_done_ = false;
};

RequestParser::RequestParser(const RequestLimits& limits) : limits_(limits) {}
RequestParser::~RequestParser() = default;

std::size_t RequestParser::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && state_ != State::kDone && state_ != State::kFault) {
    if (state_ == State::kIdle) {
      // A robust server skips an empty line that an old client sends behind a body (RFC 9112, 2.2).
      if (bytes.substr(taken, 2) == "\r\n") {
        taken += 2;
        continue;
      }
      if (bytes.substr(taken) == "\r") break;  // perhaps the half of one
      begin();
    }
    // Beast's limit is of what it is shown at once: a head in pieces, the lines between chunks and
    // a trailer have none but this.
    const std::size_t room = limits_.head_max - (state_ == State::kHead ? head_size_ : 0);
    const std::string_view shown = bytes.substr(taken, room);
    Code error;
    const std::size_t used = reader_->put(boost::asio::buffer(shown.data(), shown.size()), error);
    taken += used;
    if (error && error != http::error::need_more) {
      refuse(error);
      break;
    }
    if (error && shown.size() == room) {
      refuse(431,
             state_ == State::kHead
                 ? kHeadTooLarge
                 : "what stands between chunks, or behind them, is larger than this server takes");
      break;
    }
    if (state_ == State::kHead) {
      head_size_ += used;
      if (is_folded(shown.substr(0, used))) {
        refuse(400, "a header has one line");
        break;
      }
    }
    if (state_ == State::kHead && reader_->is_header_done()) {
      state_ = State::kBody;
      check_head();
      if (state_ == State::kFault) break;
    }
    if (state_ == State::kBody && reader_->is_done()) state_ = State::kDone;
    if (error == http::error::need_more || used == 0) break;
  }
  return taken;
}

void RequestParser::begin() {
  reader_ = std::make_unique<Reader>(limits_);
  head_size_ = 0;
  state_ = State::kHead;
}

/// What the grammar lets pass and this server does not.
void RequestParser::check_head() {
  HttpRequest& request = reader_->request;
  request.keep_alive = reader_->keep_alive();
  if (request.version != 10 && request.version != 11) return refuse(505, kBadVersion);
  if (request.version == 11 && request.count("host") != 1)
    return refuse(400, "a request has exactly one Host header");
  if (request.count("content-length") > 1 || request.count("transfer-encoding") > 1)
    return refuse(400, "the length of the body is given more than once");
  if (request.count("transfer-encoding") == 1 &&
      (request.version == 10 || !is_chunked(request) || request.count("content-length") > 0))
    return refuse(request.version == 10 || is_chunked(request) ? 400 : 501,
                  "of transfer encodings, chunked alone is understood here");
  const std::string_view length = request.header("content-length");
  if (!std::all_of(length.begin(), length.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return refuse(400, "the length of the body is not a number");
  if (const auto size = reader_->content_length(); size && *size > limits_.body_max)
    return refuse(413, kBodyTooLarge);
  if (const auto expected = request.header("expect");
      !expected.empty() &&
      !beast::iequals(beast::string_view(expected.data(), expected.size()), "100-continue"))
    return refuse(417, "of expectations, 100-continue alone is understood here");
  // "http://host/path" is for proxies, "*" and "host:port" for OPTIONS and CONNECT.
  if (request.path.empty() || request.path.front() != '/') {
    if (request.path == "*" && request.method == "OPTIONS") return;
    refuse(400, "the request target is not a path");
  }
}

void RequestParser::refuse(const boost::system::error_code& error) {
  if (reader_->body_too_large) return refuse(413, kBodyTooLarge);
  if (reader_->too_many_headers)
    return refuse(431, "there are more headers than this server takes");
  if (error == http::error::header_limit) return refuse(431, kHeadTooLarge);
  if (error == http::error::bad_version) return refuse(505, kBadVersion);
  refuse(400, "this is not an HTTP/1.1 request");
}

void RequestParser::refuse(int status, const char* message) {
  state_ = State::kFault;
  fault_ = {status, message};
}

bool RequestParser::wants_continue() const {
  return state_ == State::kBody && reader_->request.version == 11 &&
         reader_->request.body.empty() && !reader_->request.header("expect").empty();
}

const HttpRequest* RequestParser::head() const { return reader_ ? &reader_->request : nullptr; }

HttpRequest RequestParser::take() {
  HttpRequest request = std::move(reader_->request);
  reader_.reset();
  state_ = State::kIdle;
  return request;
}

}  // namespace prx::gateway
