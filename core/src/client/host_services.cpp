// The tables that a plugin gets from prx_host::service. Each function checks what it is given
// before it acts: the thread, the operation, and that the operation is of the instance that asks.

#include <memory>

#include "client/abi_convert.hpp"
#include "client/operation.hpp"
#include "client/provider_instance.hpp"

namespace prx::driver {

namespace {

HostContext& context_of(const prx_host* host) { return *static_cast<HostContext*>(host->ctx); }

/// The live operation of that id, when it belongs to this host's instance and this thread may speak
/// for it.
Operation* operation_of(const prx_host* host, std::uint64_t op_id) {
  const ThreadContext& here = thread_context();
  Operation* operation = here.table != nullptr ? here.table->find(op_id) : nullptr;
  if (here.operation != nullptr && here.operation->id() == op_id) operation = here.operation;
  if (operation == nullptr || &operation->instance() != context_of(host).instance) return nullptr;
  return operation;
}

bool on_loop() { return thread_context().table != nullptr; }

// --- prx.log/1

LogLevel level_of(std::int32_t level) {
  return level >= PRX_LOG_TRACE && level <= PRX_LOG_ERROR ? static_cast<LogLevel>(level)
                                                          : LogLevel::kInfo;
}

std::int32_t log_enabled(const prx_host* host, std::int32_t level) noexcept {
  return context_of(host).runtime->log.enabled(level_of(level)) ? 1 : 0;
}

void log_write(const prx_host* host, std::int32_t level, prx_str line) noexcept {
  const HostContext& context = context_of(host);
  if (!context.runtime->log.enabled(level_of(level))) return;
  const std::string text = clean(view(line), kMessageMax, context.instance);
  context.runtime->log.write(level_of(level), context.name + ": " + text);
}

constexpr prx_log kLog{sizeof(prx_log), 0, &log_enabled, &log_write};

// --- prx.http/1

std::int32_t http_send(const prx_host* host, const prx_http_req* request, const prx_http_sink* sink,
                       const prx_fail* fail, std::uint64_t* id) noexcept {
  if (!sdk::is_whole(request) || !sdk::is_whole(sink) || sink->head == nullptr ||
      sink->data == nullptr || sink->end == nullptr)
    return report(fail, ErrorClass::kInvalidRequest, "prx.http/1 send: incomplete arguments");
  Operation* operation = on_loop() ? operation_of(host, request->op_id) : nullptr;
  if (operation == nullptr)
    return report(
        fail, ErrorClass::kInvalidRequest,
        "prx.http/1 send: op_id is of no running operation of this instance, or off its loop");
  return operation->send(*request, *sink, fail, id);
}

void http_cancel(const prx_host* host, std::uint64_t id) noexcept {
  Operation* operation = on_loop() ? operation_of(host, handle_of(id)) : nullptr;
  if (operation != nullptr) operation->cancel_exchange(id);
}

constexpr prx_http kHttp{sizeof(prx_http), 0, &http_send, &http_cancel};

// --- prx.exec/1

std::int64_t exec_now_ns(const prx_host* host) noexcept {
  const auto now = context_of(host).runtime->loop.now();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
}

std::int32_t exec_post(const prx_host* host, std::uint64_t op_id, prx_task task,
                       void* ctx) noexcept {
  const HostContext& context = context_of(host);
  if (task == nullptr || context.instance == nullptr) return PRX_E_INVALID_REQUEST;
  if (const std::int32_t status = context.instance->post_started(op_id); status != PRX_OK)
    return status;
  context.runtime->loop.post([runtime = context.runtime, op_id, task, ctx] {
    if (Operation* operation = runtime->operations.find(op_id)) operation->run_posted(task, ctx);
  });
  return PRX_OK;
}

std::int32_t exec_spawn(const prx_host* host, std::uint64_t op_id, prx_task task,
                        void* ctx) noexcept {
  Operation* operation = on_loop() ? operation_of(host, op_id) : nullptr;
  return operation != nullptr ? operation->spawn(task, ctx)
                              : static_cast<std::int32_t>(PRX_E_INVALID_REQUEST);
}

std::uint64_t exec_timer(const prx_host* host, std::uint64_t op_id, std::int64_t delay_ms,
                         prx_task task, void* ctx) noexcept {
  Operation* operation = on_loop() ? operation_of(host, op_id) : nullptr;
  return operation != nullptr ? operation->start_timer(delay_ms, task, ctx) : 0;
}

void exec_timer_cancel(const prx_host* host, std::uint64_t id) noexcept {
  Operation* operation = on_loop() ? operation_of(host, handle_of(id)) : nullptr;
  if (operation != nullptr) operation->cancel_timer(id);
}

constexpr prx_exec kExec{sizeof(prx_exec), 0,           &exec_now_ns,      &exec_post,
                         &exec_spawn,      &exec_timer, &exec_timer_cancel};

// --- prx.secret/1

std::int32_t secret_get(const prx_host* host, std::uint64_t op_id,
                        const prx_text_out* out) noexcept {
  Operation* operation = operation_of(host, op_id);
  if (operation == nullptr || out == nullptr || out->write == nullptr) return PRX_E_INVALID_REQUEST;
  const auto& keys = operation->instance().config().keys;
  if (operation->key() >= keys.size()) return PRX_E_AUTH;
  out->write(out->ctx, to_c(keys[operation->key()].secret.reveal()));
  return PRX_OK;
}

constexpr prx_secret kSecret{sizeof(prx_secret), 0, &secret_get};

const void* service(const prx_host* host, prx_str id) noexcept {
  const std::string_view name = view(id);
  if (name == PRX_LOG_ID) return &kLog;
  if (name == PRX_HTTP_ID) return &kHttp;
  if (name == PRX_EXEC_ID) return &kExec;
  const ProviderInstance* instance = context_of(host).instance;
  if (name == PRX_SECRET_ID && instance != nullptr && instance->note().signs) return &kSecret;
  return nullptr;
}

}  // namespace

prx_host make_host(HostContext& context) {
  prx_host host{};
  host.size = sizeof host;
  host.abi_minor = PRX_ABI_MINOR;
  host.ctx = &context;
  host.name = to_c(context.runtime->host_name);
  host.version = to_c(context.runtime->host_version);
  host.service = &service;
  return host;
}

}  // namespace prx::driver
