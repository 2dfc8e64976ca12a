/* An in-process plugin: answers its own request by a timer. Model "refuse" fails in start, "hang"
 * only ends when it is cancelled. */
#include <stdlib.h>
#include <string.h>

#include "prx/plugin.h"

PRX_PLUGIN_NOTE("{\"id\":\"echo\",\"version\":\"1\",\"abi\":\"1.0\",\"kinds\":[\"echo\"]}");

#define TEXT(literal) ((prx_str){literal, sizeof(literal) - 1})

typedef struct operation {
  const prx_host* host;
  const prx_exec* exec;
  prx_sink sink;
  prx_request request;
  uint64_t timer;
} operation;

static int32_t create(void* module, const prx_host* host, prx_str kind, prx_str config,
                      const prx_fail* fail, void** instance) {
  (void)module, (void)kind, (void)config, (void)fail;
  *instance = (void*)host;
  return PRX_OK;
}
static void destroy(void* instance) { (void)instance; }
static void describe(void* instance, const prx_text_out* out) {
  (void)instance;
  out->write(out->ctx, TEXT("{\"echo\":"));
  out->write(out->ctx, TEXT("true}"));
}

static prx_error error_of(int32_t code, prx_str message) {
  prx_error error = {sizeof error, code, 0, 0, -1, 0, -1, message, {NULL, 0}, {NULL, 0}, {NULL, 0}};
  return error;
}

static void emit(const operation* op, uint32_t type, prx_str text, prx_str name,
                 const prx_usage* usage) {
  prx_event event = {sizeof event, type, 0, 0, 0, 0, {0}, {0}, {0}, {0}, {0}, usage, NULL};
  event.text = text;
  event.name = name;
  if (type == PRX_EV_FINISH) event.finish = PRX_FINISH_STOP;
  op->sink.event(op->sink.ctx, &event);
}

static void answer(void* ctx) {
  operation* op = ctx;
  const prx_usage usage = {sizeof usage, 0, 3, 4, 7, -1, -1, -1, 0.25};
  op->timer = 0;
  emit(op, PRX_EV_META, TEXT(""), TEXT("echo-1"), NULL);
  emit(op, PRX_EV_TEXT, op->request.body, TEXT(""), NULL);
  emit(op, PRX_EV_FINISH, TEXT(""), TEXT("stop"), NULL);
  emit(op, PRX_EV_USAGE, TEXT(""), TEXT(""), &usage);
  emit(op, PRX_EV_DONE, TEXT(""), TEXT(""), NULL);
}

static int is_model(const operation* op, const char* name) {
  return op->request.model.len == strlen(name) &&
         memcmp(op->request.model.ptr, name, strlen(name)) == 0;
}

static int32_t start(void* instance, const prx_request* request, const prx_sink* sink,
                     const prx_fail* fail, void** out) {
  const prx_host* host = instance;
  const prx_log* log = host->service(host, TEXT(PRX_LOG_ID));
  operation* op = calloc(1, sizeof *op);
  op->host = host;
  op->exec = host->service(host, TEXT(PRX_EXEC_ID));
  PRX_COPY(&op->sink, sink);
  op->request = *request;
  if (is_model(op, "refuse")) {
    const prx_error error = error_of(PRX_E_NOT_FOUND, TEXT("no such model"));
    free(op);
    fail->set(fail->ctx, &error);
    return PRX_E_NOT_FOUND;
  }
  log->write(host, PRX_LOG_INFO, TEXT("started"));
  op->timer = op->exec->timer(host, request->op_id, is_model(op, "hang") ? 1000000 : 5, answer, op);
  op->request.model = TEXT(""); /* borrowed for this call; the body stays until release */
  *out = op;
  return PRX_OK;
}
static void cancel(void* ctx) {
  operation* op = ctx;
  const prx_error error = error_of(PRX_E_CANCELLED, TEXT("cancelled"));
  prx_event event = {sizeof event, PRX_EV_ERROR, 0, 0, 0, 0, {0}, {0}, {0}, {0}, {0}, NULL, &error};
  if (op->timer == 0) return;
  op->exec->timer_cancel(op->host, op->timer);
  op->timer = 0;
  op->sink.event(op->sink.ctx, &event);
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
static const prx_plugin plugin = {sizeof plugin, PRX_ABI_MAJOR, 0,      0,         {"echo", 4},
                                  {"1", 1},      init,          deinit, interface_};
PRX_EXPORT const prx_plugin* prx_plugin_query_v1(void) { return &plugin; }
