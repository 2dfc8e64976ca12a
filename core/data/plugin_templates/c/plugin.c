/* A provider in plain C: answers every chat with one text, on the next turn of the host's loop.
 * Replace answer() by what makes one. Every rule that it keeps is in prx/plugin.h. */
#include <prx/plugin.h>
#include <stdlib.h>
#include <string.h>

/* What prx knows of the plugin before any of its code runs. */
PRX_PLUGIN_NOTE(
    "{\"id\":\"@ID@\",\"version\":\"0.1.0\",\"abi\":\"1.0\",\"needs\":\"1.0\","
    "\"title\":\"@TITLE@\",\"kinds\":[\"@ID@\"],\"operations\":[\"chat\"],\"hosts\":[],"
    "\"key_env\":\"\",\"default_model\":\"fixed\",\"capabilities\":{},\"config\":{}}");

#define STR(literal) \
  { literal, sizeof(literal) - 1 }

typedef struct instance {
  const prx_host* host;
  const prx_exec* exec;
} instance;

typedef struct operation {
  const instance* owner;
  prx_sink sink;
  uint64_t timer; /* 0: fired or undone */
} operation;

static int32_t refuse(const prx_fail* fail, int32_t code, prx_str message) {
  prx_error error = {0};
  error.size = sizeof error;
  error.code = code;
  error.retryable = -1;
  error.retry_after_ms = -1;
  error.message = message;
  fail->set(fail->ctx, &error);
  return code;
}

static void emit(const operation* op, prx_event event) {
  event.size = sizeof event;
  op->sink.event(op->sink.ctx, &event);
}

static void answer(void* ctx) {
  operation* op = ctx;
  op->timer = 0;
  emit(op, (prx_event){.type = PRX_EV_TEXT, .text = STR("Hello from @ID@.")});
  emit(op, (prx_event){.type = PRX_EV_FINISH, .finish = PRX_FINISH_STOP, .name = STR("stop")});
  emit(op, (prx_event){.type = PRX_EV_DONE});
}

static int32_t create(void* module, const prx_host* host, prx_str kind, prx_str config_json,
                      const prx_fail* fail, void** out) {
  (void)module, (void)kind, (void)config_json;
  const prx_exec* exec = host->service(host, (prx_str)STR(PRX_EXEC_ID));
  instance* self = malloc(sizeof *self);
  if (exec == NULL || self == NULL) {
    free(self);
    return refuse(fail, PRX_E_UNSUPPORTED, (prx_str)STR("the host has no prx.exec/1"));
  }
  self->host = host;
  self->exec = exec;
  *out = self;
  return PRX_OK;
}

static void destroy(void* self) { free(self); }

static void describe(void* self, const prx_text_out* out) {
  (void)self;
  out->write(out->ctx, (prx_str)STR("{}"));
}

static int32_t start(void* self, const prx_request* request, const prx_sink* sink,
                     const prx_fail* fail, void** out) {
  if (request->op != PRX_OP_CHAT)
    return refuse(fail, PRX_E_UNSUPPORTED, (prx_str)STR("this provider can only chat"));
  operation* op = malloc(sizeof *op);
  if (op == NULL) return refuse(fail, PRX_E_INTERNAL, (prx_str)STR("out of memory"));
  op->owner = self;
  PRX_COPY(&op->sink, sink);
  op->timer = op->owner->exec->timer(op->owner->host, request->op_id, 0, answer, op);
  if (op->timer == 0) {
    free(op);
    return refuse(fail, PRX_E_INTERNAL, (prx_str)STR("the host has no timer for this operation"));
  }
  *out = op;
  return PRX_OK;
}

static void cancel(void* ctx) {
  operation* op = ctx;
  if (op->timer == 0) return; /* it has ended */
  op->owner->exec->timer_cancel(op->owner->host, op->timer);
  op->timer = 0;
  prx_error error = {0};
  error.size = sizeof error;
  error.code = PRX_E_CANCELLED;
  error.retryable = -1;
  error.retry_after_ms = -1;
  error.message = (prx_str)STR("cancelled");
  emit(op, (prx_event){.type = PRX_EV_ERROR, .error = &error});
}

static void release(void* op) { free(op); }

static int32_t init(const prx_host* host, const prx_fail* fail, void** module) {
  (void)host, (void)fail;
  *module = NULL; /* no state outside the instances */
  return PRX_OK;
}

static void deinit(void* module) { (void)module; }

static const prx_provider provider = {
    sizeof(prx_provider), 0, create, destroy, describe, start, cancel, release};

static const void* interface_of(prx_str id) {
  const size_t size = sizeof(PRX_PROVIDER_ID) - 1;
  return id.len == size && memcmp(id.ptr, PRX_PROVIDER_ID, size) == 0 ? &provider : NULL;
}

static const prx_plugin plugin = {
    .size = sizeof(prx_plugin),
    .abi_major = PRX_ABI_MAJOR,
    .abi_minor = PRX_ABI_MINOR,
    .id = STR("@ID@"),
    .version = STR("0.1.0"),
    .init = init,
    .deinit = deinit,
    .interface_ = interface_of,
};

const prx_plugin* prx_plugin_query_v1(void) { return &plugin; }
