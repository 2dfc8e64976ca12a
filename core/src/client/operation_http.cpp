// prx.http/1 for one operation: what a plugin asked for becomes a request of the transport, with
// the configured headers and the attempt's key added here, out of the plugin's sight.

#include <algorithm>
#include <utility>

#include "client/abi_convert.hpp"
#include "client/operation.hpp"
#include "http/byte_set.hpp"

namespace prx::driver {

namespace {

constexpr std::size_t kHeadersMax = 64;

constexpr http::ByteSet kNameBytes{[](char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_';
}};

bool token(std::string_view name) { return !name.empty() && kNameBytes.has_all(name); }

bool header_value(std::string_view value) { return http::kHeaderValueBytes.has_all(value); }

std::optional<std::chrono::milliseconds> clock(
    std::int64_t limit_ms, std::optional<std::chrono::milliseconds> configured) {
  if (limit_ms < 0) return configured;
  if (limit_ms == 0) return std::nullopt;
  return std::min(std::chrono::milliseconds(limit_ms), Operation::kWaitMax);
}

/// The attempt's own body is shared; anything else is copied, since it is borrowed for the call.
void set_body(http::Request& out, prx_str body, const std::shared_ptr<const std::string>& own) {
  const std::string_view bytes = view(body);
  if (bytes.empty()) return;
  const bool is_own = own && bytes.data() >= own->data() &&
                      bytes.data() + bytes.size() <= own->data() + own->size();
  out.body = is_own ? own : std::make_shared<const std::string>(bytes);
  out.body_view = is_own ? bytes : std::string_view(*out.body);
}

http::Version version_of(HttpVersion version) {
  switch (version) {
    case HttpVersion::kAuto:
      return http::Version::kAuto;
    case HttpVersion::k11:
      return http::Version::k11;
    case HttpVersion::k2:
      return http::Version::k2;
  }
  return http::Version::kAuto;
}

Error invalid(std::string message) {
  Error error;
  error.error_class = ErrorClass::kInvalidRequest;
  error.message = std::move(message);
  return error;
}

}  // namespace

std::optional<Error> Operation::request_problem(const prx_http_req& request) const {
  const auto refused = [this](const std::string& why) {
    return invalid("provider '" + instance_.config().name + "': " + why);
  };
  if (state_ == State::kEnded || cancelled_ || start_failed_)
    return refused("the operation has ended");
  if (exchanges_.size() >= kExchangesMax) return refused("too many exchanges for one operation");
  if (request.header_count > kHeadersMax) return refused("more than 64 headers");
  if (!token(view(request.method))) return refused("the method is no HTTP method");
  if (!instance_.reachable(view(request.url))) return instance_.out_of_reach(view(request.url));
  return std::nullopt;
}

/// Mostly the headers are those of the request before, which were found good.
std::optional<Error> Operation::header_problem(const prx_http_req& request,
                                               const http::HeaderList& made) const {
  if (instance_.are_known_headers(made)) return std::nullopt;
  for (std::size_t i = 0; i < request.header_count; ++i)
    if (!token(view(request.headers[i].key)) || !header_value(view(request.headers[i].value)))
      return invalid("provider '" + instance_.config().name + "': header " + std::to_string(i) +
                     " of the plugin's request is malformed");
  instance_.know_headers(made);
  return std::nullopt;
}

http::HeaderList Operation::build_headers(const prx_http_req& request) const {
  const ProviderConfig& config = instance_.config();
  const bool keyed = request.key_header.len > 0 && key_ < config.keys.size();
  const std::string_view key = keyed ? config.keys[key_].secret.reveal() : std::string_view();
  std::size_t bytes = request.key_header.len + request.key_prefix.len + key.size();
  for (std::size_t i = 0; i < request.header_count; ++i)
    bytes += request.headers[i].key.len + request.headers[i].value.len;
  for (const auto& [name, value] : config.headers) bytes += name.size() + value.size();
  http::HeaderList out;
  out.reserve(request.header_count + config.headers.size() + 1, bytes);
  for (std::size_t i = 0; i < request.header_count; ++i)
    out.add(view(request.headers[i].key), view(request.headers[i].value));
  if (keyed) out.remove(view(request.key_header));
  if (keyed) out.add(view(request.key_header), view(request.key_prefix), key);
  for (const auto& [name, value] : config.headers) {
    out.remove(name);
    out.add(name, value);
  }
  return out;
}

http::Request Operation::build_request(const prx_http_req& request) const {
  const ProviderConfig& config = instance_.config();
  http::Request out;
  out.method = view(request.method);
  out.url = view(request.url);
  out.headers = build_headers(request);
  set_body(out, request.body, body_);
  out.clocks.connect = clock(request.connect_timeout_ms, clocks_.connect);
  out.clocks.head = clock(request.head_timeout_ms, clocks_.head);
  out.clocks.idle = clock(request.idle_timeout_ms, clocks_.idle);
  out.clocks.error_body = clocks_.error_body;
  out.version = version_of(config.http_version);
  if (request.body_max > 0) out.body_max = std::min(request.body_max, out.body_max);
  return out;
}

std::int32_t Operation::send(const prx_http_req& request, const prx_http_sink& sink,
                             const prx_fail* fail, std::uint64_t* id) {
  if (const auto problem = request_problem(request)) return report(fail, *problem);
  http::Request built = build_request(request);
  if (const auto problem = header_problem(request, built.headers)) return report(fail, *problem);
  ++stats_.exchanges;
  if (built.body != body_) copied_ += built.body_view.size();
  auto exchange = std::make_shared<Exchange>(
      *this, instance_.transport(), sink, request.idle_timeout_ms < 0);  // shared while it drains
  exchanges_.push_back(exchange);
  exchange->send(std::move(built));
  if (paused_) exchange->pause();
  if (id != nullptr) *id = sub_handle(id_, static_cast<std::uint8_t>(exchanges_.size()));
  return PRX_OK;
}

void Operation::cancel_exchange(std::uint64_t sub) {
  const std::size_t number = number_of(sub);
  if (number < 1 || number > exchanges_.size()) return;
  const auto& exchange = exchanges_[number - 1];
  if (is_rest_worth_reading() && exchange->running()) return drain(exchange);
  exchange->cancel();
}

}  // namespace prx::driver
