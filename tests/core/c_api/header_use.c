/* Both of the C headers in one file, in either order, and one use of each kind of function: a C11
 * compiler and a C++17 one take it. */
#include <prx/prx.h>
/* the plugin's after the host's, and again */
#include <prx/plugin.h>
#include <prx/prx.h>

#ifdef __cplusplus
static int32_t on_event(void* ctx, const prx_stream_event* event) noexcept {
#else
static int32_t on_event(void* ctx, const prx_stream_event* event) {
#endif
  return ctx != NULL && event->type == PRX_STREAM_TEXT && event->text.len > 0 ? 0 : 1;
}

#ifdef __cplusplus
static void on_end(void* ctx, prx_response* response, prx_failure* failure) noexcept {
#else
static void on_end(void* ctx, prx_response* response, prx_failure* failure) {
#endif
  (void)ctx;
  prx_response_free(response);
  prx_failure_free(failure);
}

int32_t use(prx_client* client, prx_call** call);
int32_t use(prx_client* client, prx_call** call) {
  prx_client_options options = prx_client_options_init();
  prx_chat_request request = prx_chat_request_init();
  prx_call_options how = prx_call_options_init();
  prx_call_sink sink;
  prx_event plugin_event;
  memset(&plugin_event, 0, sizeof plugin_event);
  memset(&sink, 0, sizeof sink);
  sink.size = (uint32_t)sizeof sink;
  sink.event = on_event;
  sink.end = on_end;
  request.prompt = "hi";
  if (!PRX_HAS(prx_client_options, &options, host_version)) return PRX_E_INTERNAL;
  if (plugin_event.type != 0) return PRX_E_INTERNAL;
  return prx_client_start(client, &request, &how, &sink, call, NULL);
}
