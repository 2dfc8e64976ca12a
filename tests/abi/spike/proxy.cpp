#include "abi/spike/proxy.hpp"

#include <sys/wait.h>

#include "abi/spike/child.hpp"

namespace prx::spike {

struct Proxy::Calls {
  static std::int32_t create(void*, const prx_host*, prx_str, prx_str, const prx_fail*,
                             void**) noexcept {
    return PRX_E_UNSUPPORTED;  // the spike's instance is made by its constructor
  }
  static void destroy(void*) noexcept {}
  static void describe(void* instance, const prx_text_out* out) noexcept {
    out->write(out->ctx, str(static_cast<Proxy*>(instance)->description_));
  }
  static std::int32_t start(void* instance, const prx_request* r, const prx_sink* sink,
                            const prx_fail*, void** op) noexcept {
    auto& proxy = *static_cast<Proxy*>(instance);
    auto& operation = proxy.operations_[r->op_id];
    operation.reset(new Operation{&proxy, r->op_id, *sink, r->body});
    *op = operation.get();
    send_frame(proxy.socket_, Kind::kStart, r->op_id,
               Writer(r->op, r->flags, r->attempt, r->deadline_ns, r->model, r->body, r->request_id,
                      r->idempotency_key, r->traceparent));
    return PRX_OK;  // what goes wrong over there comes as ERROR, also that nobody is there any more
  }
  static void cancel(void* op) noexcept {
    const auto* operation = static_cast<Operation*>(op);
    send_frame(operation->proxy->socket_, Kind::kCancel, operation->id);
  }
  static void release(void* op) noexcept {
    const auto* operation = static_cast<Operation*>(op);
    send_frame(operation->proxy->socket_, Kind::kRelease, operation->id);
    operation->proxy->operations_.erase(operation->id);
  }
  static void head(void* ctx, const prx_http_head* head) noexcept {
    Writer headers;
    for (std::size_t i = 0; i < head->header_count; ++i)
      headers.put(head->headers[i].key), headers.put(head->headers[i].value);
    tell(ctx, Kind::kHead,
         Writer(head->status, head->http_version, head->flags, head->header_count,
                str(headers.bytes())));
  }
  static void data(void* ctx, char* bytes, std::size_t size) noexcept {
    tell(ctx, Kind::kData, Writer(prx_str{bytes, size}));
  }
  static void end(void* ctx, const prx_http_end* end) noexcept {
    tell(ctx, Kind::kEnd, Writer(end->code, end->phase, end->flags, end->bytes, end->message));
    const auto* exchange = static_cast<Exchange*>(ctx);
    exchange->proxy->exchanges_.erase(exchange->id);
  }
  static void refused(void* ctx, const prx_error* error) noexcept {
    tell(ctx, Kind::kEnd,
         Writer(error->code, error->phase, std::uint32_t{0}, std::uint64_t{0}, error->message));
  }
  static void fired(void* ctx) noexcept {
    tell(ctx, Kind::kFired, Writer());
    const auto* timer = static_cast<Exchange*>(ctx);
    timer->proxy->timers_.erase(timer->id);
  }
  static void tell(void* ctx, Kind kind, const Writer& fields) {
    const auto* exchange = static_cast<Exchange*>(ctx);
    send_frame(exchange->proxy->socket_, kind, exchange->id, fields);
  }
};

Proxy::Proxy(const prx_host* host, const char* plugin_file) : host_(host) {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
  child_ = ::fork();
  if (child_ == 0) {
    ::close(ends[0]);
    ::_exit(run_child(ends[1], plugin_file));
  }
  ::close(ends[1]);
  socket_ = ends[0];
  pump();  // the hello: create and describe happen once, at load
}

Proxy::~Proxy() {
  ::close(socket_);
  ::waitpid(child_, nullptr, 0);
}

const prx_provider& Proxy::table() {
  static const prx_provider provider{sizeof provider, 0,
                                     Calls::create,   Calls::destroy,
                                     Calls::describe, Calls::start,
                                     Calls::cancel,   Calls::release};
  return provider;
}

bool Proxy::pump() {
  Frame frame;
  std::string fields;
  if (!lost_ && receive_frame(socket_, frame, fields))
    handle(frame, fields);
  else
    lose_child();
  return !lost_;
}

void Proxy::handle(const Frame& frame, const std::string& fields) {
  Reader in(fields);
  if (frame.kind == Kind::kHello) {
    prx_str description;
    in.get(description);
    description_ = text(description);
  } else if (frame.kind == Kind::kLog) {
    std::int32_t level = 0;
    prx_str line;
    in.get(level, line);
    service<prx_log>(PRX_LOG_ID).write(host_, level, line);
  } else if (frame.kind == Kind::kEvent)
    on_event(frame.id, in);
  else if (frame.kind == Kind::kSend)
    on_send(frame.id, in);
  else if (frame.kind == Kind::kTimer)
    on_timer(frame.id, in);
  else if (frame.kind == Kind::kStop)
    stop(exchanges_, frame.id, true);
  else if (frame.kind == Kind::kTimerCancel)
    stop(timers_, frame.id, false);
}

void Proxy::on_event(std::uint64_t id, Reader in) {
  prx_event e = {};
  prx_usage usage = {};
  prx_error error = {};
  prx_str packed_usage, packed_error;
  in.get(e.type, e.choice, e.index, e.finish, e.flags, e.text, e.id, e.name, e.json, e.frame,
         packed_usage, packed_error);
  Reader usage_in({packed_usage.ptr, packed_usage.len}),
      error_in({packed_error.ptr, packed_error.len});
  if (packed_usage.len > 0) unpack(usage_in, usage), e.usage = &usage;
  if (packed_error.len > 0) unpack(error_in, error), e.error = &error;
  e.size = sizeof e;
  const auto found = operations_.find(id);
  if (in.ok() && usage_in.ok() && error_in.ok() && found != operations_.end())
    deliver(*found->second, e);
}

void Proxy::deliver(Operation& operation, const prx_event& event) {
  if (operation.ended) return;
  operation.ended = event.type >= PRX_EV_DONE;
  const prx_sink sink = operation.sink;
  if (sink.event(sink.ctx, &event) != 0 && !operation.ended) Calls::cancel(&operation);
}

void Proxy::on_send(std::uint64_t id, Reader in) {
  prx_http_req r = {};
  prx_str packed;
  bool same_body = false;
  in.get(r.op_id, r.flags, r.method, r.url, r.header_count, packed, r.key_header, r.key_prefix,
         same_body, r.body, r.connect_timeout_ms, r.head_timeout_ms, r.idle_timeout_ms, r.body_max);
  const auto operation = operations_.find(r.op_id);
  if (!in.ok() || r.header_count > 64 || operation == operations_.end()) return lose_child();
  if (same_body) r.body = operation->second->body;
  Reader pairs({packed.ptr, packed.len});
  std::vector<prx_kv> headers(r.header_count);
  for (auto& header : headers) pairs.get(header.key, header.value);
  r.size = sizeof r;
  r.headers = headers.data();
  auto& exchange = exchanges_[id];
  exchange.reset(new Exchange{this, id, 0});
  const prx_http_sink sink{sizeof sink, 0, exchange.get(), Calls::head, Calls::data, Calls::end};
  const prx_fail fail{sizeof fail, 0, exchange.get(), Calls::refused};
  if (service<prx_http>(PRX_HTTP_ID).send(host_, &r, &sink, &fail, &exchange->host_id) != PRX_OK)
    exchanges_.erase(id);
}

void Proxy::on_timer(std::uint64_t id, Reader in) {
  std::uint64_t op_id = 0;
  std::int64_t delay_ms = 0;
  in.get(op_id, delay_ms);
  auto& timer = timers_[id];
  timer.reset(new Exchange{this, id, 0});
  timer->host_id =
      service<prx_exec>(PRX_EXEC_ID).timer(host_, op_id, delay_ms, Calls::fired, timer.get());
}

void Proxy::stop(std::map<std::uint64_t, std::unique_ptr<Exchange>>& all, std::uint64_t id,
                 bool http) {
  const auto found = all.extract(id);
  if (found.empty()) return;  // it ended while the word was on its way
  if (http)
    service<prx_http>(PRX_HTTP_ID).cancel(host_, found.mapped()->host_id);
  else
    service<prx_exec>(PRX_EXEC_ID).timer_cancel(host_, found.mapped()->host_id);
}

void Proxy::lose_child() {
  lost_ = true;
  while (!exchanges_.empty()) stop(exchanges_, exchanges_.begin()->first, true);
  while (!timers_.empty()) stop(timers_, timers_.begin()->first, false);
  prx_error error = {};
  error.size = sizeof error;
  error.code = PRX_E_INTERNAL;
  error.retryable = -1;
  error.retry_after_ms = -1;
  error.message = str("the plugin's process is gone");
  prx_event event = {};
  event.size = sizeof event;
  event.type = PRX_EV_ERROR;
  event.error = &error;
  std::vector<Operation*> open;
  for (auto& [id, operation] : operations_)
    if (!operation->ended) open.push_back(operation.get());
  for (auto* operation : open) deliver(*operation, event);
}

}  // namespace prx::spike
