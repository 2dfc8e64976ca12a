/** @file plugin.h
 *
 * The prx plugin interface: the contract between a host (libprx) and a provider plugin.
 *
 * C11, no dependency but libc; also compiles as C++17 and C++20. A plugin exports exactly one
 * symbol, prx_plugin_query_v1(), and carries an ELF note (see PRX_PLUGIN_NOTE) from which a host
 * learns what it is without running any of its code. Everything else goes through the tables below.
 *
 * How it grows
 *  - The major version is in the name of the entry symbol. Another major is another symbol.
 *  - The minor version grows by size: every struct begins with `size`, is extended at its tail
 *    only, and a field added later is read through PRX_HAS. Each side fills `size` with its own
 *    sizeof.
 *  - Behaviour grows by string id: prx_plugin::interface_ and prx_host::service return NULL for
 *    unknown ids.
 *  - Unknown event types below PRX_EV_DONE, unknown flags and unknown enum values are ignored, or
 *    read as PRX_E_INTERNAL where an error code is meant.
 *
 * Ownership: every pointer and prx_str is borrowed for the duration of the call that passes it,
 * unless its comment says otherwise. Nothing is freed across the boundary. A prx_str is UTF-8 and
 * not NUL-terminated; {NULL, 0} is the empty string.
 *
 * Threads: each function carries a tag.
 *  - [any]   any thread, several at once.
 *  - [loop]  the loop thread of the operation; calls of one operation never overlap.
 *  - [work]  the worker thread that prx_exec::spawn gave to the operation.
 *  - [init]  one at a time per module, while no operation of it runs.
 *
 * Status: 1.0, frozen. It grows by the rules of abi.md of prx's documentation alone.
 */
#ifndef PRX_PLUGIN_H
#define PRX_PLUGIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
#define PRX_NOEXCEPT noexcept
extern "C" {
#else
#define PRX_NOEXCEPT
#endif

#define PRX_ABI_MAJOR 1u
#define PRX_ABI_MINOR 0u

/** True when *p, as its maker knew it, has the field f. Only for fields added after 1.0. */
#define PRX_HAS(T, p, f) ((p)->size >= offsetof(T, f) + sizeof((p)->f))

/** Keeps a copy of a struct that the other side gave, `*to = *from` for any two minors: a field
 * that its maker did not know is zero, and `size` says what the copy has. A plain assignment would
 * read behind a struct of an earlier minor. */
#define PRX_COPY(to, from)                                                          \
  (memset((to), 0, sizeof *(to)),                                                   \
   memcpy((to), (from), (from)->size < sizeof *(to) ? (from)->size : sizeof *(to)), \
   (to)->size = (from)->size < sizeof *(to) ? (from)->size : (uint32_t)sizeof *(to))

#if defined(__GNUC__) || defined(__clang__)
#define PRX_EXPORT __attribute__((visibility("default")))
#else
#define PRX_EXPORT
#endif

/** Text: UTF-8, not NUL-terminated. */
typedef struct prx_str {
  const char* ptr;
  size_t len;
} prx_str;

/** A name and its value. */
typedef struct prx_kv {
  prx_str key, value;
} prx_kv;

/** Receives text. `write` may be called several times; the pieces are one text. */
typedef struct prx_text_out {
  uint32_t size, zero;
  void* ctx;
  void (*write)(void* ctx, prx_str piece) PRX_NOEXCEPT;
} prx_text_out;

/* -------------------------------------------------------------------------------------- errors */

/** What the caller can do about a failure. The host reads a value that it does not know as
 * INTERNAL. */
enum {
  PRX_OK = 0,
  PRX_E_CANCELLED = 1,
  PRX_E_INVALID_REQUEST = 2, /**< the request itself is wrong; no provider would take it */
  PRX_E_AUTH = 3,            /**< the key is missing, wrong or revoked */
  PRX_E_PERMISSION = 4,      /**< the key is right, but may not do this */
  PRX_E_CREDIT = 5,          /**< the account or the key has no credit left */
  PRX_E_RATE_LIMIT = 6,      /**< too many requests; see retry_after_ms */
  PRX_E_OVERLOADED = 7,      /**< the provider is down or too busy */
  PRX_E_TIMEOUT = 8,         /**< a clock ran out; `phase` says which */
  PRX_E_NETWORK = 9,         /**< resolving, connecting, TLS, or a connection cut before the head */
  PRX_E_CONTEXT_LENGTH = 10, /**< the prompt does not fit the model */
  PRX_E_CONTENT_POLICY = 11, /**< moderation or refusal by the provider */
  PRX_E_NOT_FOUND = 12,      /**< no such model or endpoint */
  PRX_E_UNSUPPORTED = 13,    /**< the model or the plugin cannot do what was asked */
  PRX_E_BAD_RESPONSE = 14,   /**< malformed or truncated answer */
  PRX_E_INTERNAL = 15        /**< a bug: the plugin or the host broke the contract */
};

/** Where a failure happened. */
enum {
  PRX_PHASE_NONE = 0,        /**< before anything was sent, or not known */
  PRX_PHASE_CONNECT = 1,     /**< resolving, connecting, TLS, and waiting for a connection */
  PRX_PHASE_HEAD = 2,        /**< request sent, no complete response head yet */
  PRX_PHASE_FIRST_TOKEN = 3, /**< head received, nothing of the answer yet */
  PRX_PHASE_BODY = 4         /**< after the first piece of the answer */
};

/** Why something failed, as exactly as the provider said it. */
typedef struct prx_error {
  uint32_t size;
  int32_t code;           /**< PRX_E_*; PRX_OK never travels in a prx_error */
  int32_t http_status;    /**< 100 to 599, or 0 when there was none */
  uint32_t flags;         /**< zero */
  int32_t retryable;      /**< what the provider said about trying again: 1 yes, 0 no, -1 nothing */
  int32_t phase;          /**< PRX_PHASE_* */
  int64_t retry_after_ms; /**< milliseconds from now, 0 or more; -1 unknown */
  prx_str message;        /**< one line for a person: what, why, remedy; no key, no prompt */
  prx_str provider_code;  /**< the provider's own code, as it wrote it */
  prx_str request_id;     /**< the provider's id of this exchange */
  prx_str raw;            /**< the provider's own words behind the message, at most 64 KiB */
} prx_error;

/** Receives the reason of a failed call: set at most once, before that call returns. */
typedef struct prx_fail {
  uint32_t size, zero;
  void* ctx;
  void (*set)(void* ctx, const prx_error* error) PRX_NOEXCEPT;
} prx_fail;

/* ---------------------------------------------------------------------------------------- host */

/** One per plugin instance, and one per module for `init`. Lives until `destroy` or `deinit`
 * returned. */
typedef struct prx_host prx_host;
struct prx_host {
  uint32_t size, abi_minor; /**< the host's own minor */
  void* ctx;                /**< the host's; not for plugins */
  prx_str name, version;    /**< e.g. "prx", "0.1.0"; valid as long as the prx_host */
  /** A host service by id ("prx.http/1"), or NULL. The table lives as long as the process.
   * @thread [any] */
  const void* (*service)(const prx_host* host, prx_str id)PRX_NOEXCEPT;
};

/* ------------------------------------------------------------------------------- host services */

#define PRX_LOG_ID "prx.log/1"
enum {
  PRX_LOG_TRACE = 0,
  PRX_LOG_DEBUG = 1,
  PRX_LOG_INFO = 2,
  PRX_LOG_WARN = 3,
  PRX_LOG_ERROR = 4
};

/** Log of the host. Lines are redacted by the host (known keys), and carry the instance's name. */
typedef struct prx_log {
  uint32_t size, zero;
  /** 1 when a line of this level would be kept. @thread [any] */
  int32_t (*enabled)(const prx_host* host, int32_t level) PRX_NOEXCEPT;
  /** Writes one line; line breaks inside are replaced. Never a prompt, a body or a key.
   * @thread [any] */
  void (*write)(const prx_host* host, int32_t level, prx_str line) PRX_NOEXCEPT;
} prx_log;

#define PRX_HTTP_ID "prx.http/1"

/** One HTTP request. The host owns connections, proxies, TLS, keys and clocks; redirects are not
 * followed. */
typedef struct prx_http_req {
  uint32_t size, flags;  /**< flags: zero */
  uint64_t op_id;        /**< of the operation that it is for; another instance's is refused */
  prx_str method;        /**< "GET", "POST", ... */
  prx_str url;           /**< absolute, http or https; only hosts of the note and of `base_url` */
  const prx_kv* headers; /**< without the key's; the host adds the configured ones after these */
  size_t header_count;   /**< 0 to 64 */
  prx_str key_header;    /**< the header for the key, "authorization"; empty: no key is sent */
  prx_str key_prefix;    /**< what stands before the key in that header, "Bearer " */
  prx_str body;          /**< copied, unless it is the body of the prx_request itself */
  /* Clocks; -1: as configured, 0: none. */
  int64_t connect_timeout_ms; /**< name, connection and TLS together */
  int64_t head_timeout_ms;    /**< from request sent to response head */
  int64_t idle_timeout_ms;    /**< longest time without any byte of the body */
  uint64_t body_max;          /**< bytes of response body; 0: the host's limit */
} prx_http_req;

/** Status and headers of a response. */
typedef struct prx_http_head {
  uint32_t size;
  int32_t status;        /**< 200 to 599; 1xx are not reported */
  uint32_t http_version; /**< 10, 11 or 20 */
  uint32_t flags;        /**< PRX_HTTP_REUSED */
  const prx_kv* headers; /**< as they came, names in lower case; at most 256, 256 KiB together */
  size_t header_count;
} prx_http_head;
#define PRX_HTTP_REUSED 1u /**< the exchange went over a pooled connection */

/** How an exchange ended. */
typedef struct prx_http_end {
  uint32_t size;
  int32_t code;    /**< PRX_OK: the body is complete, or the status is 400 or above; or PRX_E_* */
  int32_t phase;   /**< PRX_PHASE_*: how far it got */
  uint32_t flags;  /**< zero */
  uint64_t bytes;  /**< of the body, as delivered */
  prx_str message; /**< one line when code is not PRX_OK */
} prx_http_end;

/** Callbacks of one exchange: head at most once, then pieces, then end exactly once and last. */
typedef struct prx_http_sink {
  uint32_t size, zero;
  void* ctx;
  void (*head)(void* ctx, const prx_http_head* head) PRX_NOEXCEPT; /**< @thread [loop] */
  /** A piece of the body, 1 byte or more, cut anywhere. The bytes are the plugin's to overwrite
   * until it returns, so that a decoder can work in place. @thread [loop] */
  void (*data)(void* ctx, char* bytes, size_t len) PRX_NOEXCEPT;
  void (*end)(void* ctx, const prx_http_end* end) PRX_NOEXCEPT; /**< @thread [loop] */
} prx_http_sink;

/** Outgoing HTTP: the host's pools, proxies, clocks and keys. */
typedef struct prx_http {
  uint32_t size, zero;
  /** Sends a request. No callback comes before this returns.
   * @param request  borrowed.
   * @param sink     copied; its ctx must live until `end` returned or `cancel` returned.
   * @param fail     borrowed; set when the result is not PRX_OK.
   * @param id       receives the id of the exchange, never 0.
   * @return PRX_OK, and then `end` comes exactly once unless cancelled; else nothing ever comes. A
   * host may refuse an operation's 65th exchange.
   * @thread [loop], or from inside prx_provider::start on the thread that called it. */
  int32_t (*send)(const prx_host* host, const prx_http_req* request, const prx_http_sink* sink,
                  const prx_fail* fail, uint64_t* id) PRX_NOEXCEPT;
  /** Ends an exchange at once; none of its callbacks comes after this returns. An unknown or ended
   * id is ignored. @thread [loop] */
  void (*cancel)(const prx_host* host, uint64_t id) PRX_NOEXCEPT;
} prx_http;

#define PRX_EXEC_ID "prx.exec/1"
typedef void (*prx_task)(void* ctx) PRX_NOEXCEPT;

/** Time, the loop and worker threads. A plugin starts no thread of its own. A host may limit what
 * one operation has under way at once, to no less than 64 timers, 4,096 posted tasks and one
 * worker, and refuses what is above that; a delay above 168 hours is 168 hours. */
typedef struct prx_exec {
  uint32_t size, zero;
  /** The host's monotonic clock in nanoseconds; virtual in tests. @thread [any] */
  int64_t (*now_ns)(const prx_host* host) PRX_NOEXCEPT;
  /** Runs a task on the operation's loop, later, and always before `release`. PRX_E_INVALID_REQUEST
   * when op_id is not live, PRX_E_OVERLOADED above the host's limit; then the task never runs.
   * @thread [any] */
  int32_t (*post)(const prx_host* host, uint64_t op_id, prx_task task, void* ctx) PRX_NOEXCEPT;
  /** Runs a task on a worker thread, where it may compute or block, and may call the operation's
   * sink. `release` comes after it returned.
   *  @thread [loop], or from inside prx_provider::start */
  int32_t (*spawn)(const prx_host* host, uint64_t op_id, prx_task task, void* ctx) PRX_NOEXCEPT;
  /** Runs a task on the loop once, delay_ms from now (0 or more), unless `release` comes first. 0
   * on failure, else an id.
   *  @thread [loop], or from inside prx_provider::start */
  uint64_t (*timer)(const prx_host* host, uint64_t op_id, int64_t delay_ms, prx_task task,
                    void* ctx) PRX_NOEXCEPT;
  /** The task will not run after this returns. An unknown or fired id is ignored. @thread [loop] */
  void (*timer_cancel)(const prx_host* host, uint64_t id) PRX_NOEXCEPT;
} prx_exec;

#define PRX_SECRET_ID "prx.secret/1"

/** The key itself, for providers that must sign requests. NULL unless the note says "signs": true.
 */
typedef struct prx_secret {
  uint32_t size, zero;
  /** Writes the key of the operation's attempt. PRX_E_AUTH when there is none. @thread [loop],
   * [work], or from inside prx_provider::start */
  int32_t (*get)(const prx_host* host, uint64_t op_id, const prx_text_out* out) PRX_NOEXCEPT;
} prx_secret;

/* ------------------------------ operations ([+]: a host may; libprx 0.1 does not ask for it) */

/** An operation that the plugin does not know or offer ends with PRX_E_UNSUPPORTED: from start, or
 * as its terminal event. */
enum {
  PRX_OP_CHAT = 1,    /**< body: a Chat Completions request. Events: the whole grammar */
  PRX_OP_MODELS = 2,  /**< no body. One ITEM per model: name "model", id, and json as the provider
                           gave it, or with the members that plugins.md names */
  PRX_OP_HEALTH = 3,  /**< no body. Cheapest question that shows the provider answers this key */
  PRX_OP_WARMUP = 4,  /**< no body. Leaves a usable pooled connection; verifies the key */
  PRX_OP_ACCOUNT = 5, /**< no body. ITEMs "key", "credits" ...: json as it was given */
  PRX_OP_CALL = 6     /**< [+] another endpoint: path in model, body posted, one ITEM */
};

#define PRX_RF_STREAM 1u     /**< the body asks for a stream */
#define PRX_RF_WANT_FRAME 2u /**< fill prx_event::frame, where there is one */

/** One operation. The body is already specialised for this target: model, stream, extra_body. */
typedef struct prx_request {
  uint32_t size, op, flags; /**< PRX_OP_*, PRX_RF_* */
  uint32_t attempt;         /**< 1 for the first attempt of a call */
  uint64_t op_id;           /**< names this operation in every service call made for it; never 0 */
  int64_t deadline_ns;      /**< on the host's monotonic clock; INT64_MAX: none */
  prx_str model;            /**< also in the body of a chat */
  prx_str body;             /**< JSON text; unlike all else valid until `release` */
  prx_str request_id;       /**< the host's id of the call, for logs */
  prx_str idempotency_key;  /**< the same for every attempt of a call, or empty (so far always) */
  prx_str traceparent;      /**< W3C trace context to pass on, or empty */
} prx_request;

/** Tokens are -1 and cost is negative when the provider did not say. */
typedef struct prx_usage {
  uint32_t size, flags; /**< flags: zero */
  int64_t prompt_tokens, completion_tokens, total_tokens;
  int64_t reasoning_tokens;   /**< part of completion_tokens */
  int64_t cached_tokens;      /**< part of prompt_tokens, read from a cache */
  int64_t cache_write_tokens; /**< part of prompt_tokens, written to a cache */
  double cost;                /**< US dollars billed for this answer */
} prx_usage;

/* clang-format off */
/** Types of events. The grammar of one operation:
 *
 *    META? (TEXT|REASONING|TOOL_CALL|ITEM|RAW|PROGRESS|USAGE|FINISH)* (DONE|ERROR)
 *
 * where nothing of a choice comes after its FINISH, which comes at most once, and as soon as it is
 * known. For PRX_OP_CHAT, DONE without a FINISH is a breach. So is a META that is not the first
 * event; a host may let that pass, the last one counts then. No event comes from inside the call of
 * another one of the operation, not even when `cancel` came from there. An unknown type of 102 or
 * above ends the operation as PRX_E_INTERNAL. */
enum {
  PRX_EV_META = 1,      /**< id: generation id; name: served model; text: serving vendor, if said;
                             json: "" or an object. Its member "next_request_ms" (1 or more) says
                             that the key's rate limit has no request left, and how long it takes
                             until there is one: the host asks others meanwhile */
  PRX_EV_TEXT = 2,      /**< text: a piece of the answer, not empty */
  PRX_EV_REASONING = 3, /**< text: a piece of readable reasoning, not empty */
  PRX_EV_TOOL_CALL = 4, /**< index: which call of the choice; id, name: complete, on its first
                             event (no name when the finish reason cut the call before it);
                             text: a piece of the arguments, maybe empty; json: "" or an object:
                             what else the provider says of the call (a signature ...) and wants
                             back with it, those of its "function" in a member of that name. Of
                             several pieces the members add up, the last of a name counts */
  PRX_EV_USAGE = 5,     /**< usage; json: the provider's whole usage object. As soon as it is known
                             after the finish reasons; of several the last one counts */
  PRX_EV_FINISH = 6,    /**< finish: PRX_FINISH_*; name: the provider's own reason */
  PRX_EV_ITEM = 7,      /**< name: what it is ("model", "reasoning_details", "annotations",
                             "refusal", "images", "audio", "logprobs" ...); id; json: its value.
                             "reasoning_details" and "annotations" are arrays, which add up and come
                             back in the message of the next request */
  PRX_EV_RAW = 8,       /**< json: a frame that carries nothing of the above */
  PRX_EV_PROGRESS = 9,  /**< text: what is going on (loading a model); counts as a sign of life */
  PRX_EV_DONE = 100,    /**< terminal: complete */
  PRX_EV_ERROR = 101    /**< terminal: error */
};
/* clang-format on */

enum {
  PRX_FINISH_OTHER = 0,
  PRX_FINISH_STOP = 1,
  PRX_FINISH_LENGTH = 2,
  PRX_FINISH_TOOL_CALLS = 3,
  PRX_FINISH_CONTENT_FILTER = 4
};

/** On every event after the first that comes from one source frame. */
#define PRX_EVF_SAME_FRAME 1u

/** One event of an operation; its type says which members count. */
typedef struct prx_event {
  uint32_t size, type;
  uint32_t choice; /**< 0 unless several answers were asked for */
  uint32_t index;  /**< of the tool call, from 0 in order of appearance; dense by the FINISH */
  uint32_t finish; /**< PRX_FINISH_* */
  uint32_t flags;  /**< PRX_EVF_* */
  prx_str text, id, name, json;
  prx_str frame; /**< WANT_FRAME: the chunk of a Chat Completions stream, or the whole answer when
                    it is no stream, that this event is the first of, as it came, if both say the
                    same; empty in other protocols */
  const prx_usage* usage; /**< of PRX_EV_USAGE; else NULL */
  const prx_error* error; /**< of PRX_EV_ERROR; else NULL */
} prx_event;

/** Where an operation puts its events. */
typedef struct prx_sink {
  uint32_t size, zero;
  void* ctx;
  /** @return 0; else the host wants no more: stop soon and send the terminal event. A consumer that
   *  reads slowly is the host's matter: it holds the pieces of the body back.
   *  @thread [loop] or [work]; on the loop it never blocks, on a worker it may wait for room */
  int32_t (*event)(void* ctx, const prx_event* event) PRX_NOEXCEPT;
} prx_sink;

/* -------------------------------------------------------------------------------------- plugin */

#define PRX_PROVIDER_ID "prx.provider/1"

/** The provider interface. All functions are required. */
typedef struct prx_provider {
  uint32_t size, zero;
  /** Makes one configured instance. No network I/O, no waiting.
   * @param module         from prx_plugin::init, which may have given NULL.
   * @param instance_host  for all service calls of this instance; lives until `destroy` returned.
   * @param kind           one of the note's kinds.
   * @param config_json    borrowed; the TOML table as an object: the keys of the note's schema and
   *                       "base_url", without keys, headers and extra_body: those are the host's.
   * @param fail           borrowed; set when the result is not PRX_OK.
   * @param instance       receives the instance, not NULL, when PRX_OK.
   * @thread [init] */
  int32_t (*create)(void* module, const prx_host* instance_host, prx_str kind, prx_str config_json,
                    const prx_fail* fail, void** instance) PRX_NOEXCEPT;
  /** After every `release` of the instance, and when the host counts no exchange, timer or worker
   * of it.
   *  @thread [init] */
  void (*destroy)(void* instance) PRX_NOEXCEPT;
  /** Writes what this instance can do as a JSON object; for hosts that ask. @thread [any] */
  void (*describe)(void* instance, const prx_text_out* out) PRX_NOEXCEPT;
  /** Starts one operation.
   * @param request  borrowed for the call, but for its body, which stays until `release`.
   * @param sink     copied; called until the terminal event returned.
   * @param fail     borrowed; set once when the result is not PRX_OK.
   * @param op       receives the operation, not NULL, when PRX_OK.
   * @return PRX_OK, and then exactly one terminal event, never before this returns; else none.
   * @thread [loop] of the operation, several loops at once; must not block. */
  int32_t (*start)(void* instance, const prx_request* request, const prx_sink* sink,
                   const prx_fail* fail, void** op) PRX_NOEXCEPT;
  /** Asks for the end. May come twice, after the end, and from inside a call of the sink; the
   * terminal event still comes, within a second. It may come from inside `cancel`, unless that came
   * from inside a call of the sink: then after that call. @thread [loop] */
  void (*cancel)(void* op) PRX_NOEXCEPT;
  /** Frees the operation: once, after the call that delivered the terminal event returned.
   * @thread [loop] */
  void (*release)(void* op) PRX_NOEXCEPT;
} prx_provider;

/** What prx_plugin_query_v1() gives. */
typedef struct prx_plugin {
  uint32_t size;
  uint32_t abi_major, abi_minor; /**< built against */
  uint32_t abi_needs;            /**< lowest minor of a host that it can live with */
  prx_str id, version;           /**< as in the note; valid for the process */
  /** Once per client, and once more when a reload of its configuration wants the module again after
   * its deinit; never before that deinit returned. Other clients of the process have modules of
   * their own. No state outside the module. @thread [init] */
  int32_t (*init)(const prx_host* host, const prx_fail* fail, void** module) PRX_NOEXCEPT;
  /** Once per successful init, after every instance was destroyed. @thread [init] */
  void (*deinit)(void* module) PRX_NOEXCEPT;
  /** An interface by id, or NULL. The table lives as long as the process. @thread [any] */
  const void* (*interface_)(prx_str id)PRX_NOEXCEPT;
} prx_plugin;

/** The one exported symbol. Pure: no I/O, no state, the same pointer each time. @thread [any] */
PRX_EXPORT const prx_plugin* prx_plugin_query_v1(void) PRX_NOEXCEPT;
#define PRX_QUERY_SYMBOL "prx_plugin_query_v1"

/* ------------------------------------------------------------------------------------ ELF note */

/* clang-format off */
/** Section, owner name and type of the note; its descriptor is one JSON object, at most 8 KiB.
 *
 *    member              value
 *    "id", "version"     text
 *    "abi", "needs"      "1.0": built against, and the lowest that it can live with
 *    "kinds"             names that a configuration's `plugin` may use; the first is the default
 *    "operations"        of "chat", "models", "health", "warmup", "account", "call"
 *    "hosts"             origins it may talk to without configuration, "https://openrouter.ai"
 *    "key_env"           variable with the key, "" when it needs none
 *    "key_url"           where a person gets one
 *    "credit_url"        where a person buys credit
 *    "title"             the provider's name for messages, "OpenRouter"
 *    "base_url_env"      variable with the base URL
 *    "default_model"     asked for when nothing else names a model
 *    "model_prefix"      vendor prefix that means this provider, "openai/"; may be absent
 *    "signs"             true: it needs prx.secret/1
 *    "capabilities"      object, its members are free: `prx plugin info` shows it, and nothing else
 *                        reads it. A member that describe() writes, too, has the same value there
 *    "config"            object: key -> {"type": "string" | "integer" | "number" | "boolean" |
 *                        "array" | "table", "default": any, "help": one line}
 */
/* clang-format on */
#define PRX_NOTE_SECTION ".note.prx"
#define PRX_NOTE_NAME "prx"
#define PRX_NOTE_TYPE 1u
#define PRX_NOTE_MAX 8192u

/** Puts the note into the file that uses it, once, at file scope; `json` is one string literal.
 * CMake's prx_add_plugin() does this from a JSON file instead. */
#define PRX_PLUGIN_NOTE(json)                       \
  __asm__(                                          \
      ".pushsection .note.prx,\"a\",%note\n"        \
      ".balign 4\n"                                 \
      ".long 991f-990f\n.long 993f-992f\n.long 1\n" \
      "990: .asciz \"prx\"\n991: .balign 4\n"       \
      "992: .ascii " #json                          \
      "\n993: .balign 4\n"                          \
      ".popsection\n")

#ifdef __cplusplus
}
#endif
#endif /* PRX_PLUGIN_H */
