// What a plugin's process says, and what the host asks for on its behalf. Nothing of it is trusted:
// a frame that no honest process sends ends it.

#include <algorithm>
#include <utility>

#include "isolation/link.hpp"
#include "prx/sdk/abi.hpp"

namespace prx::isolation {

namespace {

constexpr std::size_t kDescriptionMax = 64u << 10;
constexpr std::size_t kLineMax = 4u << 10;

template <class Table>
const Table& service(const prx_host& host, std::string_view id) {
  return *static_cast<const Table*>(host.service(&host, sdk::str(id)));
}

std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kLineMax));
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return line;
}

/// What made no instance, of which one line is told and as much of the rest as anywhere.
Error reason_of(const prx_error& told) {
  prx_error most = told;
  for (prx_str* text : {&most.message, &most.provider_code, &most.request_id})
    text->len = std::min(text->len, kLineMax);
  most.raw.len = std::min(most.raw.len, sdk::kRawMax);
  Error error = sdk::from_abi(most);
  error.message = one_line(error.message);
  return error;
}

LogLevel level_of(std::int32_t level) {
  return level >= PRX_LOG_TRACE && level <= PRX_LOG_ERROR ? static_cast<LogLevel>(level)
                                                          : LogLevel::kInfo;
}

}  // namespace

/// Callbacks of exchanges that the process asked for.
struct Link::Calls {
  using Exchange = RemoteOperation::Exchange;
  static Channel& channel(const Exchange& exchange) { return *exchange.operation->link->channel_; }

  static void head(void* ctx, const prx_http_head* head) noexcept {
    const auto& exchange = *static_cast<const Exchange*>(ctx);
    auto out = channel(exchange).frame(Kind::kHead, exchange.id);
    put(out, *head);
  }
  static void data(void* ctx, char* bytes, std::size_t size) noexcept {
    const auto& exchange = *static_cast<const Exchange*>(ctx);
    channel(exchange).frame(Kind::kData, exchange.id).put(std::string_view(bytes, size));
  }
  static void end(void* ctx, const prx_http_end* end) noexcept {
    const auto& exchange = *static_cast<const Exchange*>(ctx);
    {
      auto out = channel(exchange).frame(Kind::kEnd, exchange.id);
      put(out, *end);
    }
    exchange.operation->exchanges.erase(exchange.id);
  }
  /// A request that was not made ends like one that failed.
  static void refused(void* ctx, const prx_error* error) noexcept {
    prx_http_end end{};
    end.code = error->code;
    end.phase = error->phase;
    end.message = error->message;
    const auto& exchange = *static_cast<const Exchange*>(ctx);
    auto out = channel(exchange).frame(Kind::kEnd, exchange.id);
    put(out, end);
  }
};

/// Its process is the one that runs now.
bool Link::serves(const RemoteOperation& operation) const {
  return state_ == State::kUp && operation.process == process_;
}

void Link::write_create() {
  std::uint32_t levels = 0;
  for (std::int32_t level = PRX_LOG_TRACE; level <= PRX_LOG_ERROR; ++level)
    if (ground_.log.enabled(static_cast<LogLevel>(level))) levels |= 1u << level;
  auto out = channel_->frame(Kind::kCreate, 0);
  out.put(std::string_view(options_.provider));
  out.put(std::string_view(options_.host_name)).put(std::string_view(options_.host_version));
  out.put(levels).put(std::string_view(options_.source->id));
  out.put(std::string_view(options_.kind)).put(std::string_view(options_.config_json));
}

void Link::on_frame(Kind kind, std::uint64_t id, std::string_view fields) {
  FrameReader in(fields);
  if (kind != Kind::kEvent && is_flood())
    return breach("more than " + std::to_string(kFreeMax) + " frames in a second");
  if (kind == Kind::kLog) return on_log(id, in);
  if (state_ == State::kStarting && kind == Kind::kCreated) {
    const prx_str description = in.text();
    if (opening_)
      description_ = sdk::view(description).substr(0, kDescriptionMax);  // [any] reads it
    return in.done() ? started() : breach("a malformed frame");
  }
  if (state_ == State::kStarting && kind == Kind::kFailed) {
    Error error = reason_of(get_error(in));
    if (!in.done()) return breach("a malformed frame");
    if (opening_) return fail_opening(std::move(error));
    return lose("could not be started again: " + error.message);
  }
  if (state_ != State::kUp) return breach("a frame before its time");
  if (kind == Kind::kEvent) return on_event(id, in);
  if (kind == Kind::kSend) return on_send(id, in);
  if (kind == Kind::kStop) return on_stop(id, in);
  if (kind == Kind::kBreach) return on_breach(in);
  if (kind == Kind::kPong) return on_pong(id);
  breach("a frame of unknown kind");
}

void Link::on_channel_end(const std::string& why) {
  if (!opening_) return lose(why);
  state_ = State::kDown;
  if (!why.empty()) failure_ = not_loaded(why);
}

/// No plugin can do this through the host's services: it has got hold of its process.
void Link::breach(const std::string& what) { kill("it sent " + what); }

void Link::kill(const std::string& why) {
  if (opening_) return fail_opening(not_loaded("was killed: " + why));
  lose("was killed: " + why);
}

/// Touches nothing of the loop's, which is another thread's; whoever opens it finds the reason.
void Link::fail_opening(Error error) {
  failure_ = std::move(error);
  state_ = State::kDown;
  channel_->close();
}

bool Link::is_flood() {
  const auto now = std::chrono::steady_clock::now();
  if (now - free_since_ >= std::chrono::seconds(1)) {
    free_since_ = now;
    free_frames_ = log_lines_ = 0;
  }
  return ++free_frames_ > kFreeMax;
}

void Link::on_pong(std::uint64_t id) {
  if (id != ping_ || ping_ == pong_) return breach("an answer to no question");
  pong_ = id;
}

/// A module is its plugin's, as in this process.
void Link::on_log(std::uint64_t whose, FrameReader in) {
  const auto level = level_of(in.number<std::int32_t>());
  const prx_str line = in.text();
  if (!in.done()) return breach("a malformed frame");
  if (++log_lines_ > kLogLinesMax) return;
  const bool last = log_lines_ == kLogLinesMax;
  const std::string text =
      one_line(sdk::view(line)) + (last ? " (more lines of this second are dropped)" : "");
  if (whose == kOfInstance) return log(level, text);
  ground_.log.write(level, "plugin " + options_.source->id + ": " + text);
}

void Link::on_breach(FrameReader in) {
  const prx_str text = in.text();
  if (!in.done()) return breach("a malformed frame");
  const std::string what = one_line(sdk::view(text));
  log(LogLevel::kWarn, "plugin broke its contract: " + what);
  if (++breaches_ >= kBreachesMax) kill("too many breaches of its contract");
}

// --- events

void Link::on_event(std::uint64_t id, FrameReader in) {
  const auto cost = static_cast<std::int64_t>(in.size() + sizeof(FrameHead));
  WireEvent wire;
  get_event(in, wire);
  if (!in.done()) return breach("a malformed frame");
  RemoteOperation* const operation = find(id);
  if (operation == nullptr || operation->process != process_ || operation->ended)
    return breach("an event of no running operation");
  if (operation->credit <= 0) return breach("more than was asked for");
  operation->credit -= cost;
  operation->owed += cost;
  const bool is_much = operation->owed >= kCreditMax / 4;
  deliver(*operation, wire.event);
  if (!is_much || state_ != State::kUp) return;
  if (RemoteOperation* const after = find(id); after != nullptr && !after->paused)
    send_credit(*after);
}

void Link::send_credit(RemoteOperation& operation) {
  if (operation.ended || operation.owed == 0 || !serves(operation)) return;
  operation.credit += operation.owed;
  channel_->frame(Kind::kCredit, operation.id).put(std::exchange(operation.owed, 0));
}

// --- exchanges

void Link::on_send(std::uint64_t id, FrameReader in) {
  const std::size_t size = in.size() + sizeof(FrameHead);  // its address and headers are copied too
  WireSend wire;
  if (!get_send(in, wire)) return breach("a malformed frame");
  RemoteOperation* const operation = find(id);
  if (operation == nullptr || operation->process != process_)
    return breach("a request of no running operation");
  if (operation->exchanges.size() >= kExchangesMax || operation->exchanges.contains(wire.exchange))
    return breach("too many requests of one operation");
  prx_http_req& request = wire.request;
  request.op_id = id;
  if (wire.own_body) {
    const auto whole = sdk::view(operation->body);
    if (wire.body_at > whole.size() || wire.body_size > whole.size() - wire.body_at)
      return breach("a malformed frame");
    request.body = sdk::str(whole.substr(wire.body_at, wire.body_size));
  }
  if (size > options_.requests_max - in_flight_) return refuse_send(wire.exchange);
  auto& exchange = operation->exchanges[wire.exchange];
  exchange =
      std::make_unique<RemoteOperation::Exchange>(*operation, wire.exchange, in_flight_, size);
  const prx_http_sink sink{sizeof(prx_http_sink), 0,          exchange.get(), &Calls::head,
                           &Calls::data,          &Calls::end};
  const prx_fail fail{sizeof(prx_fail), 0, exchange.get(), &Calls::refused};
  const auto code = service<prx_http>(*operation->host, PRX_HTTP_ID)
                        .send(operation->host, &request, &sink, &fail, &exchange->host_id);
  if (code != PRX_OK) operation->exchanges.erase(wire.exchange);
}

/// Honest plugins get there as well, when many operations send much at once.
void Link::refuse_send(std::uint64_t exchange) {
  const std::string message =
      "provider '" + options_.provider + "': requests of " +
      std::to_string(options_.requests_max >> 20) +
      " MiB run already, which is as much as an isolated plugin may send at once; ask again when "
      "some of them have ended";
  prx_http_end end{};
  end.code = PRX_E_OVERLOADED;
  end.message = sdk::str(message);
  auto out = channel_->frame(Kind::kEnd, exchange);
  put(out, end);
}

/// It may have ended while the word was on its way.
void Link::on_stop(std::uint64_t id, FrameReader in) {
  const auto number = in.number<std::uint64_t>();
  if (!in.done()) return breach("a malformed frame");
  RemoteOperation* const operation = find(id);
  if (operation == nullptr) return;
  const auto found = operation->exchanges.extract(number);
  if (found.empty()) return;
  service<prx_http>(*operation->host, PRX_HTTP_ID).cancel(operation->host, found.mapped()->host_id);
}

void Link::drop_exchanges(RemoteOperation& operation) {
  for (const auto& [id, exchange] : std::exchange(operation.exchanges, {}))
    service<prx_http>(*operation.host, PRX_HTTP_ID).cancel(operation.host, exchange->host_id);
}

}  // namespace prx::isolation
