/* A host in C11: every form of a call, a failure, a cancel from another thread, a reload. It asks
 * what its environment names (the simulator), and says "ok" and the words of the answer when all of
 * it was as it should be. */
#include <prx/prx.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define EXPECT(condition)                                                     \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                \
    }                                                                         \
  } while (0)

static const char* const kConfig = "[reliability]\nretries = 0\n[providers.openrouter]\n";

/* What callbacks saw; guarded by its mutex. */
typedef struct {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  size_t lines, measured, pieces, ends;
  prx_response* response;
  prx_failure* failure;
} seen;

static void count(seen* all, size_t* what) {
  pthread_mutex_lock(&all->mutex);
  ++*what;
  pthread_cond_broadcast(&all->changed);
  pthread_mutex_unlock(&all->mutex);
}

static void on_log(void* ctx, int32_t level, prx_str line) {
  EXPECT(level >= PRX_LOG_TRACE && level <= PRX_LOG_ERROR && line.len > 0);
  count(ctx, &((seen*)ctx)->lines);
}

static void on_metrics(void* ctx, const prx_measurement* measured) {
  EXPECT(PRX_HAS(prx_measurement, measured, connection_reused));
  count(ctx, &((seen*)ctx)->measured);
}

static const char* on_environment(void* ctx, const char* name) {
  (void)ctx;
  return getenv(name);
}

static int32_t on_event(void* ctx, const prx_stream_event* event) {
  if (event->type == PRX_STREAM_TEXT) count(ctx, &((seen*)ctx)->pieces);
  return 0;
}

static void on_end(void* ctx, prx_response* response, prx_failure* failure) {
  seen* const all = ctx;
  all->response = response;
  all->failure = failure;
  count(all, &all->ends);
}

static prx_client* open_client(seen* all) {
  prx_client_options options = prx_client_options_init();
  prx_client* client = NULL;
  prx_failure* failure = NULL;
  options.config_text = kConfig;
  options.ctx = all;
  options.log = on_log;
  options.metrics = on_metrics;
  options.environment = on_environment;
  if (prx_client_open(&options, &client, &failure) != PRX_OK) {
    fprintf(stderr, "%s\n", prx_failure_message(failure, NULL));
    exit(1);
  }
  EXPECT(failure == NULL);
  EXPECT(prx_client_reload(client, &options, NULL) == PRX_OK);
  return client;
}

static prx_chat_request ask(const char* prompt, const char* model) {
  prx_chat_request request = prx_chat_request_init();
  request.prompt = prompt;
  request.model = model;
  return request;
}

static void blocked(prx_client* client) {
  const prx_chat_request request = ask("in one piece", NULL);
  prx_response* response = NULL;
  prx_usage usage;
  EXPECT(prx_client_chat(client, &request, NULL, &response, NULL) == PRX_OK);
  EXPECT(strstr(prx_response_text(response, NULL), "in one piece") != NULL);
  EXPECT(prx_response_finish(response) == PRX_FINISH_STOP);
  usage.size = sizeof usage;
  EXPECT(prx_response_usage(response, &usage) == 1 && usage.completion_tokens > 0);
  EXPECT(prx_response_attempt_count(response) == 1);
  puts(prx_response_text(response, NULL));
  prx_response_free(response);
}

static void refused(prx_client* client) {
  const prx_chat_request request = ask("hi", "sim/401");
  prx_failure* failure = NULL;
  EXPECT(prx_client_chat(client, &request, NULL, NULL, &failure) == PRX_E_AUTH);
  EXPECT(prx_failure_http_status(failure) == 401);
  EXPECT(strcmp(prx_class_name(prx_failure_class(failure)), "auth") == 0);
  EXPECT(prx_response_attempt_count(prx_failure_partial(failure)) == 1);
  prx_failure_free(failure);
}

static void pulled(prx_client* client) {
  const prx_chat_request request = ask("piece by piece", NULL);
  const prx_stream_event* event;
  prx_stream* stream = NULL;
  prx_response* response = NULL;
  size_t size = 0, whole = 0;
  EXPECT(prx_client_stream(client, &request, NULL, &stream, NULL) == PRX_OK);
  while ((event = prx_stream_next(stream)) != NULL)
    if (event->type == PRX_STREAM_TEXT) size += event->text.len;
  EXPECT(prx_stream_finish(stream, &response, NULL) == PRX_OK);
  prx_response_text(response, &whole);
  EXPECT(size == whole && size > 0);
  prx_response_free(response);
  prx_stream_free(stream);
  EXPECT(prx_client_stream(client, &request, NULL, &stream, NULL) == PRX_OK);
  prx_stream_free(stream); /* in the middle, or before it began */
}

static void pushed(prx_client* client, seen* all) {
  const prx_chat_request request = ask("as it comes", NULL);
  prx_call_sink sink;
  prx_call* call = NULL;
  memset(&sink, 0, sizeof sink);
  sink.size = (uint32_t)sizeof sink;
  sink.ctx = all;
  sink.event = on_event;
  sink.end = on_end;
  EXPECT(prx_client_start(client, &request, NULL, &sink, &call, NULL) == PRX_OK);
  pthread_mutex_lock(&all->mutex);
  while (all->ends == 0) pthread_cond_wait(&all->changed, &all->mutex);
  EXPECT(all->pieces > 1 && all->response != NULL && all->failure == NULL);
  pthread_mutex_unlock(&all->mutex);
  prx_call_free(call);
  prx_response_free(all->response);
}

static void* cancel(void* canceller) {
  prx_canceller_cancel(canceller);
  return NULL;
}

static void cancelled(prx_client* client) {
  const prx_chat_request request = ask("never", "sim/silence");
  prx_call_options how = prx_call_options_init();
  pthread_t other;
  how.canceller = prx_canceller_new();
  EXPECT(how.canceller != NULL);
  EXPECT(pthread_create(&other, NULL, cancel, how.canceller) == 0);
  EXPECT(prx_client_chat(client, &request, &how, NULL, NULL) == PRX_E_CANCELLED);
  pthread_join(other, NULL);
  prx_canceller_free(how.canceller);
}

int main(void) {
  seen all;
  prx_client* client;
  memset(&all, 0, sizeof all);
  pthread_mutex_init(&all.mutex, NULL);
  pthread_cond_init(&all.changed, NULL);
  client = open_client(&all);
  blocked(client);
  refused(client);
  pulled(client);
  pushed(client, &all);
  cancelled(client);
  prx_client_free(client);
  EXPECT(all.measured >= 10); /* six calls, at least four of them with an attempt */
  printf("ok with libprx %s\n", prx_version());
  return 0;
}
