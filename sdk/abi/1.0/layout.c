/* Sizes, offsets and values of ABI 1.0 on LP64, compiled as C and as C++: against the header of 1.0
 * beside this file (with PRX_ABI_EXACT) and against each later one, whose structs may be larger
 * and in which nothing else may have moved. Never edited. */
#include <limits.h>

#include "prx/plugin.h"

#ifdef __cplusplus
#define CHECK static_assert
#else
#define CHECK _Static_assert
#endif
#ifdef PRX_ABI_EXACT
#define SIZE(type, bytes) CHECK(sizeof(type) == (bytes), "size of " #type)
#else
#define SIZE(type, bytes) CHECK(sizeof(type) >= (bytes), "size of " #type)
#endif
/* No size of its own in front: it stands in arrays and inside others, and never grows. */
#define EXACT(type, bytes) CHECK(sizeof(type) == (bytes), "size of " #type)
#define AT(type, field, bytes) \
  CHECK(offsetof(type, field) == (bytes), "offset of " #type "." #field)
#define VALUE(name, number) CHECK((name) == (number), "value of " #name)

CHECK(sizeof(void*) == 8 && sizeof(long) == 8 && CHAR_BIT == 8, "this file describes LP64");

EXACT(prx_str, 16);
AT(prx_str, ptr, 0);
AT(prx_str, len, 8);

EXACT(prx_kv, 32);
AT(prx_kv, key, 0);
AT(prx_kv, value, 16);

SIZE(prx_text_out, 24);
AT(prx_text_out, size, 0);
AT(prx_text_out, zero, 4);
AT(prx_text_out, ctx, 8);
AT(prx_text_out, write, 16);

SIZE(prx_error, 96);
AT(prx_error, size, 0);
AT(prx_error, code, 4);
AT(prx_error, http_status, 8);
AT(prx_error, flags, 12);
AT(prx_error, retryable, 16);
AT(prx_error, phase, 20);
AT(prx_error, retry_after_ms, 24);
AT(prx_error, message, 32);
AT(prx_error, provider_code, 48);
AT(prx_error, request_id, 64);
AT(prx_error, raw, 80);

SIZE(prx_fail, 24);
AT(prx_fail, size, 0);
AT(prx_fail, zero, 4);
AT(prx_fail, ctx, 8);
AT(prx_fail, set, 16);

SIZE(prx_host, 56);
AT(prx_host, size, 0);
AT(prx_host, abi_minor, 4);
AT(prx_host, ctx, 8);
AT(prx_host, name, 16);
AT(prx_host, version, 32);
AT(prx_host, service, 48);

SIZE(prx_log, 24);
AT(prx_log, size, 0);
AT(prx_log, zero, 4);
AT(prx_log, enabled, 8);
AT(prx_log, write, 16);

SIZE(prx_http_req, 144);
AT(prx_http_req, size, 0);
AT(prx_http_req, flags, 4);
AT(prx_http_req, op_id, 8);
AT(prx_http_req, method, 16);
AT(prx_http_req, url, 32);
AT(prx_http_req, headers, 48);
AT(prx_http_req, header_count, 56);
AT(prx_http_req, key_header, 64);
AT(prx_http_req, key_prefix, 80);
AT(prx_http_req, body, 96);
AT(prx_http_req, connect_timeout_ms, 112);
AT(prx_http_req, head_timeout_ms, 120);
AT(prx_http_req, idle_timeout_ms, 128);
AT(prx_http_req, body_max, 136);

SIZE(prx_http_head, 32);
AT(prx_http_head, size, 0);
AT(prx_http_head, status, 4);
AT(prx_http_head, http_version, 8);
AT(prx_http_head, flags, 12);
AT(prx_http_head, headers, 16);
AT(prx_http_head, header_count, 24);

SIZE(prx_http_end, 40);
AT(prx_http_end, size, 0);
AT(prx_http_end, code, 4);
AT(prx_http_end, phase, 8);
AT(prx_http_end, flags, 12);
AT(prx_http_end, bytes, 16);
AT(prx_http_end, message, 24);

SIZE(prx_http_sink, 40);
AT(prx_http_sink, size, 0);
AT(prx_http_sink, zero, 4);
AT(prx_http_sink, ctx, 8);
AT(prx_http_sink, head, 16);
AT(prx_http_sink, data, 24);
AT(prx_http_sink, end, 32);

SIZE(prx_http, 24);
AT(prx_http, size, 0);
AT(prx_http, zero, 4);
AT(prx_http, send, 8);
AT(prx_http, cancel, 16);

SIZE(prx_exec, 48);
AT(prx_exec, size, 0);
AT(prx_exec, zero, 4);
AT(prx_exec, now_ns, 8);
AT(prx_exec, post, 16);
AT(prx_exec, spawn, 24);
AT(prx_exec, timer, 32);
AT(prx_exec, timer_cancel, 40);

SIZE(prx_secret, 16);
AT(prx_secret, size, 0);
AT(prx_secret, zero, 4);
AT(prx_secret, get, 8);

SIZE(prx_request, 112);
AT(prx_request, size, 0);
AT(prx_request, op, 4);
AT(prx_request, flags, 8);
AT(prx_request, attempt, 12);
AT(prx_request, op_id, 16);
AT(prx_request, deadline_ns, 24);
AT(prx_request, model, 32);
AT(prx_request, body, 48);
AT(prx_request, request_id, 64);
AT(prx_request, idempotency_key, 80);
AT(prx_request, traceparent, 96);

SIZE(prx_usage, 64);
AT(prx_usage, size, 0);
AT(prx_usage, flags, 4);
AT(prx_usage, prompt_tokens, 8);
AT(prx_usage, completion_tokens, 16);
AT(prx_usage, total_tokens, 24);
AT(prx_usage, reasoning_tokens, 32);
AT(prx_usage, cached_tokens, 40);
AT(prx_usage, cache_write_tokens, 48);
AT(prx_usage, cost, 56);

SIZE(prx_event, 120);
AT(prx_event, size, 0);
AT(prx_event, type, 4);
AT(prx_event, choice, 8);
AT(prx_event, index, 12);
AT(prx_event, finish, 16);
AT(prx_event, flags, 20);
AT(prx_event, text, 24);
AT(prx_event, id, 40);
AT(prx_event, name, 56);
AT(prx_event, json, 72);
AT(prx_event, frame, 88);
AT(prx_event, usage, 104);
AT(prx_event, error, 112);

SIZE(prx_sink, 24);
AT(prx_sink, size, 0);
AT(prx_sink, zero, 4);
AT(prx_sink, ctx, 8);
AT(prx_sink, event, 16);

SIZE(prx_provider, 56);
AT(prx_provider, size, 0);
AT(prx_provider, zero, 4);
AT(prx_provider, create, 8);
AT(prx_provider, destroy, 16);
AT(prx_provider, describe, 24);
AT(prx_provider, start, 32);
AT(prx_provider, cancel, 40);
AT(prx_provider, release, 48);

SIZE(prx_plugin, 72);
AT(prx_plugin, size, 0);
AT(prx_plugin, abi_major, 4);
AT(prx_plugin, abi_minor, 8);
AT(prx_plugin, abi_needs, 12);
AT(prx_plugin, id, 16);
AT(prx_plugin, version, 32);
AT(prx_plugin, init, 48);
AT(prx_plugin, deinit, 56);
AT(prx_plugin, interface_, 64);

VALUE(PRX_OK, 0);
VALUE(PRX_E_CANCELLED, 1);
VALUE(PRX_E_INVALID_REQUEST, 2);
VALUE(PRX_E_AUTH, 3);
VALUE(PRX_E_PERMISSION, 4);
VALUE(PRX_E_CREDIT, 5);
VALUE(PRX_E_RATE_LIMIT, 6);
VALUE(PRX_E_OVERLOADED, 7);
VALUE(PRX_E_TIMEOUT, 8);
VALUE(PRX_E_NETWORK, 9);
VALUE(PRX_E_CONTEXT_LENGTH, 10);
VALUE(PRX_E_CONTENT_POLICY, 11);
VALUE(PRX_E_NOT_FOUND, 12);
VALUE(PRX_E_UNSUPPORTED, 13);
VALUE(PRX_E_BAD_RESPONSE, 14);
VALUE(PRX_E_INTERNAL, 15);
VALUE(PRX_PHASE_NONE, 0);
VALUE(PRX_PHASE_CONNECT, 1);
VALUE(PRX_PHASE_HEAD, 2);
VALUE(PRX_PHASE_FIRST_TOKEN, 3);
VALUE(PRX_PHASE_BODY, 4);
VALUE(PRX_LOG_TRACE, 0);
VALUE(PRX_LOG_DEBUG, 1);
VALUE(PRX_LOG_INFO, 2);
VALUE(PRX_LOG_WARN, 3);
VALUE(PRX_LOG_ERROR, 4);
VALUE(PRX_OP_CHAT, 1);
VALUE(PRX_OP_MODELS, 2);
VALUE(PRX_OP_HEALTH, 3);
VALUE(PRX_OP_WARMUP, 4);
VALUE(PRX_OP_ACCOUNT, 5);
VALUE(PRX_OP_CALL, 6);
VALUE(PRX_EV_META, 1);
VALUE(PRX_EV_TEXT, 2);
VALUE(PRX_EV_REASONING, 3);
VALUE(PRX_EV_TOOL_CALL, 4);
VALUE(PRX_EV_USAGE, 5);
VALUE(PRX_EV_FINISH, 6);
VALUE(PRX_EV_ITEM, 7);
VALUE(PRX_EV_RAW, 8);
VALUE(PRX_EV_PROGRESS, 9);
VALUE(PRX_EV_DONE, 100);
VALUE(PRX_EV_ERROR, 101);
VALUE(PRX_FINISH_OTHER, 0);
VALUE(PRX_FINISH_STOP, 1);
VALUE(PRX_FINISH_LENGTH, 2);
VALUE(PRX_FINISH_TOOL_CALLS, 3);
VALUE(PRX_FINISH_CONTENT_FILTER, 4);
VALUE(PRX_ABI_MAJOR, 1);
VALUE(PRX_RF_STREAM, 1);
VALUE(PRX_RF_WANT_FRAME, 2);
VALUE(PRX_EVF_SAME_FRAME, 1);
VALUE(PRX_HTTP_REUSED, 1);
VALUE(PRX_NOTE_TYPE, 1);
VALUE(PRX_NOTE_MAX, 8192);
VALUE(sizeof PRX_LOG_ID, sizeof "prx.log/1");
VALUE(sizeof PRX_HTTP_ID, sizeof "prx.http/1");
VALUE(sizeof PRX_EXEC_ID, sizeof "prx.exec/1");
VALUE(sizeof PRX_SECRET_ID, sizeof "prx.secret/1");
VALUE(sizeof PRX_PROVIDER_ID, sizeof "prx.provider/1");
VALUE(sizeof PRX_QUERY_SYMBOL, sizeof "prx_plugin_query_v1");

/* Signatures: each function fits the table that it is for. Only looked at by the compiler. */
#ifdef __cplusplus
extern "C" {
#endif
void out_write(void* ctx, prx_str piece) PRX_NOEXCEPT;
void fail_set(void* ctx, const prx_error* error) PRX_NOEXCEPT;
const void* host_service(const prx_host* host, prx_str id) PRX_NOEXCEPT;
int32_t log_enabled(const prx_host* host, int32_t level) PRX_NOEXCEPT;
void log_write(const prx_host* host, int32_t level, prx_str line) PRX_NOEXCEPT;
void http_head(void* ctx, const prx_http_head* head) PRX_NOEXCEPT;
void http_data(void* ctx, char* bytes, size_t len) PRX_NOEXCEPT;
void http_end(void* ctx, const prx_http_end* end) PRX_NOEXCEPT;
int32_t http_send(const prx_host* host, const prx_http_req* request, const prx_http_sink* sink,
                  const prx_fail* fail, uint64_t* id) PRX_NOEXCEPT;
void http_cancel(const prx_host* host, uint64_t id) PRX_NOEXCEPT;
void exec_task(void* ctx) PRX_NOEXCEPT;
int64_t exec_now_ns(const prx_host* host) PRX_NOEXCEPT;
int32_t exec_post(const prx_host* host, uint64_t op_id, prx_task task, void* ctx) PRX_NOEXCEPT;
int32_t exec_spawn(const prx_host* host, uint64_t op_id, prx_task task, void* ctx) PRX_NOEXCEPT;
uint64_t exec_timer(const prx_host* host, uint64_t op_id, int64_t delay_ms, prx_task task,
                    void* ctx) PRX_NOEXCEPT;
void exec_timer_cancel(const prx_host* host, uint64_t id) PRX_NOEXCEPT;
int32_t secret_get(const prx_host* host, uint64_t op_id, const prx_text_out* out) PRX_NOEXCEPT;
int32_t sink_event(void* ctx, const prx_event* event) PRX_NOEXCEPT;
int32_t provider_create(void* module, const prx_host* instance_host, prx_str kind,
                        prx_str config_json, const prx_fail* fail, void** instance) PRX_NOEXCEPT;
void provider_destroy(void* instance) PRX_NOEXCEPT;
void provider_describe(void* instance, const prx_text_out* out) PRX_NOEXCEPT;
int32_t provider_start(void* instance, const prx_request* request, const prx_sink* sink,
                       const prx_fail* fail, void** op) PRX_NOEXCEPT;
void provider_cancel(void* op) PRX_NOEXCEPT;
void provider_release(void* op) PRX_NOEXCEPT;
int32_t plugin_init(const prx_host* host, const prx_fail* fail, void** module) PRX_NOEXCEPT;
void plugin_deinit(void* module) PRX_NOEXCEPT;
const void* plugin_interface(prx_str id) PRX_NOEXCEPT;
#ifdef __cplusplus
}
#endif

static const prx_text_out text_out = {sizeof(prx_text_out), 0, NULL, out_write};
static const prx_fail fail = {sizeof(prx_fail), 0, NULL, fail_set};
static const prx_host host = {sizeof(prx_host), 0, NULL, {NULL, 0}, {NULL, 0}, host_service};
static const prx_log log_service = {sizeof(prx_log), 0, log_enabled, log_write};
static const prx_http_sink http_sink = {
    sizeof(prx_http_sink), 0, NULL, http_head, http_data, http_end};
static const prx_http http = {sizeof(prx_http), 0, http_send, http_cancel};
static const prx_task task = exec_task;
static const prx_exec exec_service = {sizeof(prx_exec), 0,          exec_now_ns,      exec_post,
                                      exec_spawn,       exec_timer, exec_timer_cancel};
static const prx_secret secret = {sizeof(prx_secret), 0, secret_get};
static const prx_sink sink = {sizeof(prx_sink), 0, NULL, sink_event};
static const prx_provider provider = {sizeof(prx_provider), 0,
                                      provider_create,      provider_destroy,
                                      provider_describe,    provider_start,
                                      provider_cancel,      provider_release};
static const prx_plugin plugin = {sizeof(prx_plugin), 1,         0,           0,
                                  {NULL, 0},          {NULL, 0}, plugin_init, plugin_deinit,
                                  plugin_interface};

/** Uses them, so that no compiler calls them unused. */
const void* const* all_tables(void);
const void* const* all_tables(void) {
  static const void* tables[11];
  tables[0] = &text_out, tables[1] = &fail, tables[2] = &host, tables[3] = &log_service;
  tables[4] = &http_sink, tables[5] = &http, tables[6] = &exec_service, tables[7] = &secret;
  tables[8] = &sink, tables[9] = &provider, tables[10] = &plugin;
  (void)task;
  return tables;
}
