/* The plugin as it was built, played with by a host in memory that has a clock and no network. */
#include <dlfcn.h>
#include <prx/plugin.h>
#include <stdio.h>
#include <string.h>

#define STR(literal) \
  { literal, sizeof(literal) - 1 }
#define CHECK(holds) \
  (++made,           \
   (holds) ? (void)0 \
           : (void)(++failed, fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #holds)))
static int made, failed;

/* ---------------------------------------------------------------- the host: one timer at a time */

static prx_task timer_task;
static void* timer_ctx;

static int64_t now_ns(const prx_host* host) { return (void)host, 1; }
static int32_t refuse_task(const prx_host* host, uint64_t op_id, prx_task task, void* ctx) {
  return (void)host, (void)op_id, (void)task, (void)ctx, PRX_E_INVALID_REQUEST;
}
static uint64_t set_timer(const prx_host* host, uint64_t op_id, int64_t delay_ms, prx_task task,
                          void* ctx) {
  (void)host, (void)op_id, (void)delay_ms;
  if (timer_task != NULL) return 0;
  timer_task = task;
  timer_ctx = ctx;
  return 1;
}
static void cancel_timer(const prx_host* host, uint64_t id) {
  (void)host, (void)id;
  timer_task = NULL;
}
static void fire_timer(void) {
  const prx_task task = timer_task;
  timer_task = NULL;
  if (task != NULL) task(timer_ctx);
}

static const prx_exec clock_services = {sizeof(prx_exec), 0,         now_ns,      refuse_task,
                                        refuse_task,      set_timer, cancel_timer};
static const void* service(const prx_host* host, prx_str id) {
  (void)host;
  const size_t size = sizeof PRX_EXEC_ID - 1;
  return id.len == size && memcmp(id.ptr, PRX_EXEC_ID, size) == 0 ? &clock_services : NULL;
}
static const prx_host host = {sizeof(prx_host), PRX_ABI_MINOR, NULL,
                              STR("test"),      STR("1"),      service};

static int32_t failed_with; /* PRX_E_*, of the last refusal */
static void set_failure(void* ctx, const prx_error* error) {
  (void)ctx;
  failed_with = error->code;
}
static const prx_fail fail = {sizeof(prx_fail), 0, NULL, set_failure};

/* ------------------------------------------------------------------------------- one operation */

typedef struct heard {
  char text[256];
  int ends;
  int32_t error; /* PRX_E_* of the end, or PRX_OK */
} heard;

static int32_t hear(void* ctx, const prx_event* event) {
  heard* out = ctx;
  CHECK(out->ends == 0);
  const size_t size = strlen(out->text), room = sizeof out->text - size - 1;
  if (event->type == PRX_EV_TEXT)
    memcpy(out->text + size, event->text.ptr, event->text.len < room ? event->text.len : room);
  if (event->type >= PRX_EV_DONE) ++out->ends;
  if (event->type == PRX_EV_ERROR) out->error = event->error->code;
  return 0;
}

static int32_t start(const prx_provider* provider, void* instance, uint32_t kind, heard* out,
                     void** op) {
  const prx_sink sink = {sizeof sink, 0, out, hear};
  const prx_request request = {.size = sizeof request,
                               .op = kind,
                               .attempt = 1,
                               .op_id = 1,
                               .deadline_ns = INT64_MAX,
                               .body = STR("{}")};
  memset(out, 0, sizeof *out);
  return provider->start(instance, &request, &sink, &fail, op);
}

static void check_provider(const prx_provider* provider, void* instance) {
  heard said;
  void* op = NULL;
  CHECK(start(provider, instance, PRX_OP_CHAT, &said, &op) == PRX_OK);
  CHECK(said.text[0] == '\0' && said.ends == 0); /* nothing from inside start() */
  fire_timer();
  CHECK(strcmp(said.text, "Hello from @ID@.") == 0);
  CHECK(said.ends == 1 && said.error == PRX_OK);
  provider->cancel(op); /* after the end: nothing happens */
  provider->release(op);

  CHECK(start(provider, instance, PRX_OP_CHAT, &said, &op) == PRX_OK);
  provider->cancel(op);
  provider->cancel(op);
  CHECK(timer_task == NULL);
  CHECK(said.ends == 1 && said.error == PRX_E_CANCELLED);
  provider->release(op);

  CHECK(start(provider, instance, PRX_OP_MODELS, &said, &op) == PRX_E_UNSUPPORTED);
  CHECK(failed_with == PRX_E_UNSUPPORTED && said.ends == 0);
}

int main(int count, char** arguments) {
  void* const file = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  const prx_plugin* (*query)(void) = NULL;
  if (file != NULL) *(void**)&query = dlsym(file, PRX_QUERY_SYMBOL);
  if (query == NULL) return fprintf(stderr, "%s\n", dlerror()), 2;
  const prx_plugin* const plugin = query();
  const prx_str wanted = STR(PRX_PROVIDER_ID), config = STR("{}");
  const prx_provider* const provider = plugin->interface_(wanted);
  void *module = NULL, *instance = NULL;
  CHECK(plugin->init(&host, &fail, &module) == PRX_OK);
  CHECK(provider->create(module, &host, plugin->id, config, &fail, &instance) == PRX_OK);
  if (instance != NULL) check_provider(provider, instance);
  provider->destroy(instance);
  plugin->deinit(module);
  fprintf(stderr, "%d checks, %d failed\n", made, failed);
  return failed == 0 ? 0 : 1;
}
