/* Sizes, offsets and values of ABI 1.0 on LP64. They are the draft's: whoever changes prx/plugin.h
 * changes them here too, knowingly. With the decision record that freezes 1.0 they freeze: from
 * then on a struct may grow behind its last line here (SIZE becomes >=), and nothing else may move.
 * Compiled as C and as C++. */
#include <limits.h>

#include "prx/plugin.h"

#ifdef __cplusplus
#define CHECK static_assert
#else
#define CHECK _Static_assert
#endif
#define SIZE(type, bytes) CHECK(sizeof(type) == (bytes), "size of " #type)
#define AT(type, field, bytes) \
  CHECK(offsetof(type, field) == (bytes), "offset of " #type "." #field)
#define VALUE(name, number) CHECK((name) == (number), "value of " #name)

CHECK(sizeof(void*) == 8 && sizeof(long) == 8 && CHAR_BIT == 8, "this file describes LP64");

SIZE(prx_str, 16);
AT(prx_str, ptr, 0);
AT(prx_str, len, 8);

SIZE(prx_kv, 32);
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
