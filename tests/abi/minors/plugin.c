/* Says what it sees: "plain", or "next N" when the host's request has the field of the next minor.
 * Its own events have one too when it is built against that minor. */
#include "prx/plugin.h"

#include <stdlib.h>
#include <string.h>

PRX_PLUGIN_NOTE("{\"id\":\"minors\",\"version\":\"1\",\"abi\":\"1.0\",\"kinds\":[\"minors\"]}");

typedef struct operation {
  prx_sink sink;
  char text[32];
} operation;

static void emit(operation* op, uint32_t type, prx_str text) {
  prx_event event;
  memset(&event, 0, sizeof event);
  event.size = sizeof event;
  event.type = type;
  event.text = text;
  if (type == PRX_EV_FINISH) event.finish = PRX_FINISH_STOP;
#ifdef PRX_ABI_IS_NEXT
  event.next = 9;
#endif
  op->sink.event(op->sink.ctx, &event);
}
static void speak(void* ctx) {
  operation* op = ctx;
  const prx_str nothing = {NULL, 0}, text = {op->text, strlen(op->text)};
  emit(op, PRX_EV_TEXT, text);
  emit(op, PRX_EV_FINISH, nothing);
  emit(op, PRX_EV_DONE, nothing);
}

static int32_t create(void* module, const prx_host* host, prx_str kind, prx_str config,
                      const prx_fail* fail, void** instance) {
  (void)module, (void)kind, (void)config, (void)fail;
  *instance = (void*)host;
  return PRX_OK;
}
static void destroy(void* instance) { (void)instance; }
static void describe(void* instance, const prx_text_out* out) {
  const prx_str nothing = {"{}", 2};
  (void)instance;
  out->write(out->ctx, nothing);
}
static int32_t start(void* instance, const prx_request* request, const prx_sink* sink,
                     const prx_fail* fail, void** out) {
  const prx_host* host = instance;
  const prx_str id = {PRX_EXEC_ID, sizeof PRX_EXEC_ID - 1};
  const prx_exec* exec = host->service(host, id);
  operation* op = calloc(1, sizeof *op);
  (void)fail;
  PRX_COPY(&op->sink, sink);
  strcpy(op->text, "plain");
#ifdef PRX_ABI_IS_NEXT
  if (PRX_HAS(prx_request, request, next)) {
    strcpy(op->text, "next ");
    op->text[5] = (char)('0' + request->next);
  }
#endif
  if (exec->timer(host, request->op_id, 0, speak, op) == 0) {
    free(op);
    return PRX_E_INTERNAL;
  }
  *out = op;
  return PRX_OK;
}
static void cancel(void* op) { (void)op; }
static void release(void* op) { free(op); }

static const prx_provider provider = {.size = sizeof(prx_provider),
                                      .create = create,
                                      .destroy = destroy,
                                      .describe = describe,
                                      .start = start,
                                      .cancel = cancel,
                                      .release = release};
static int32_t init(const prx_host* host, const prx_fail* fail, void** module) {
  (void)host, (void)fail;
  *module = NULL;
  return PRX_OK;
}
static void deinit(void* module) { (void)module; }
static const void* interface_(prx_str id) {
  const size_t size = sizeof PRX_PROVIDER_ID - 1;
  return id.len == size && memcmp(id.ptr, PRX_PROVIDER_ID, size) == 0 ? &provider : NULL;
}
static const prx_plugin plugin = {.size = sizeof(prx_plugin),
                                  .abi_major = PRX_ABI_MAJOR,
                                  .abi_minor = PRX_ABI_MINOR,
                                  .id = {"minors", 6},
                                  .version = {"1", 1},
                                  .init = init,
                                  .deinit = deinit,
                                  .interface_ = interface_};
PRX_EXPORT const prx_plugin* prx_plugin_query_v1(void) { return &plugin; }
