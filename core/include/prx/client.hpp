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
/// child; open one there.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "prx/chat.hpp"
#include "prx/config.hpp"
#include "prx/export.hpp"
#include "prx/plugin_info.hpp"

namespace prx {

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError, kOff };

/// One line of the log, already redacted; borrowed. Any thread, also several at once.
using LogSink = std::function<void(LogLevel level, std::string_view line)>;

struct ClientOptions {
  bool warm_up = true;  ///< connect and verify the default provider's key in the background
  /// A command that makes a call or two: cheap start instead of cheap repetition
  bool one_shot = false;
  /// Keys, base URLs, proxies, plugin folders. Empty: that of the configuration
  /// (ConfigSource::environment); proxies and XDG_RUNTIME_DIR are read when the client opens.
  Environment environment;
  LogSink log;  ///< empty: as `[log]` says; the library itself writes to no terminal but by `[log]`
  std::string host_name = "prx";  ///< told to plugins
  std::string host_version;       ///< "" : libprx's
};

struct CallOptions {
  std::string provider;  ///< an instance's name, which alone is asked; "": a chain
  /// A chain's name; "": the one in force. Also a request's model may say "chain:NAME".
  std::string chain;
  std::optional<Milliseconds> deadline;  ///< of the whole call; nullopt: as configured
  std::stop_token stop;                  ///< cancels the call from any thread
  /// False: a plain upstream call (`--no-stream`); chat() streams upstream otherwise
  bool stream_upstream = true;
  bool tool_call_deltas = false;  ///< also deliver kToolCallDelta
  bool frames = false;            ///< fill StreamEvent::frame
  std::string traceparent;        ///< W3C trace context to pass on
  /// Each attempt as it ends; on the loop; must not block
  std::function<void(const Attempt&)> on_attempt;
  /// What errors call `deadline`, of which a part was over before the call; nullopt: as it is
  std::optional<Milliseconds> deadline_shown = std::nullopt;
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

/// Answer of a health check.
struct Health {
  std::string provider;
  std::chrono::microseconds latency{0};
  int http_version = 0;  ///< 10, 11, 20; 0: no HTTP
  bool connection_reused = false;
};

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
  /// Errors: kInvalidRequest (configuration), kNotFound (no usable plugin for a provider that is
  /// called for), kInternal (a plugin failed in create). A plugin that fails stops only what needs
  /// it.
  [[nodiscard]] static PRX_API Result<std::unique_ptr<Client>> open(Config config,
                                                                    ClientOptions options = {});

  /// Cancels what runs, and waits for it. Not on the client's own loop.
  PRX_API ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Blocks until the answer is complete. On a loop of prx it fails at once with kInternal.
  [[nodiscard]] PRX_API ChatResult chat(const ChatRequest& request,
                                        const CallOptions& options = {});
  /// Starts and returns at once; whatever goes wrong comes from the stream.
  [[nodiscard]] PRX_API std::unique_ptr<Stream> stream(const ChatRequest& request,
                                                       const CallOptions& options = {});
  /// Starts and returns at once; `sink` is borrowed until on_end returned or the Call was
  /// destroyed. In a sink, the first call to name a provider loads it on the loop: all wait for it.
  [[nodiscard]] PRX_API std::unique_ptr<Call> start(const ChatRequest& request,
                                                    const CallOptions& options, Sink& sink);

  /// The models of a provider ("" : the default one). Blocks. Of the options, deadline, stop and
  /// traceparent count.
  [[nodiscard]] PRX_API Result<std::vector<Model>> models(const std::string& provider = {},
                                                          const CallOptions& options = {});
  /// Asks a provider whether it answers this key. Blocks; options as models().
  [[nodiscard]] PRX_API Result<Health> health(const std::string& provider = {},
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
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace prx
