/// \file client.hpp
/// Client: sends chats to the configured provider through its plugin. Start here.
///
///     auto config = prx::Config::load({});
///     auto client = prx::Client::open(*config);
///     auto answer = (*client)->chat(request);
///
/// Threads: a client may be used from any thread, by several at once. It owns one loop thread, on
/// which plugins, engine and push sinks run. A process may hold several clients; none has global
/// state. Sinks, hooks and log sinks must not throw. Fork: a client does not survive fork() in the
/// child: there each call fails at once with kInternal, streams are at their end, and destruction
/// frees nothing and waits for nothing; open another one there.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "prx/account.hpp"
#include "prx/chat.hpp"
#include "prx/config.hpp"
#include "prx/endpoint.hpp"
#include "prx/export.hpp"
#include "prx/metrics.hpp"
#include "prx/model.hpp"
#include "prx/plugin_info.hpp"

namespace prx {

struct Conversation;
class ToolBox;
struct RunOptions;
struct RunTrail;
struct RunError;
namespace driver {
class HealthStore;
}

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError, kOff };

/// One line of the log, already redacted; borrowed. Any thread, also several at once.
using LogSink = std::function<void(LogLevel level, std::string_view line)>;

/// Whether calls go by the cached lists of models: see Client::catalog().
enum class CatalogUse {
  kOn,   ///< targets that cannot serve a request are skipped, unknown costs are estimated
  kOff,  ///< nothing is read or written
};

/// A host's own way out, in place of http_proxy and its kin of the environment.
struct ProxyOptions {
  /// "http://user:key@proxy.example:3128"; also https, socks5 and socks4, by which the proxy
  /// resolves names. "": no proxy, whatever the environment says
  std::string url;
  /// Hosts, domains and networks that are reached without it: "corp.example, 10.0.0.0/8"; "*": all.
  /// This machine itself (localhost, 127.0.0.0/8, ::1) is always one of them
  std::string no_proxy;
};

/// What a host says about itself, and where a client of it finds its way. A value.
struct ClientOptions {
  bool warm_up = true;  ///< connect and verify the default provider's key in the background
  /// A command that makes a call or two: cheap start instead of cheap repetition
  bool one_shot = false;
  /// Keys, base URLs, proxies, plugin folders. Empty: that of the configuration
  /// (ConfigSource::environment); proxies and XDG_RUNTIME_DIR are read when the client opens.
  Environment environment;
  /// Gets the lines of `[log] level` and above. Empty: they go where `[log]` says, and nowhere when
  /// the configuration says nothing of a log: the library writes to no terminal unasked
  LogSink log;
  std::string host_name = "prx";  ///< told to plugins and servers; printable ASCII
  std::string host_version;       ///< "" : libprx's
  CatalogUse catalog = CatalogUse::kOn;
  MetricsSink metrics = {};  ///< empty: nothing is measured
  /// nullopt: the environment's. Of all connections of the client
  std::optional<ProxyOptions> proxy = std::nullopt;
  /// PEM, in place of the system's authorities, of providers without a `ca_file` of their own; read
  /// when a connection is made. Not for the certificate of an https:// proxy
  std::filesystem::path ca_file = {};
  std::string ca_pem = {};  ///< the same as text; at most one of the two
};

/// How one call goes; the defaults are those of the configuration. A value.
struct CallOptions {
  std::string provider;  ///< an instance's name, which alone is asked; "": a chain
  /// A chain's name; "": the one in force. Also a request's model may say "chain:NAME".
  std::string chain;
  std::optional<Milliseconds> deadline;  ///< of the whole call; nullopt: as configured
  std::stop_token stop;                  ///< cancels the call from any thread
  /// False: a plain upstream call (`--no-stream`); chat() streams upstream otherwise
  bool stream_upstream = true;
  bool tool_call_deltas = false;  ///< also deliver kToolCallDelta
  /// Fill StreamEvent::frame, and deliver kFinish, kUsage and kOther too. What says how the answer
  /// ended is delivered once it is sure that it did, behind the kToolCall events: no kFinish comes
  /// of an answer that breaks
  bool frames = false;
  std::string traceparent;  ///< W3C trace context to pass on, or ""; else kInvalidRequest
  /// Each attempt as it ends; on the loop; must not block
  std::function<void(const Attempt&)> on_attempt;
  /// What errors call `deadline`, of which a part was over before the call; nullopt: as it is
  std::optional<Milliseconds> deadline_shown = std::nullopt;
  /// Of models(), health(), reach() and account(): which key of the provider's pool is sent, from
  /// 0. A chat takes one as its chain decides.
  std::size_t key = 0;
  /// False: an answer with a tool call whose arguments are not JSON is kBadResponse, and another
  /// attempt is made. True: it is an answer as any other, for who tells the model what is wrong;
  /// the text of its kToolCall events is what came, JSON or not
  bool malformed_tool_arguments = false;
};

using ChatResult = Result<ChatResponse, CallError>;

/// Receives a pushed answer, on the client's loop. It must not block, and may cancel or destroy the
/// Call.
class Sink {
 public:
  virtual void on_event(const StreamEvent& event) = 0;
  /// Exactly once, last. kCancelled when it was cancelled.
  virtual void on_end(ChatResult result) = 0;

 protected:
  ~Sink() = default;
};

/// A running call in the push form. Destruction cancels; off the loop it returns when nothing of
/// the call runs any more, on the loop it detaches at once. Not on the loop of another client.
class PRX_API Call {
 public:
  virtual ~Call();
  /// Ends the call as cancelled, soon. Any thread, any number of times.
  virtual void cancel() = 0;
  /// Holds the upstream back, and lets it go on; what was received already is still delivered. Any
  /// thread.
  virtual void pause() = 0;
  virtual void resume() = 0;
};

/// An answer in the pull form. One thread at a time, but for cancel().
class PRX_API Stream {
 public:
  virtual ~Stream();
  /// The next event, or nullptr at the end, then and ever after. Blocks. The event lives until the
  /// next call.
  [[nodiscard]] virtual const StreamEvent* next() = 0;
  /// How it ended; reads and drops what is left first. The reference lives as long as the stream.
  [[nodiscard]] virtual const ChatResult& result() = 0;
  /// Any thread: next() then comes to its end soon, with kCancelled.
  virtual void cancel() = 0;
};

/// A model as `GET /models` gave it.
struct Model {
  std::string id;
  std::string json;  ///< the provider's whole object
};

/// How fresh a list of models has to be. A value.
struct CatalogOptions {
  enum class Fetch {
    kWhenOld,  ///< when the cached list is older than `age_max`, or there is none
    kAlways,
    kNever,
  };
  Fetch fetch = Fetch::kWhenOld;
  std::chrono::seconds age_max = std::chrono::hours(24);
  std::optional<Milliseconds> deadline;  ///< of the whole; nullopt: as configured
  std::stop_token stop;                  ///< cancels it from any thread
};

/// One model of a provider's list.
struct CatalogModel {
  ModelFacts facts;  ///< its id, and what else the list says of it
  std::string json;  ///< the provider's whole object
};

/// A provider's list of models. A value.
struct Catalog {
  std::string provider;
  std::chrono::system_clock::time_point fetched;  ///< from the provider
  bool from_cache = false;
  std::optional<Error> fetch_error;  ///< why an old list is shown although a new one was wanted
  std::vector<CatalogModel> models;  ///< in the provider's order
};

/// Answer of a health check.
struct Health {
  std::string provider;
  std::chrono::microseconds latency{0};
  int http_version = 0;  ///< 10, 11, 20; 0: no HTTP
  bool connection_reused = false;
};

/// Answer of a server that was reached, whatever it said.
struct Reach {
  Health health;
  std::optional<Error> refusal;  ///< what it said instead of yes: 401, 429, 503, no JSON
};

/// Providers, chains and their health, behind one loop thread; see the top of this file.
class Client {
 public:
  /// Finds the plugins, and loads the one of the first provider in force; others are loaded when a
  /// call first names them, on the thread of that call. No network I/O but the warm-up, which runs
  /// in the background and never fails this.
  ///
  /// A key that is missing is no error of this: a chat says what is missing, and a host may open
  /// before its keys are there. What is wrong and stops no call stands in Config::warnings, and in
  /// the log.
  ///
  /// Errors: kInvalidRequest (configuration, options), kNotFound (no usable plugin for a provider
  /// that is called for), kPermission (its file is not trusted, or is not what its sha256 pins),
  /// kBadResponse (a file that is no plugin of this version), kInternal. What a plugin's init or
  /// create refuses keeps the class that the plugin gave it, whichever that is. A plugin that fails
  /// stops only what needs it.
  [[nodiscard]] static PRX_API Result<std::unique_ptr<Client>> open(Config config,
                                                                    ClientOptions options = {});

  /// Cancels what runs, and waits for it. Not on the client's own loop.
  PRX_API ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Blocks until the answer is complete. On a loop of prx it fails at once with kInternal.
  [[nodiscard]] PRX_API ChatResult chat(const ChatRequest& request,
                                        const CallOptions& options = {});
  /// Starts and waits for no answer; whatever goes wrong comes from the stream. The first call that
  /// names a provider makes it, which takes as long as its plugin does to load (one in a process of
  /// its own: up to 10 s).
  [[nodiscard]] PRX_API std::unique_ptr<Stream> stream(const ChatRequest& request,
                                                       const CallOptions& options = {});
  /// Starts as stream() does; `sink` is borrowed until on_end returned or the Call was destroyed.
  /// In a sink, the first call to name a provider makes it on the loop: all calls wait for it.
  [[nodiscard]] PRX_API std::unique_ptr<Call> start(const ChatRequest& request,
                                                    const CallOptions& options, Sink& sink);

  /// Posts to an endpoint that is no chat, through the same chain: retries, keys, breakers and
  /// fallbacks are those of a chat that has an answer in one piece. Blocks; on a loop of prx it
  /// fails at once with kInternal.
  ///
  /// Every target is asked for the model that the body names (without the prefix of its vendor,
  /// where that is the target's own): what one model makes of a text is of no use beside another's.
  /// "chain:NAME" asks each of that chain's targets for its own model. Targets whose plugins have
  /// no such operation are left out, and so are the `extra_body` of providers and targets, which
  /// are of chats. Of the options, tool calls, frames and streams have no effect.
  ///
  /// Errors: as chat(); kInvalidRequest also for a body without `model` or with `"stream": true`;
  /// kUnsupported: no target's plugin has the operation; kBadResponse: the answer is no JSON.
  [[nodiscard]] PRX_API EndpointResult post(const EndpointRequest& request,
                                            const CallOptions& options = {});
  /// The same in the push form: one kItem event, whose `json` is the answer, then on_end().
  [[nodiscard]] PRX_API std::unique_ptr<Call> start(const EndpointRequest& request,
                                                    const CallOptions& options, Sink& sink);

  /// Asks, runs the tools that the model calls, tells it their results, and so on until it answers
  /// without calling any. The conversation grows by each complete round: an answer and the results
  /// of all its calls; its usage also counts the call that failed. What else a failed round would
  /// have added is not in it, so that it may be run again. Include prx/tool_box.hpp.
  ///
  /// Blocks; on a loop of prx it fails at once with kInternal. Functions run on threads of this run
  /// alone, at most `parallel_max` at once, and after this returned none runs any more. Whatever
  /// goes wrong with a tool is a result that the model is told ("error: ..."), and no error of the
  /// run. An answer may go to another target than the one before it, as the chain decides.
  ///
  /// Errors: as chat(). kInvalidRequest also for options out of their ranges, and when the model
  /// still calls tools in its answer number `rounds_max`; kBadResponse when an answer ended (length
  /// limit, content filter) in the middle of a tool call: then none of its calls was run;
  /// kTimeout and kCancelled also while tools run.
  [[nodiscard]] PRX_API Result<RunTrail, RunError> run(Conversation& conversation,
                                                       const ToolBox& tools,
                                                       const RunOptions& options);
  [[nodiscard]] PRX_API Result<RunTrail, RunError> run(Conversation& conversation,
                                                       const ToolBox& tools);

  /// The models of a provider ("" : the default one). Blocks. Of the options, deadline, stop, key
  /// and traceparent count. Errors: kInvalidRequest also for a key that the pool does not have.
  [[nodiscard]] PRX_API Result<std::vector<Model>> models(const std::string& provider = {},
                                                          const CallOptions& options = {});
  /// The models of a provider ("" : the default one), with what is known of each, from the cache on
  /// disk or from the provider; what was fetched is cached. Blocks.
  ///
  /// The cache is `$XDG_CACHE_HOME/prx/models` (else `$HOME/.cache/prx/models`) of the client's
  /// environment, one file for each plugin and base URL, shared with other processes. Calls read it
  /// and never fetch: what nobody asked for with this function is unknown to them, and so is what
  /// was fetched more than 30 days ago. A cache that cannot be written is said in the log (info),
  /// one that cannot be read too (debug).
  ///
  /// Errors: as models(), when there is no cached list to show instead; kNotFound: Fetch::kNever
  /// and there is none; kCancelled.
  [[nodiscard]] PRX_API Result<Catalog> catalog(const std::string& provider = {},
                                                const CatalogOptions& options = {});
  /// Asks a provider whether it answers this key. Blocks; options as models().
  [[nodiscard]] PRX_API Result<Health> health(const std::string& provider = {},
                                              const CallOptions& options = {});
  /// The same question, for who wants to know how fast and by which HTTP it answers even where it
  /// refuses. Blocks; options as models(). Errors: no server answered, or nobody was asked.
  [[nodiscard]] PRX_API Result<Reach> reach(const std::string& provider = {},
                                            const CallOptions& options = {});
  /// What a provider says about the account behind a key: credit, limits, usage. Blocks; options as
  /// models(). Errors: kUnsupported, without asking anybody, when the plugin has no such operation;
  /// kAuth without asking when there is no key.
  [[nodiscard]] PRX_API Result<Account> account(const std::string& provider = {},
                                                const CallOptions& options = {});

  /// Puts another configuration in force. Calls under way finish on the old one; calls that begin
  /// after this returned use the new one. Plugins are searched for again; providers that did not
  /// change keep their connections, targets that stay keep their health, refused keys are tried
  /// again. `[log]` stays as it was. Blocks; not on the client's own loop.
  ///
  /// Errors: as open(), and also what a chat would say when no target of the chain in force can be
  /// asked (kAuth: keys are missing): one that can be used is not replaced by one that cannot.
  /// Nothing has changed then.
  [[nodiscard]] PRX_API Result<void> reload(Config config);

  /// Every plugin file that was looked at. Any thread.
  [[nodiscard]] PRX_API std::vector<PluginInfo> plugins() const;
  /// The configuration in force: defaults filled in from the plugins' notes. Any thread.
  [[nodiscard]] PRX_API std::shared_ptr<const Config> config() const;

 private:
  friend class ClientLoop;   // for hosts inside of prx
  friend class ClientGroup;  // the same
  [[nodiscard]] static Result<std::unique_ptr<Client>> open_with(
      Config config, ClientOptions options, std::shared_ptr<driver::HealthStore> board);
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  template <class Request>
  [[nodiscard]] std::unique_ptr<Call> push(const Request& request, const CallOptions& options,
                                           Sink& sink);
  std::unique_ptr<Impl> impl_;
};

}  // namespace prx
