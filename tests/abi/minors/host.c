/* host PLUGIN: one operation of a plugin that may be built against another minor. Prints its text,
 * and the field of the next minor when both sides have it. Each struct that it gives ends where its
 * memory ends, so that a plugin which reads more than its size says dies. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "prx/plugin.h"

static prx_task due;
static void* due_ctx;

/* Copies into memory behind which nothing is mapped. */
static void* at_the_edge(const void* bytes, size_t size) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char* const two =
      mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (two == MAP_FAILED || mprotect(two + page, page, PROT_NONE) != 0) exit(2);
  return memcpy(two + page - size, bytes, size);
}

static uint64_t timer(const prx_host* host, uint64_t op_id, int64_t delay_ms, prx_task task,
                      void* ctx) {
  (void)host, (void)op_id, (void)delay_ms;
  due = task;
  due_ctx = ctx;
  return 1;
}
static const void* service(const prx_host* host, prx_str id) {
  static const prx_exec* given;
  const size_t size = sizeof PRX_EXEC_ID - 1;
  (void)host;
  if (id.len != size || memcmp(id.ptr, PRX_EXEC_ID, size) != 0) return NULL;
  if (given == NULL) {
    const prx_exec table = {.size = sizeof(prx_exec), .timer = timer};
    given = at_the_edge(&table, sizeof table);
  }
  return given;
}
static int32_t event(void* ctx, const prx_event* told) {
  (void)ctx;
  if (told->size < offsetof(prx_event, error) + sizeof told->error) exit(3);
  if (told->type == PRX_EV_TEXT) printf("%.*s", (int)told->text.len, told->text.ptr);
#ifdef PRX_ABI_IS_NEXT
  if (told->type == PRX_EV_TEXT && PRX_HAS(prx_event, told, next)) printf(" %d", (int)told->next);
#endif
  if (told->type == PRX_EV_DONE) puts(" done");
  return 0;
}

int main(int count, char** arguments) {
  void* const file = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  const prx_plugin* (*query)(void) = NULL;
  if (file != NULL) *(void**)&query = dlsym(file, PRX_QUERY_SYMBOL);
  if (query == NULL) return 4;
  const prx_plugin* const plugin = query();
  const prx_str id = {PRX_PROVIDER_ID, sizeof PRX_PROVIDER_ID - 1}, kind = plugin->id;
  const prx_str config = {"{}", 2};
  const prx_provider* const provider = plugin->interface_(id);
  if (plugin->abi_major != PRX_ABI_MAJOR || plugin->abi_needs > PRX_ABI_MINOR || provider == NULL)
    return 5;

  const prx_host bare = {.size = sizeof(prx_host), .abi_minor = PRX_ABI_MINOR, .service = service};
  const prx_host* const host = at_the_edge(&bare, sizeof bare);
  void *module = NULL, *instance = NULL, *op = NULL;
  if (plugin->init(host, NULL, &module) != PRX_OK) return 6;
  if (provider->create(module, host, kind, config, NULL, &instance) != PRX_OK) return 7;

  prx_request asked = {.size = sizeof asked, .op = PRX_OP_CHAT, .op_id = 1, .body = {"{}", 2}};
#ifdef PRX_ABI_IS_NEXT
  asked.next = 7;
#endif
  const prx_sink listens = {.size = sizeof(prx_sink), .event = event};
  const prx_request* const request = at_the_edge(&asked, sizeof asked);
  const prx_sink* const sink = at_the_edge(&listens, sizeof listens);
  if (provider->start(instance, request, sink, NULL, &op) != PRX_OK || due == NULL) return 8;
  due(due_ctx);
  provider->release(op);
  provider->destroy(instance);
  plugin->deinit(module);
  return 0;
}
