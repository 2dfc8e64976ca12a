/* Answers from its loop, in turns of 16 events: as many pieces of text as the model is called. */
#include <prx/plugin.h>
#include <stdlib.h>
#include <string.h>

PRX_PLUGIN_NOTE(
    "{\"id\":\"pieces\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"kinds\":[\"pieces\"],"
    "\"operations\":[\"chat\"],\"key_env\":\"\",\"default_model\":\"1\"}");

enum { kPerTurn = 16 };

typedef struct operation {
  const prx_host* host;
  const prx_exec* exec;
  prx_sink sink;
  uint64_t id;
  long left;
} operation;

static prx_str text(const char* bytes) {
  prx_str out = {bytes, strlen(bytes)};
  return out;
}

static void send_event(operation* op, uint32_t type, const char* words) {
  prx_event event;
  memset(&event, 0, sizeof event);
  event.size = sizeof event;
  event.type = type;
  event.finish = PRX_FINISH_STOP;
  event.text = text(words);
  op->sink.event(op->sink.ctx, &event);
}

static void turn(void* ctx) {
  operation* op = ctx;
  int i;
  for (i = 0; i < kPerTurn && op->left > 0; ++i, --op->left) send_event(op, PRX_EV_TEXT, " word");
  if (op->left > 0) {
    op->exec->post(op->host, op->id, turn, op);
    return;
  }
  send_event(op, PRX_EV_FINISH, "");
  send_event(op, PRX_EV_DONE, "");
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
  out->write(out->ctx, text("{}"));
}
static int32_t start(void* instance, const prx_request* request, const prx_sink* sink,
                     const prx_fail* fail, void** op) {
  operation* made = calloc(1, sizeof *made);
  char count[16] = "";
  (void)fail;
  if (made == NULL) return PRX_E_INTERNAL;
  made->host = instance;
  made->exec = made->host->service(made->host, text(PRX_EXEC_ID));
  made->sink = *sink;
  made->id = request->op_id;
  if (request->model.len < sizeof count) memcpy(count, request->model.ptr, request->model.len);
  made->left = strtol(count, NULL, 10);
  *op = made;
  return made->exec->post(made->host, made->id, turn, made);
}
static void cancel(void* op) { ((operation*)op)->left = 0; }
static void release(void* op) { free(op); }

static const prx_provider provider = {
    sizeof(prx_provider), 0, create, destroy, describe, start, cancel, release};

static int32_t init(const prx_host* host, const prx_fail* fail, void** module) {
  (void)host, (void)fail;
  *module = NULL;
  return PRX_OK;
}
static void deinit(void* module) { (void)module; }
static const void* get_interface(prx_str id) {
  return id.len == strlen(PRX_PROVIDER_ID) && memcmp(id.ptr, PRX_PROVIDER_ID, id.len) == 0
             ? &provider
             : NULL;
}
static const prx_plugin plugin = {
    sizeof(prx_plugin), 1, 0, 0, {"pieces", 6}, {"1.0.0", 5}, init, deinit, get_interface};

const prx_plugin* prx_plugin_query_v1(void) { return &plugin; }
