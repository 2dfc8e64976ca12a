/// \file provider_instance.hpp
/// A plugin's module (one per client) and its configured instances, with the prx_host that each is
/// given.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/runtime.hpp"
#include "config/preset.hpp"
#include "isolation/proxy.hpp"
#include "plugin/registry.hpp"
#include "prx/config.hpp"

namespace prx::driver {

class Operation;
class ProviderInstance;

/// Behind prx_host::ctx.
struct HostContext {
  Runtime* runtime = nullptr;
  ProviderInstance* instance = nullptr;  ///< nullptr for the host of a module
  std::string name;                      ///< for log lines
};

/// `init` ... `deinit` of one plugin in one client. Made and destroyed under the client's plugin
/// lock.
class PluginModule {
 public:
  [[nodiscard]] static Result<std::unique_ptr<PluginModule>> open(Runtime& runtime,
                                                                  LoadedPlugin plugin);
  /// One whose plugin runs in processes of its own: `init` and `deinit` are called there.
  [[nodiscard]] static std::unique_ptr<PluginModule> isolated(Runtime& runtime, PluginNote note,
                                                              isolation::Module module);
  ~PluginModule();
  PluginModule(const PluginModule&) = delete;
  PluginModule& operator=(const PluginModule&) = delete;

  [[nodiscard]] const LoadedPlugin& plugin() const { return plugin_; }
  [[nodiscard]] void* handle() const { return module_; }
  [[nodiscard]] bool is_isolated() const { return isolation_ != nullptr; }
  /// Whose instance is made next.
  void make_for(const std::string& provider) {
    if (isolation_) isolation_->provider = provider;
  }
  /// An instance of it was left behind: it is never deinitialised.
  void leave_behind() { initialised_ = false; }

 private:
  PluginModule(Runtime& runtime, LoadedPlugin plugin);
  LoadedPlugin plugin_;
  HostContext context_;
  prx_host host_;
  std::unique_ptr<isolation::Module> isolation_;  ///< or nullptr: it runs in this process
  void* module_ = nullptr;
  bool initialised_ = false;
};

/// The provider_code of a kInternal error that is a bug of the plugin, not of prx.
inline constexpr std::string_view kPluginsFault = "plugin";

/// One `[providers.<name>]`, alive. Its state for operations belongs to the loop.
class ProviderInstance {
 public:
  static constexpr unsigned kMisbehaviourMax = 16;  ///< breaches until the instance is quarantined

  /// Calls the plugin's create. Errors: what create said, or kInternal.
  [[nodiscard]] static Result<std::unique_ptr<ProviderInstance>> create(
      Runtime& runtime, PluginModule& module, const ProviderConfig& config,
      http::Transport& transport);
  /// No operation may be live, unless quarantined: then the plugin's side is left as it is.
  ~ProviderInstance();
  ProviderInstance(const ProviderInstance&) = delete;
  ProviderInstance& operator=(const ProviderInstance&) = delete;

  [[nodiscard]] const ProviderConfig& config() const { return config_; }
  [[nodiscard]] const PluginNote& note() const { return module_.plugin().note; }
  [[nodiscard]] const prx_provider& provider() const { return *module_.plugin().provider; }
  [[nodiscard]] void* handle() const { return instance_; }
  [[nodiscard]] const prx_host& host() const { return host_; }
  [[nodiscard]] http::Transport& transport() const { return transport_; }
  [[nodiscard]] Runtime& runtime() const { return *context_.runtime; }

  /// Whether a URL is of one of the provider's own hosts; loop thread.
  [[nodiscard]] bool reachable(std::string_view url);
  /// Why one is not: its origin, and the provider's own. A path or a query is never in it.
  [[nodiscard]] Error out_of_reach(std::string_view url) const;
  /// The headers of a request that were found good last; loop thread.
  [[nodiscard]] bool are_known_headers(const http::HeaderList& headers) const {
    return headers == known_headers_;
  }
  void know_headers(const http::HeaderList& headers) { known_headers_ = headers; }
  /// Whether calls must have a key: nullopt when they may start, else why not.
  [[nodiscard]] std::optional<Error> key_problem() const;
  /// Why the plugin is not asked for what its note does not offer, nullopt when it may be: a note
  /// that lists no operation says nothing about them. kUnsupported, the remedy included.
  /// \param operation  "models", "health", "warmup" or "account", as notes list them.
  [[nodiscard]] std::optional<Error> lacks(std::string_view operation) const;

  /// Loop thread: operations that were started and not yet released.
  void keep(std::shared_ptr<Operation> operation);
  void drop(const Operation& operation);
  [[nodiscard]] std::size_t live() const { return operations_.size(); }

  /// The text without any secret that the log knows, and without this instance's own in whatever
  /// case: its server knows them and may say them back. Nothing stays of a text that has one of
  /// those in escapes. Any thread.
  [[nodiscard]] std::string redact(std::string_view text) const;
  /// Whether a secret of this instance is in the text, in whatever case and with or without the
  /// escapes of URLs and JSON, or a part of one where the text was cut (Redactor::was_cut()). Any
  /// thread.
  [[nodiscard]] bool holds_secret(std::string_view text) const;

  /// What a plugin reported, as the preset in use knows its server's words. Any thread.
  void classify(Error& error) const {
    if (preset_ != nullptr) config::classify_by_words(error, *preset_);
  }

  /// Names plugin and provider in what became of an exception of the plugin, and the provider in
  /// any other kInternal that does not. Any thread.
  void name_thrower(Error& error) const;

  /// Counts a breach of the contract; loop thread.
  void misbehaved(std::string_view what);
  /// The plugin hangs or cannot be trusted: no operation starts any more, nothing of it is
  /// destroyed. One with a process of its own gets another one instead.
  void quarantine(std::string_view why);
  [[nodiscard]] bool quarantined() const { return quarantined_; }
  /// A slow reader holds an operation of the plugin back, which is not by its exchanges alone when
  /// it has a process of its own; loop thread.
  void pause(void* op, bool on) const {
    if (module_.is_isolated()) isolation::pause(op, on);
  }

  /// Live operations by id, for prx.exec/1 post from any thread.
  void id_started(Operation& operation);
  /// False, and nothing changes, while a posted task of it is still to run.
  [[nodiscard]] bool id_ended(const Operation& operation);
  void id_gone(const Operation& operation);
  /// Counts one more task to run, when that is PRX_OK. PRX_E_INVALID_REQUEST: the id is of no live
  /// operation; PRX_E_OVERLOADED: too many wait.
  [[nodiscard]] std::int32_t post_started(std::uint64_t id);

 private:
  ProviderInstance(Runtime& runtime, PluginModule& module, const ProviderConfig& config,
                   http::Transport& transport);
  [[nodiscard]] const std::vector<std::string>& hosts() const {
    return preset_ != nullptr ? preset_->hosts : note().hosts;
  }
  void keep_secret(std::string_view secret);
  [[nodiscard]] bool holds_plainly(std::string_view text, bool was_cut) const;
  PluginModule& module_;
  ProviderConfig config_;
  const config::Preset* preset_;  ///< or nullptr
  http::Transport& transport_;
  HostContext context_;
  prx_host host_;
  void* instance_ = nullptr;
  bool created_ = false;
  std::vector<std::string> origins_;
  std::vector<std::string> secrets_;  ///< in lower case
  std::size_t secret_size_min_ = static_cast<std::size_t>(-1);
  http::HeaderList known_headers_;
  std::string reached_url_;  ///< the last one found reachable: mostly they are all the same
  std::vector<std::shared_ptr<Operation>> operations_;  // shared with the driver and with workers
  unsigned misbehaviour_ = 0;
  bool quarantined_ = false;
  std::mutex ids_mutex_;
  std::unordered_map<std::uint64_t, Operation*> ids_;
};

/// A prx_host for a context: host_services.cpp.
[[nodiscard]] prx_host make_host(HostContext& context);

}  // namespace prx::driver
