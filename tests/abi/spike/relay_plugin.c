/* An HTTP plugin: posts the request's body and turns each piece of the answer into TEXT, in upper
 * case, written in place. */
#include <stdlib.h>

#include "prx/plugin.h"

PRX_PLUGIN_NOTE("{\"id\":\"relay\",\"version\":\"1\",\"abi\":\"1.0\",\"kinds\":[\"relay\"]}");

#define TEXT(literal) ((prx_str){literal, sizeof(literal) - 1})

typedef struct operation {
  const prx_host* host;
  const prx_http* http;
  prx_sink sink;
  uint64_t exchange;
} operation;

static void emit(operation* op, uint32_t type, prx_str text, const prx_error* error) {
  prx_event event = {sizeof event, type, 0, 0, 0, 0, {0}, {0}, {0}, {0}, {0}, NULL, error};
  event.text = text;
  op->sink.event(op->sink.ctx, &event);
}
static void on_head(void* ctx, const prx_http_head* head) {
  if (head->header_count > 0) emit(ctx, PRX_EV_PROGRESS, head->headers[0].value, NULL);
}
static void on_data(void* ctx, char* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i)
    if (bytes[i] >= 'a' && bytes[i] <= 'z') bytes[i] = (char)(bytes[i] - 'a' + 'A');
  emit(ctx, PRX_EV_TEXT, (prx_str){bytes, size}, NULL);
}
static void finish(operation* op, int32_t code, int32_t phase, prx_str message) {
  prx_error error = {sizeof error, code,    0,         0,         -1,       phase,
                     -1,           message, {NULL, 0}, {NULL, 0}, {NULL, 0}};
  op->exchange = 0;
  emit(op, code == PRX_OK ? PRX_EV_DONE : PRX_EV_ERROR, TEXT(""), code == PRX_OK ? NULL : &error);
}
static void on_end(void* ctx, const prx_http_end* end) {
  finish(ctx, end->code, end->phase, end->message);
}

static int32_t create(void* module, const prx_host* host, prx_str kind, prx_str config,
                      const prx_fail* fail, void** instance) {
  (void)module, (void)kind, (void)config, (void)fail;
  *instance = (void*)host;
  return PRX_OK;
}
static void destroy(void* instance) { (void)instance; }
static void describe(void* instance, const prx_text_out* out) {
  (void)instance;
  out->write(out->ctx, TEXT("{}"));
}
static int32_t start(void* instance, const prx_request* request, const prx_sink* sink,
                     const prx_fail* fail, void** out) {
  const prx_host* host = instance;
  const prx_kv header = {{"x-title", 7}, {"relay", 5}};
  prx_http_req req = {sizeof req,
                      0,
                      request->op_id,
                      TEXT("POST"),
                      request->model,
                      &header,
                      1,
                      TEXT("authorization"),
                      TEXT("Bearer "),
                      request->body,
                      -1,
                      -1,
                      -1,
                      0};
  operation* op = calloc(1, sizeof *op);
  op->host = host;
  op->http = host->service(host, TEXT(PRX_HTTP_ID));
  PRX_COPY(&op->sink, sink);
  const prx_http_sink http_sink = {sizeof http_sink, 0, op, on_head, on_data, on_end};
  const int32_t code = op->http->send(host, &req, &http_sink, fail, &op->exchange);
  if (code == PRX_OK)
    *out = op;
  else
    free(op);
  return code;
}
static void cancel(void* ctx) {
  operation* op = ctx;
  if (op->exchange == 0) return;
  op->http->cancel(op->host, op->exchange);
  finish(op, PRX_E_CANCELLED, PRX_PHASE_NONE, TEXT("cancelled"));
}
static void release(void* op) { free(op); }

static const prx_provider provider = {sizeof provider, 0,     create, destroy,
                                      describe,        start, cancel, release};

static int32_t init(const prx_host* host, const prx_fail* fail, void** module) {
  (void)host, (void)fail;
  *module = NULL;
  return PRX_OK;
}
static void deinit(void* module) { (void)module; }
static const void* interface_(prx_str id) {
  return id.len == sizeof(PRX_PROVIDER_ID) - 1 ? &provider : NULL;
}
static const prx_plugin plugin = {sizeof plugin, PRX_ABI_MAJOR, 0,      0,         {"relay", 5},
                                  {"1", 1},      init,          deinit, interface_};
PRX_EXPORT const prx_plugin* prx_plugin_query_v1(void) { return &plugin; }
