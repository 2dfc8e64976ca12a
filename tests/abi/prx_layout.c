/* Sizes and offsets of prx/prx.h on LP64, within libprx.so.0: hosts that were built with it go on
 * working (embedding.md). Structs may grow at their tail, and nothing in them may have moved: lines
 * are added here, never changed. */
#include <limits.h>
#include <stddef.h>

#include "prx/prx.h"

#ifdef __cplusplus
#define CHECK static_assert
#else
#define CHECK _Static_assert
#endif
#define SIZE(type, bytes) CHECK(sizeof(type) >= (bytes), "size of " #type)
#define AT(type, field, bytes) \
  CHECK(offsetof(type, field) == (bytes), "offset of " #type "." #field)

CHECK(sizeof(void*) == 8 && sizeof(long) == 8 && CHAR_BIT == 8, "this file describes LP64");

SIZE(prx_measurement, 216);
AT(prx_measurement, size, 0);
AT(prx_measurement, kind, 4);
AT(prx_measurement, operation, 8);
AT(prx_measurement, call, 24);
AT(prx_measurement, provider_name, 40);
AT(prx_measurement, instance, 56);
AT(prx_measurement, request_model, 72);
AT(prx_measurement, response_model, 88);
AT(prx_measurement, finish_reason, 104);
AT(prx_measurement, error_type, 120);
AT(prx_measurement, duration_us, 136);
AT(prx_measurement, first_chunk_us, 144);
AT(prx_measurement, input_tokens, 152);
AT(prx_measurement, output_tokens, 160);
AT(prx_measurement, cached_tokens, 168);
AT(prx_measurement, cost, 176);
AT(prx_measurement, cost_uncertain, 184);
AT(prx_measurement, http_status, 188);
AT(prx_measurement, attempts, 192);
AT(prx_measurement, running, 200);
AT(prx_measurement, http_version, 208);
AT(prx_measurement, connection_reused, 212);

SIZE(prx_client_options, 144);
AT(prx_client_options, size, 0);
AT(prx_client_options, flags, 4);
AT(prx_client_options, config_file, 8);
AT(prx_client_options, config_text, 16);
AT(prx_client_options, config_name, 24);
AT(prx_client_options, config_folder, 32);
AT(prx_client_options, provider, 40);
AT(prx_client_options, model, 48);
AT(prx_client_options, chain, 56);
AT(prx_client_options, ctx, 64);
AT(prx_client_options, environment, 72);
AT(prx_client_options, log, 80);
AT(prx_client_options, metrics, 88);
AT(prx_client_options, proxy, 96);
AT(prx_client_options, no_proxy, 104);
AT(prx_client_options, ca_file, 112);
AT(prx_client_options, ca_pem, 120);
AT(prx_client_options, host_name, 128);
AT(prx_client_options, host_version, 136);

SIZE(prx_chat_request, 48);
AT(prx_chat_request, size, 0);
AT(prx_chat_request, zero, 4);
AT(prx_chat_request, body, 8);
AT(prx_chat_request, body_size, 16);
AT(prx_chat_request, model, 24);
AT(prx_chat_request, system, 32);
AT(prx_chat_request, prompt, 40);

SIZE(prx_attempt, 216);
AT(prx_attempt, size, 0);
AT(prx_attempt, flags, 4);
AT(prx_attempt, provider, 8);
AT(prx_attempt, model, 24);
AT(prx_attempt, reason, 40);
AT(prx_attempt, key_label, 56);
AT(prx_attempt, error_class, 72);
AT(prx_attempt, http_status, 76);
AT(prx_attempt, http_version, 80);
AT(prx_attempt, exchanges, 84);
AT(prx_attempt, error_message, 88);
AT(prx_attempt, served_model, 104);
AT(prx_attempt, served_by, 120);
AT(prx_attempt, generation_id, 136);
AT(prx_attempt, wait_us, 152);
AT(prx_attempt, connected_us, 160);
AT(prx_attempt, head_us, 168);
AT(prx_attempt, first_token_us, 176);
AT(prx_attempt, total_us, 184);
AT(prx_attempt, prompt_tokens, 192);
AT(prx_attempt, completion_tokens, 200);
AT(prx_attempt, cost, 208);

SIZE(prx_call_options, 64);
AT(prx_call_options, size, 0);
AT(prx_call_options, flags, 4);
AT(prx_call_options, provider, 8);
AT(prx_call_options, chain, 16);
AT(prx_call_options, traceparent, 24);
AT(prx_call_options, deadline_ms, 32);
AT(prx_call_options, canceller, 40);
AT(prx_call_options, ctx, 48);
AT(prx_call_options, attempt, 56);

SIZE(prx_stream_event, 96);
AT(prx_stream_event, size, 0);
AT(prx_stream_event, type, 4);
AT(prx_stream_event, choice, 8);
AT(prx_stream_event, index, 12);
AT(prx_stream_event, text, 16);
AT(prx_stream_event, id, 32);
AT(prx_stream_event, name, 48);
AT(prx_stream_event, json, 64);
AT(prx_stream_event, frame, 80);
AT(prx_stream_event, flags, 96);

SIZE(prx_call_sink, 32);
AT(prx_call_sink, size, 0);
AT(prx_call_sink, zero, 4);
AT(prx_call_sink, ctx, 8);
AT(prx_call_sink, event, 16);
AT(prx_call_sink, end, 24);

SIZE(prx_tool_call, 56);
AT(prx_tool_call, size, 0);
AT(prx_tool_call, zero, 4);
AT(prx_tool_call, id, 8);
AT(prx_tool_call, name, 24);
AT(prx_tool_call, arguments, 40);
