#include "abi/spike/child.hpp"

#include <dlfcn.h>

#include <chrono>
#include <map>
#include <memory>

#include "abi/spike/wire.hpp"

namespace prx::spike {
namespace {

struct Operation {
  std::string body;  // stays until release, as the contract says
  void* op = nullptr;
  std::uint64_t id = 0;
};
struct Timer {
  prx_task task;
  void* ctx;
};

/// A child has one thread and one plugin, so its state may be the process's.
struct Child {
  int socket = -1;
  const prx_provider* provider = nullptr;
  void* instance = nullptr;
  std::uint64_t next_id = 1;
  std::map<std::uint64_t, std::unique_ptr<Operation>> operations;
  std::map<std::uint64_t, prx_http_sink> exchanges;
  std::map<std::uint64_t, Timer> timers;
};
Child child;

std::int32_t send_event(void* ctx, const prx_event* e) noexcept {
  const auto id = static_cast<Operation*>(ctx)->id;
  Writer usage = e->usage != nullptr ? pack(*e->usage) : Writer();
  Writer error = e->error != nullptr ? pack(*e->error) : Writer();
  const Writer fields(e->type, e->choice, e->index, e->finish, e->flags, e->text, e->id, e->name,
                      e->json, e->frame, str(usage.bytes()), str(error.bytes()));
  // The host's wish to stop comes as kCancel: a result of 0 is a promise of no round trip per
  // token.
  return send_frame(child.socket, Kind::kEvent, id, fields) ? 0 : 1;
}

void start_failed(void* ctx, const prx_error* error) noexcept {
  prx_event event = {};
  event.size = sizeof event;
  event.type = PRX_EV_ERROR;
  event.error = error;
  send_event(ctx, &event);
}

std::int32_t http_send(const prx_host*, const prx_http_req* r, const prx_http_sink* sink,
                       const prx_fail*, std::uint64_t* id) noexcept {
  const auto found = child.operations.find(r->op_id);
  // The request's own body is there already: it is named, not sent back.
  const bool same = found != child.operations.end() && r->body.ptr == found->second->body.data();
  Writer headers;
  for (std::size_t i = 0; i < r->header_count; ++i)
    headers.put(r->headers[i].key), headers.put(r->headers[i].value);
  *id = child.next_id++;
  child.exchanges[*id] = *sink;
  const Writer fields(r->op_id, r->flags, r->method, r->url, r->header_count, str(headers.bytes()),
                      r->key_header, r->key_prefix, same, same ? prx_str{} : r->body,
                      r->connect_timeout_ms, r->head_timeout_ms, r->idle_timeout_ms, r->body_max);
  send_frame(child.socket, Kind::kSend, *id, fields);
  return PRX_OK;  // a refusal comes as `end`
}
void http_cancel(const prx_host*, std::uint64_t id) noexcept {
  if (child.exchanges.erase(id) != 0) send_frame(child.socket, Kind::kStop, id);
}
std::int64_t now_ns(const prx_host*) noexcept {  // the same clock in every process of a machine
  return std::chrono::steady_clock::now().time_since_epoch().count();
}
std::uint64_t start_timer(const prx_host*, std::uint64_t op_id, std::int64_t delay_ms,
                          prx_task task, void* ctx) noexcept {
  const auto id = child.next_id++;
  child.timers[id] = {task, ctx};
  send_frame(child.socket, Kind::kTimer, id, Writer(op_id, delay_ms));
  return id;
}
void cancel_timer(const prx_host*, std::uint64_t id) noexcept {
  if (child.timers.erase(id) != 0) send_frame(child.socket, Kind::kTimerCancel, id);
}
std::int32_t post(const prx_host* host, std::uint64_t op_id, prx_task task, void* ctx) noexcept {
  return start_timer(host, op_id, 0, task, ctx) != 0 ? PRX_OK : PRX_E_INTERNAL;
}
std::int32_t spawn(const prx_host*, std::uint64_t, prx_task, void*) noexcept {
  return PRX_E_UNSUPPORTED;
}
std::int32_t log_enabled(const prx_host*, std::int32_t) noexcept { return 1; }
void log_write(const prx_host*, std::int32_t level, prx_str line) noexcept {
  send_frame(child.socket, Kind::kLog, 0, Writer(level, line));
}

const void* service(const prx_host*, prx_str id) noexcept {
  static const prx_http http{sizeof http, 0, http_send, http_cancel};
  static const prx_exec exec{sizeof exec, 0, now_ns, post, spawn, start_timer, cancel_timer};
  static const prx_log log{sizeof log, 0, log_enabled, log_write};
  if (text(id) == PRX_HTTP_ID) return &http;
  if (text(id) == PRX_EXEC_ID) return &exec;
  return text(id) == PRX_LOG_ID ? &log : nullptr;  // never prx.secret/1
}

void on_start(std::uint64_t id, Reader in) {
  auto& operation = child.operations[id] = std::make_unique<Operation>();
  prx_request r = {};
  prx_str body;
  r.size = sizeof r;
  in.get(r.op, r.flags, r.attempt, r.deadline_ns, r.model, body, r.request_id, r.idempotency_key,
         r.traceparent);
  operation->id = r.op_id = id;
  operation->body = text(body);
  r.body = str(operation->body);
  const prx_sink sink{sizeof sink, 0, operation.get(), send_event};
  const prx_fail fail{sizeof fail, 0, operation.get(), start_failed};
  child.provider->start(child.instance, &r, &sink, &fail, &operation->op);
}

void on_http(Kind kind, std::uint64_t id, Reader in) {
  const auto found = child.exchanges.find(id);
  if (found == child.exchanges.end()) return;  // cancelled here while it was on its way
  const prx_http_sink sink = found->second;
  if (kind == Kind::kData) {
    prx_str piece;
    in.get(piece);
    std::string bytes = text(piece);
    return sink.data(sink.ctx, bytes.data(), bytes.size());
  }
  if (kind == Kind::kHead) {
    prx_http_head head = {};
    prx_str packed;
    in.get(head.status, head.http_version, head.flags, head.header_count, packed);
    Reader pairs({packed.ptr, packed.len});
    std::vector<prx_kv> headers(head.header_count);
    for (auto& header : headers) pairs.get(header.key, header.value);
    head.size = sizeof head;
    head.headers = headers.data();
    return sink.head(sink.ctx, &head);
  }
  prx_http_end end = {};
  end.size = sizeof end;
  in.get(end.code, end.phase, end.flags, end.bytes, end.message);
  child.exchanges.erase(found);
  sink.end(sink.ctx, &end);
}

void on_fired(std::uint64_t id) {
  const auto found = child.timers.extract(id);
  if (!found.empty()) found.mapped().task(found.mapped().ctx);
}

void handle(const Frame& frame, const std::string& fields) {
  const auto operation = child.operations.find(frame.id);
  void* op = operation == child.operations.end() ? nullptr : operation->second->op;
  switch (frame.kind) {
    case Kind::kStart:
      return on_start(frame.id, Reader(fields));
    case Kind::kCancel:
      return op != nullptr ? child.provider->cancel(op) : void();
    case Kind::kRelease:
      if (op != nullptr) child.provider->release(op);
      child.operations.erase(frame.id);
      return;
    case Kind::kFired:
      return on_fired(frame.id);
    default:
      return on_http(frame.kind, frame.id, Reader(fields));
  }
}

void add_piece(void* ctx, prx_str piece) noexcept {
  *static_cast<std::string*>(ctx) += text(piece);
}

}  // namespace

int run_child(int socket, const char* plugin_file) {
  child.socket = socket;
  const prx_host host{sizeof host, PRX_ABI_MINOR, nullptr, str("spike"), str("1"), service};
  void* library = ::dlopen(plugin_file, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return 3;
  const auto* plugin =
      reinterpret_cast<const prx_plugin* (*)()>(::dlsym(library, PRX_QUERY_SYMBOL))();
  child.provider = static_cast<const prx_provider*>(plugin->interface_(str(PRX_PROVIDER_ID)));
  void* module = nullptr;
  const prx_fail fail{sizeof fail, 0, nullptr, [](void*, const prx_error*) noexcept {}};
  if (plugin->init(&host, &fail, &module) != PRX_OK) return 4;
  if (child.provider->create(module, &host, plugin->id, str("{}"), &fail, &child.instance) !=
      PRX_OK)
    return 5;
  std::string description;
  const prx_text_out out{sizeof out, 0, &description, add_piece};
  child.provider->describe(child.instance, &out);
  send_frame(socket, Kind::kHello, 0, Writer(str(description)));
  Frame frame;
  std::string fields;
  while (receive_frame(socket, frame, fields)) handle(frame, fields);
  return 0;
}

}  // namespace prx::spike
