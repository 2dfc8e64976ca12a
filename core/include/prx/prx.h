/** @file prx.h
 *
 * libprx for programs in C, and for bindings of other languages: the C++ interface's second face.
 * C11, also C++17. Start at prx_client_open(); embedding.md of prx's documentation has a whole
 * program.
 *
 *     prx_client* client = NULL;
 *     prx_failure* failure = NULL;
 *     if (prx_client_open(NULL, &client, &failure) != PRX_OK)
 *       return fail(prx_failure_message(failure, NULL));
 *     prx_chat_request request = prx_chat_request_init();
 *     request.prompt = "Name a prime.";
 *     prx_response* response = NULL;
 *     if (prx_client_chat(client, &request, NULL, &response, &failure) == PRX_OK)
 *       puts(prx_response_text(response, NULL));
 *
 * Values: error classes are PRX_E_*, finish reasons PRX_FINISH_*, levels of the log PRX_LOG_*, all
 * of prx/plugin.h, which this includes.
 *
 * Ownership
 *  - What a function gives out through a pointer to a pointer is the host's to free, with the free
 *    function of its type; so is what prx_call_sink::end is given. On failure such a pointer is
 *    NULL. Free functions take NULL. To free twice is a bug of the host, and is not caught.
 *  - Arguments are borrowed for the call unless their comment says otherwise. Texts that go in end
 *    with NUL; NULL: not set.
 *  - Texts that come out of an accessor are owned by its object and live as long; they end with
 *    NUL, may have others inside, and `size` (may be NULL) gets their length. Accessors take NULL
 *    and then answer "" or 0.
 *  - A prx_str and every struct that a callback is given are borrowed until it returns.
 *
 * Threads: each function carries a tag.
 *  - [any]    any thread, several at once.
 *  - [block]  as [any], but it may wait, so that on a thread of prx (in a callback) it fails at
 * once with PRX_E_INTERNAL instead.
 *  - [one]    one thread at a time for each object.
 *  Callbacks say theirs. They must not block, not throw and not longjmp.
 *
 * Errors: a function that can fail returns PRX_OK or the class of its failure, PRX_E_*, and gives
 * the whole of it out through `failure`, which may be NULL. Nothing is thrown. Out of memory is
 * PRX_E_INTERNAL, and its failure may be NULL too: accessors take that.
 *
 * Versions: structs begin with `size`, the host's own sizeof, and grow at their tail only: fill
 * them with their init function (one that has none: set `size`, and what is given in), and look at
 * PRX_HAS before reading a member that a later version added. A larger one than the library knows
 * is read as far as it is known; a smaller one than that of the first version is refused. Functions
 * are only added while the soname is libprx.so.0.
 *
 * Fork: a client does not survive fork() in the child; see embedding.md of prx's documentation.
 */
#ifndef PRX_PRX_H
#define PRX_PRX_H

#include <string.h>

#include "prx/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Version of the library that runs, "0.1.0". Lives as long as the process. @thread [any] */
PRX_EXPORT const char* prx_version(void) PRX_NOEXCEPT;

/** A client: see prx::Client. */
typedef struct prx_client prx_client;
/** A complete answer, or what came of one. Immutable. */
typedef struct prx_response prx_response;
/** Why there is none. Immutable. */
typedef struct prx_failure prx_failure;
/** An answer that is pulled. */
typedef struct prx_stream prx_stream;
/** An answer that is pushed. */
typedef struct prx_call prx_call;
/** Cancels calls from any thread. */
typedef struct prx_canceller prx_canceller;
/** A provider's list of models. Immutable. */
typedef struct prx_models prx_models;

/* -------------------------------------------------------------------------------------- client */

/** What is measured of an attempt, and of a call. Members are named after OpenTelemetry's semantic
 * conventions; prx::Measurement says each. Numbers are -1 when they are not known. */
typedef struct prx_measurement {
  uint32_t size;
  int32_t kind;              /**< PRX_MEASURED_* */
  prx_str operation;         /**< gen_ai.operation.name */
  prx_str call;              /**< ties attempts to their call */
  prx_str provider_name;     /**< gen_ai.provider.name: id of the plugin */
  prx_str instance;          /**< name in the configuration */
  prx_str request_model;     /**< gen_ai.request.model */
  prx_str response_model;    /**< gen_ai.response.model */
  prx_str finish_reason;     /**< gen_ai.response.finish_reasons */
  prx_str error_type;        /**< error.type; empty: it ended well */
  int64_t duration_us;       /**< gen_ai.client.operation.duration */
  int64_t first_chunk_us;    /**< gen_ai.client.operation.time_to_first_chunk */
  int64_t input_tokens;      /**< gen_ai.usage.input_tokens */
  int64_t output_tokens;     /**< gen_ai.usage.output_tokens */
  int64_t cached_tokens;     /**< part of input_tokens */
  double cost;               /**< US dollars */
  int32_t cost_uncertain;    /**< 1: a part is unknown, or was reckoned */
  int32_t http_status;       /**< of an attempt; 0: none came */
  uint64_t attempts;         /**< of a call */
  uint64_t running;          /**< operations of the client under way */
  int32_t http_version;      /**< of an attempt: 10, 11, 20; 0: no exchange */
  int32_t connection_reused; /**< of an attempt: 1 */
} prx_measurement;
enum {
  PRX_MEASURED_ATTEMPT = 0,
  PRX_MEASURED_CALL = 1 /**< count these or the attempts, never both */
};

#define PRX_CLIENT_NO_FILE 1u    /**< read no configuration file */
#define PRX_CLIENT_NO_WARM_UP 2u /**< connect when the first call wants it */
#define PRX_CLIENT_ONE_SHOT 4u   /**< for a program that makes a call or two */
#define PRX_CLIENT_NO_CATALOG 8u /**< neither read nor write cached lists of models */

/** How to open a client. All zero but `size` is a good one. See prx::ClientOptions and
 * prx::ConfigSource. */
typedef struct prx_client_options {
  uint32_t size, flags;    /**< PRX_CLIENT_*; unknown ones are refused */
  const char* config_file; /**< NULL: PRX_CONFIG, else the user's file if it exists */
  const char* config_text; /**< TOML instead of a file; excludes config_file */
  const char* config_name; /**< of the text in messages; NULL: "config" */
  const char*
      config_folder; /**< absolute; relative paths in the text count from there; NULL: "/" */
  const char *provider, *model, *chain; /**< win over the configuration; at most one of provider
                                             and chain */
  void* ctx;                            /**< for the three callbacks */
  /** A variable's value, or NULL when it is not set: copied before the callback is called again.
   * NULL: the process's environment. Kept as long as the client. Called by threads that open or
   * reload it. */
  const char* (*environment)(void* ctx, const char* name)PRX_NOEXCEPT;
  /** A line of the log, without secrets. NULL: as `[log]` says, else nowhere. Called by any thread,
   * several at once. */
  void (*log)(void* ctx, int32_t level, prx_str line) PRX_NOEXCEPT;
  /** Called on the client's loop when an attempt or a call ends. NULL: nothing is measured. */
  void (*metrics)(void* ctx, const prx_measurement* measurement) PRX_NOEXCEPT;
  const char* proxy;    /**< URL; "": none; NULL: http_proxy and its kin of the environment */
  const char* no_proxy; /**< hosts, domains and networks without it; counts beside `proxy` */
  const char* ca_file;  /**< PEM; of providers without a ca_file of their own; excludes ca_pem */
  const char* ca_pem;   /**< the same as text */
  const char *host_name, *host_version; /**< told to plugins and servers, printable
                                             ASCII; NULL: those of libprx */
} prx_client_options;

static inline prx_client_options prx_client_options_init(void) {
  prx_client_options options;
  memset(&options, 0, sizeof options);
  options.size = (uint32_t)sizeof options;
  return options;
}

/** Loads a configuration and opens a client on it, without waiting for the network.
 * @param options  NULL: the user's configuration, the process's environment.
 * @return PRX_OK; PRX_E_INVALID_REQUEST (configuration, options), PRX_E_NOT_FOUND (no usable
 *         plugin), PRX_E_PERMISSION (a plugin's file is not trusted, or is not what its sha256
 *         pins), PRX_E_BAD_RESPONSE (a file that is no plugin of this version); the class that the
 *         plugin's init or create refused with, whichever that is; PRX_E_INTERNAL.
 * @thread [any] */
PRX_EXPORT int32_t prx_client_open(const prx_client_options* options, prx_client** client,
                                   prx_failure** failure) PRX_NOEXCEPT;
/** Cancels what runs, and waits for it. Streams, calls, responses and failures may outlive it.
 * @thread [one], not in a callback of this client: there it cancels and waits for nothing, the
 *         client's thread and memory are left behind, and its log says so. */
PRX_EXPORT void prx_client_free(prx_client* client) PRX_NOEXCEPT;
/** Loads a configuration and puts it in force; calls under way finish on the old one.
 * @param options  of them count: size, flags, config_*, provider, model, chain, ctx, environment.
 * @return as prx_client_open; PRX_E_AUTH: no target can be asked. Nothing has changed then.
 * @thread [block] */
PRX_EXPORT int32_t prx_client_reload(prx_client* client, const prx_client_options* options,
                                     prx_failure** failure) PRX_NOEXCEPT;

/* --------------------------------------------------------------------------------------- calls */

/** What is asked: a body, or a prompt. */
typedef struct prx_chat_request {
  uint32_t size, zero;
  const char* body;   /**< a Chat Completions request as JSON text; excludes system and prompt */
  size_t body_size;   /**< bytes of it; 0: it ends with NUL */
  const char* model;  /**< NULL: that of the body, else that of the target; "chain:NAME" too */
  const char* system; /**< without a body: the instructions, may be NULL */
  const char* prompt; /**< without a body: the user's words */
} prx_chat_request;

static inline prx_chat_request prx_chat_request_init(void) {
  prx_chat_request request;
  memset(&request, 0, sizeof request);
  request.size = (uint32_t)sizeof request;
  return request;
}

/** One try of a call: see prx::Attempt. Times in microseconds from its start; -1: not reached. */
typedef struct prx_attempt {
  uint32_t size, flags; /**< PRX_ATTEMPT_* */
  prx_str provider, model, reason, key_label;
  int32_t error_class; /**< PRX_OK: it served */
  int32_t http_status, http_version;
  uint32_t exchanges; /**< HTTP requests it made */
  prx_str error_message, served_model, served_by, generation_id;
  int64_t wait_us, connected_us, head_us, first_token_us, total_us;
  int64_t prompt_tokens, completion_tokens; /**< -1: not said */
  double cost;                              /**< US dollars; negative: nobody knows */
} prx_attempt;
#define PRX_ATTEMPT_REUSED 1u         /**< over a pooled connection */
#define PRX_ATTEMPT_SKIPPED 2u        /**< its target was not asked; error_message says why */
#define PRX_ATTEMPT_COST_ESTIMATED 4u /**< from listed prices */

#define PRX_CALL_TOOL_CALL_DELTAS 1u   /**< also PRX_STREAM_TOOL_CALL_DELTA events */
#define PRX_CALL_FRAMES 2u             /**< fill prx_stream_event::frame; more types of events */
#define PRX_CALL_PLAIN_UPSTREAM 4u     /**< ask the server for an answer in one piece */
#define PRX_CALL_ANY_TOOL_ARGUMENTS 8u /**< arguments that are not JSON are no failure */

/** How to make one call. All zero but `size` is a good one. See prx::CallOptions. */
typedef struct prx_call_options {
  uint32_t size, flags;     /**< PRX_CALL_*; unknown ones are refused */
  const char* provider;     /**< an instance's name, which alone is asked; NULL: a chain */
  const char* chain;        /**< a chain's name; NULL: the one in force */
  const char* traceparent;  /**< W3C trace context to pass on */
  int64_t deadline_ms;      /**< of the whole call, 1 or more; 0: as configured */
  prx_canceller* canceller; /**< cancels it; may be freed at any time; NULL: nobody does */
  void* ctx;                /**< for the callback */
  /** Each attempt as it ends, on the client's loop. */
  void (*attempt)(void* ctx, const prx_attempt* attempt) PRX_NOEXCEPT;
} prx_call_options;

static inline prx_call_options prx_call_options_init(void) {
  prx_call_options options;
  memset(&options, 0, sizeof options);
  options.size = (uint32_t)sizeof options;
  return options;
}

/** NULL when there is no memory. @thread [any] */
PRX_EXPORT prx_canceller* prx_canceller_new(void) PRX_NOEXCEPT;
/** All calls that have it end soon with PRX_E_CANCELLED, and later ones at once. @thread [any] */
PRX_EXPORT void prx_canceller_cancel(prx_canceller* canceller) PRX_NOEXCEPT;
/** Calls that have it go on, and cannot be cancelled by it any more. @thread [one] */
PRX_EXPORT void prx_canceller_free(prx_canceller* canceller) PRX_NOEXCEPT;

/** Asks, and waits for the whole answer.
 * @param options  NULL: none.
 * @thread [block] */
PRX_EXPORT int32_t prx_client_chat(prx_client* client, const prx_chat_request* request,
                                   const prx_call_options* options, prx_response** response,
                                   prx_failure** failure) PRX_NOEXCEPT;

/** Types of prx_stream_event. Ignore unknown ones. */
enum {
  PRX_STREAM_META = 0,            /**< id: generation id; name: served model; text: its vendor */
  PRX_STREAM_TEXT = 1,            /**< text */
  PRX_STREAM_REASONING = 2,       /**< text */
  PRX_STREAM_TOOL_CALL_DELTA = 3, /**< index; id and name on the first; text: piece of arguments */
  PRX_STREAM_TOOL_CALL = 4,       /**< index, id, name, text: the whole arguments; json */
  PRX_STREAM_ITEM = 5,            /**< name, id, json */
  PRX_STREAM_PROGRESS = 6,        /**< text */
  PRX_STREAM_RESTART = 7,         /**< what came so far (reasoning alone) is void: it starts anew */
  PRX_STREAM_FINISH = 8,          /**< PRX_CALL_FRAMES; text: "stop" ...; name: provider's reason */
  PRX_STREAM_USAGE = 9,           /**< PRX_CALL_FRAMES; json: the provider's usage object */
  PRX_STREAM_OTHER = 10           /**< PRX_CALL_FRAMES; json: a frame that says nothing else */
};

#define PRX_STREAM_SAME_FRAME 1u /**< the frame of the event before this one says this, too */

/** A piece of an answer: see prx::StreamEvent. */
typedef struct prx_stream_event {
  uint32_t size;
  int32_t type; /**< PRX_STREAM_* */
  uint32_t choice, index;
  prx_str text, id, name, json;
  prx_str frame;        /**< the source frame on its first event, with PRX_CALL_FRAMES */
  uint32_t flags, zero; /**< PRX_STREAM_SAME_FRAME */
} prx_stream_event;

/** Where a pushed answer goes. */
typedef struct prx_call_sink {
  uint32_t size, zero;
  void* ctx; /**< for both; must live until `end` returned or prx_call_free returned */
  /** May be NULL. Called on the client's loop. @return 0; else the call is cancelled. */
  int32_t (*event)(void* ctx, const prx_stream_event* event) PRX_NOEXCEPT;
  /** Exactly once and last, unless the call was freed before: one of the two is NULL, the other is
   * the host's to free; both are when there was no memory for them. Called on the client's loop. */
  void (*end)(void* ctx, prx_response* response, prx_failure* failure) PRX_NOEXCEPT;
} prx_call_sink;

/** Asks, and does not wait for an answer; what goes wrong later comes to sink->end. The first call
 * that names a provider makes it, which takes as long as its plugin does to load (one in a process
 * of its own: up to 10 s); in a callback all calls of the client wait for that.
 * @param sink  copied.
 * @param call  must be freed, in a callback or later; *call is set before the first callback, which
 *              may come before this returns.
 * @return PRX_OK, and then `end` comes; else (the arguments are wrong) it never does.
 * @thread [any] */
PRX_EXPORT int32_t prx_client_start(prx_client* client, const prx_chat_request* request,
                                    const prx_call_options* options, const prx_call_sink* sink,
                                    prx_call** call, prx_failure** failure) PRX_NOEXCEPT;
/** Ends it soon with PRX_E_CANCELLED. @thread [any] */
PRX_EXPORT void prx_call_cancel(prx_call* call) PRX_NOEXCEPT;
/** Holds the server back, and no clock of the call runs; what came already is still delivered.
 * @thread [any] */
PRX_EXPORT void prx_call_pause(prx_call* call) PRX_NOEXCEPT;
/** @thread [any] */
PRX_EXPORT void prx_call_resume(prx_call* call) PRX_NOEXCEPT;
/** Cancels it if it still runs. No callback begins once this was called, `end` neither, and when it
 * returns none runs; in a callback of the call itself it returns at once. @thread [one] */
PRX_EXPORT void prx_call_free(prx_call* call) PRX_NOEXCEPT;

/** As prx_client_start(), but what comes, and what goes wrong later, is taken from the stream. A
 * reader that does not come holds the server back.
 * @return PRX_OK; else the arguments are wrong.
 * @thread [any] */
PRX_EXPORT int32_t prx_client_stream(prx_client* client, const prx_chat_request* request,
                                     const prx_call_options* options, prx_stream** stream,
                                     prx_failure** failure) PRX_NOEXCEPT;
/** Waits for the next piece; NULL at the end, then and ever after. It lives until the next call.
 * @thread [one], [block] */
PRX_EXPORT const prx_stream_event* prx_stream_next(prx_stream* stream) PRX_NOEXCEPT;
/** How it ended: reads and drops what is left first. Gives out as prx_client_chat(), each time
 * anew.
 * @thread [one], [block] */
PRX_EXPORT int32_t prx_stream_finish(prx_stream* stream, prx_response** response,
                                     prx_failure** failure) PRX_NOEXCEPT;
/** prx_stream_next() comes to its end soon. @thread [any] */
PRX_EXPORT void prx_stream_cancel(prx_stream* stream) PRX_NOEXCEPT;
/** Cancels it if it still runs, and waits until nothing of it does. @thread [one] */
PRX_EXPORT void prx_stream_free(prx_stream* stream) PRX_NOEXCEPT;

/* ------------------------------------------------------------------------------------- answers */

PRX_EXPORT void prx_response_free(prx_response* response) PRX_NOEXCEPT; /**< @thread [one] */

/** @name Accessors of a response. @thread [any]
 * @{ */
PRX_EXPORT const char* prx_response_text(const prx_response* response, size_t* size) PRX_NOEXCEPT;
PRX_EXPORT const char* prx_response_reasoning(const prx_response* response,
                                              size_t* size) PRX_NOEXCEPT;
PRX_EXPORT const char* prx_response_refusal(const prx_response* response,
                                            size_t* size) PRX_NOEXCEPT;
/** The turn as the next request has to say it again, one JSON object for its `messages`: text, tool
 * calls, and what the provider signed. "": there is no memory for it. */
PRX_EXPORT const char* prx_response_message(const prx_response* response,
                                            size_t* size) PRX_NOEXCEPT;
/** Generation id. */
PRX_EXPORT const char* prx_response_id(const prx_response* response, size_t* size) PRX_NOEXCEPT;
/** Model that served. */
PRX_EXPORT const char* prx_response_model(const prx_response* response, size_t* size) PRX_NOEXCEPT;
/** Provider that served, by its name in the configuration. */
PRX_EXPORT const char* prx_response_provider(const prx_response* response,
                                             size_t* size) PRX_NOEXCEPT;
/** Vendor behind it, when it says. */
PRX_EXPORT const char* prx_response_served_by(const prx_response* response,
                                              size_t* size) PRX_NOEXCEPT;
/** PRX_FINISH_*. */
PRX_EXPORT int32_t prx_response_finish(const prx_response* response) PRX_NOEXCEPT;
/** The provider's own word for it. */
PRX_EXPORT const char* prx_response_finish_name(const prx_response* response,
                                                size_t* size) PRX_NOEXCEPT;
/** Fills *usage as far as its `size` goes, which the host has set: tokens and the cost of the
 * attempt that served, negative when the provider did not say. @return 1; 0: nothing was filled. */
PRX_EXPORT int32_t prx_response_usage(const prx_response* response, prx_usage* usage) PRX_NOEXCEPT;
/** What all attempts cost, in US dollars. @param uncertain  may be NULL; 1: the cost of an attempt
 * is not known, or was reckoned from listed prices. */
PRX_EXPORT double prx_response_cost(const prx_response* response, int32_t* uncertain) PRX_NOEXCEPT;
/** @} */

/** A tool call of a response. */
typedef struct prx_tool_call {
  uint32_t size, zero;
  prx_str id, name, arguments; /**< arguments: JSON text as the model wrote it */
} prx_tool_call;

PRX_EXPORT size_t prx_response_tool_call_count(const prx_response* response) PRX_NOEXCEPT;
/** Fills *call as far as its `size` goes, which the host has set; its texts live as long as the
 * response. @return 1; 0: there is none of that index. @thread [any] */
PRX_EXPORT int32_t prx_response_tool_call(const prx_response* response, size_t index,
                                          prx_tool_call* call) PRX_NOEXCEPT;
/** Attempts in the order in which they ended. @thread [any] */
PRX_EXPORT size_t prx_response_attempt_count(const prx_response* response) PRX_NOEXCEPT;
/** As prx_response_tool_call(). */
PRX_EXPORT int32_t prx_response_attempt(const prx_response* response, size_t index,
                                        prx_attempt* attempt) PRX_NOEXCEPT;

/* ------------------------------------------------------------------------------------ failures */

PRX_EXPORT void prx_failure_free(prx_failure* failure) PRX_NOEXCEPT; /**< @thread [one] */

/** @name Accessors of a failure: see prx::Error. @thread [any]
 * @{ */
PRX_EXPORT int32_t prx_failure_class(const prx_failure* failure) PRX_NOEXCEPT; /**< PRX_E_* */
/** One line: what, where, remedy. */
PRX_EXPORT const char* prx_failure_message(const prx_failure* failure, size_t* size) PRX_NOEXCEPT;
PRX_EXPORT int32_t prx_failure_http_status(const prx_failure* failure) PRX_NOEXCEPT; /**< or 0 */
PRX_EXPORT int32_t prx_failure_phase(const prx_failure* failure) PRX_NOEXCEPT; /**< PRX_PHASE_* */
/** Milliseconds from when it was received; -1: not said. */
PRX_EXPORT int64_t prx_failure_retry_after_ms(const prx_failure* failure) PRX_NOEXCEPT;
PRX_EXPORT const char* prx_failure_provider_code(const prx_failure* failure,
                                                 size_t* size) PRX_NOEXCEPT;
/** The provider's id of the exchange. */
PRX_EXPORT const char* prx_failure_request_id(const prx_failure* failure,
                                              size_t* size) PRX_NOEXCEPT;
/** The provider's words behind the message. */
PRX_EXPORT const char* prx_failure_raw(const prx_failure* failure, size_t* size) PRX_NOEXCEPT;
/** What was delivered before it broke, and the trail of attempts. Owned by the failure: never free
 * it. NULL of NULL. */
PRX_EXPORT const prx_response* prx_failure_partial(const prx_failure* failure) PRX_NOEXCEPT;
/** @} */

/** "rate_limit" of PRX_E_RATE_LIMIT, "ok" of PRX_OK; unknown ones are "internal". @thread [any] */
PRX_EXPORT const char* prx_class_name(int32_t error_class) PRX_NOEXCEPT;

/* -------------------------------------------------------------------------------------- models */

/** A provider's models.
 * @param provider  NULL: the first one in force.
 * @param options   NULL: none; of them deadline_ms, canceller and traceparent count.
 * @thread [block] */
PRX_EXPORT int32_t prx_client_models(prx_client* client, const char* provider,
                                     const prx_call_options* options, prx_models** models,
                                     prx_failure** failure) PRX_NOEXCEPT;
PRX_EXPORT size_t prx_models_count(const prx_models* models) PRX_NOEXCEPT;
/** "" when there is none of that index. @thread [any] */
PRX_EXPORT const char* prx_models_id(const prx_models* models, size_t index,
                                     size_t* size) PRX_NOEXCEPT;
/** The provider's whole object, as JSON text. @thread [any] */
PRX_EXPORT const char* prx_models_json(const prx_models* models, size_t index,
                                       size_t* size) PRX_NOEXCEPT;
PRX_EXPORT void prx_models_free(prx_models* models) PRX_NOEXCEPT; /**< @thread [one] */

#ifdef __cplusplus
}
#endif
#endif /* PRX_PRX_H */
