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

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? x + 32 : x) == (y >= 'A' && y <= 'Z' ? y + 32 : y);
         });
}

constexpr http::ByteSet kNameBytes{[](char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_';
}};

bool token(std::string_view name) { return !name.empty() && kNameBytes.has_all(name); }

bool header_value(std::string_view value) { return http::kHeaderValueBytes.has_all(value); }

void set_header(std::vector<http::Header>& headers, std::string_view name, std::string value) {
  std::erase_if(headers, [&](const auto& header) { return same_name(header.name, name); });
  http::Header& header = headers.emplace_back();
  header.name = name;
  header.value = std::move(value);
}

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
  if (!instance_.reachable(view(request.url))) {
    Error error = refused("its plugin may not reach this host; only its own hosts and base_url");
    error.error_class = ErrorClass::kPermission;
    return error;
  }
  for (std::size_t i = 0; i < request.header_count; ++i)
    if (!token(view(request.headers[i].key)) || !header_value(view(request.headers[i].value)))
      return refused("header " + std::to_string(i) + " of the plugin's request is malformed");
  return std::nullopt;
}

http::Request Operation::build_request(const prx_http_req& request) const {
  const ProviderConfig& config = instance_.config();
  http::Request out;
  out.method = view(request.method);
  out.url = view(request.url);
  out.headers.reserve(request.header_count + config.headers.size() + 1);
  for (std::size_t i = 0; i < request.header_count; ++i) {
    http::Header& header = out.headers.emplace_back();
    header.name = view(request.headers[i].key);
    header.value = view(request.headers[i].value);
  }
  if (request.key_header.len > 0 && request_.key < config.keys.size())
    set_header(out.headers, view(request.key_header),
               std::string(view(request.key_prefix)) + config.keys[request_.key].secret.reveal());
  for (const auto& [name, value] : config.headers) set_header(out.headers, name, value);
  set_body(out, request.body, request_.body);
  out.clocks.connect = clock(request.connect_timeout_ms, request_.clocks.connect);
  out.clocks.head = clock(request.head_timeout_ms, request_.clocks.head);
  out.clocks.idle = clock(request.idle_timeout_ms, request_.clocks.idle);
  out.version = version_of(config.http_version);
  if (request.body_max > 0) out.body_max = std::min(request.body_max, out.body_max);
  return out;
}

std::int32_t Operation::send(const prx_http_req& request, const prx_http_sink& sink,
                             const prx_fail* fail, std::uint64_t* id) {
  if (const auto problem = request_problem(request)) return report(fail, *problem);
  ++stats_.exchanges;
  auto exchange = std::make_shared<Exchange>(
      *this, instance_.transport(), sink, request.idle_timeout_ms < 0);  // shared while it drains
  exchanges_.push_back(exchange);
  exchange->send(build_request(request));
  if (paused_) exchange->pause();
  if (id != nullptr) *id = sub_handle(id_, static_cast<std::uint8_t>(exchanges_.size()));
  return PRX_OK;
}

void Operation::cancel_exchange(std::uint64_t sub) {
  const std::size_t number = number_of(sub);
  if (number < 1 || number > exchanges_.size()) return;
  const auto& exchange = exchanges_[number - 1];
  if (ended_well_ && exchange->running())
    return drain(exchange);  // nothing of the answer is missing
  exchange->cancel();
}

}  // namespace prx::driver
