// prx.http/1 for one operation: the scripted server's side of its exchanges.
#include <algorithm>

#include "check/host/call.hpp"
#include "prx/sdk/abi.hpp"

namespace prx::check {

using sdk::view;

namespace {

Sent copy_of_request(const prx_http_req& request) {
  Sent sent;
  sent.method = view(request.method);
  sent.url = view(request.url);
  sent.key_header = view(request.key_header);
  sent.body = view(request.body);
  for (std::size_t i = 0; i < request.header_count; ++i)
    sent.headers.emplace_back(view(request.headers[i].key), view(request.headers[i].value));
  return sent;
}

}  // namespace

std::int32_t Call::send(const prx_http_req& request, const prx_http_sink& sink,
                        const prx_fail* fail, std::uint64_t* id) {
  if (refuses(Service::kSend)) return refuse(fail, ErrorClass::kOverloaded, "the host is busy");
  if (cancelled_ || ended() || exchanges_.size() >= kExchangesMax)
    return refuse(fail, ErrorClass::kInvalidRequest, "the operation has ended, or sent too much");
  ++outcome_.exchanges;
  Exchange& exchange = *exchanges_.emplace_back(std::make_unique<Exchange>());
  exchange.id = *id = id_ << 16 | (++last_sub_ & 0xffff);
  exchange.sink = sink;
  exchange.script = host_.server(copy_of_request(request));
  schedule(exchange, exchange.script.head_wait, &Call::head);
  return PRX_OK;
}

void Call::cancel_exchange(std::uint64_t id) {
  for (const auto& exchange : exchanges_) {
    if (exchange->id != id || !exchange->running) continue;
    exchange->running = false;
    loop_.cancel(exchange->step);
  }
}

std::size_t Call::running_exchanges() const {
  return static_cast<std::size_t>(
      std::count_if(exchanges_.begin(), exchanges_.end(),
                    [](const auto& exchange) { return exchange->running; }));
}

void Call::schedule(Exchange& exchange, std::chrono::milliseconds wait,
                    void (Call::*step)(Exchange&)) {
  const std::int64_t due = world_.clock.now_ns() + std::chrono::nanoseconds(wait).count();
  exchange.step = loop_.at(due, [this, &exchange, step] { (this->*step)(exchange); });
}

void Call::head(Exchange& exchange) {
  if (!exchange.script.head) return end(exchange);
  std::vector<prx_kv> headers;
  for (const auto& [name, value] : exchange.script.headers)
    headers.push_back({sdk::str(name), sdk::str(value)});
  {
    Lender lender(world_.lending);
    const prx_http_head head{
        sizeof head,   exchange.script.status, 11, 0, lender.lend(headers.data(), headers.size()),
        headers.size()};
    const LoopWatch::Scope timed(world_.watch, "head of prx_http_sink");
    exchange.sink.head(exchange.sink.ctx, lender.lend(head));
  }
  next(exchange);
}

void Call::next(Exchange& exchange) {
  const Script& script = exchange.script;
  if (!exchange.running) return;
  if (exchange.piece < script.pieces.size())
    schedule(exchange, script.pieces[exchange.piece].wait, &Call::data);
  else if (!script.hangs)
    schedule(exchange, std::chrono::milliseconds(0), &Call::end);
}

void Call::data(Exchange& exchange) {
  const Piece& piece = exchange.script.pieces[exchange.piece];
  std::vector<char> bytes(piece.bytes.begin(), piece.bytes.end());  // on the heap: its end is seen
  exchange.bytes += bytes.size();
  if (++exchange.times == piece.times) {
    ++exchange.piece;
    exchange.times = 0;
  }
  {
    Lender lender(world_.lending);
    const LoopWatch::Scope timed(world_.watch, "data of prx_http_sink");
    exchange.sink.data(exchange.sink.ctx, lender.lend_writable(bytes.data(), bytes.size()),
                       bytes.size());
  }
  next(exchange);
}

void Call::end(Exchange& exchange) {
  exchange.running = false;
  const Script& script = exchange.script;
  Lender lender(world_.lending);
  prx_http_end end{};
  end.size = sizeof end;
  const bool rejected = script.head && script.status >= 400;
  end.code = rejected ? static_cast<std::int32_t>(PRX_OK) : script.code;
  end.phase = script.phase;
  end.bytes = exchange.bytes;
  if (end.code != PRX_OK) end.message = lender.lend_text(std::string_view(script.message));
  const LoopWatch::Scope timed(world_.watch, "end of prx_http_sink");
  exchange.sink.end(exchange.sink.ctx, lender.lend(end));
}

}  // namespace prx::check
