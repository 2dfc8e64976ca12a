/// \file client_impl.hpp
/// What a Client is made of, and how its parts are told apart from each other's threads.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/shelf.hpp"
#include "client/chain_plan.hpp"
#include "client/chat_call.hpp"
#include "client/client_state.hpp"
#include "client/doorbell.hpp"
#include "client/forked.hpp"
#include "client/provider_instance.hpp"
#include "client/runtime.hpp"
#include "client/shared_health.hpp"
#include "client/side_operation.hpp"
#include "client/snapshot.hpp"
#include "http/asio_loop.hpp"
#include "http/curl_transport.hpp"
#include "monotonic_time.hpp"
#include "plugin/registry.hpp"
#include "prx/client.hpp"
#include "reliability/health.hpp"

namespace prx {

/// A client's parts. Made by open(), taken down by close() before it is destroyed.
class Client::Impl {
 public:
  /// For plugins to end what runs, and what a reload made them destroy.
  static constexpr std::chrono::seconds kCloseMax{3};
  static constexpr std::chrono::milliseconds kWorkersMax{250};  ///< for a worker to come back
  /// Between looks at instances of earlier configurations of which something still runs.
  static constexpr std::chrono::milliseconds kRetiredEvery{100};

  /// What the clients of a group share, or null.
  using BoardPtr = std::shared_ptr<driver::HealthStore>;
  [[nodiscard]] static Result<std::unique_ptr<Impl>> open(Config config, ClientOptions options,
                                                          BoardPtr board);
  ~Impl();

  /// Cancels what runs and waits for it. False when a worker does not come back, a plugin's or one
  /// that resolves a name: then the caller must leak this object, since that thread still uses it.
  [[nodiscard]] bool close();

  /// Request: ChatRequest or EndpointRequest, as call_plan.cpp has them.
  template <class Request>
  [[nodiscard]] std::shared_ptr<driver::ChatCall> make_call(const Request& request,
                                                            const CallOptions& options, Sink& sink,
                                                            std::optional<Error>& refused);
  /// A provider as one configuration has it. What is asked of it, and what becomes of the answer,
  /// is of that one, whatever reload() puts in force meanwhile.
  struct Target {
    std::shared_ptr<driver::Snapshot> in_force;  ///< shared with other calls; keeps the instance
    driver::ProviderInstance* instance = nullptr;
  };
  /// The provider of that name; "": the first of the chain in force.
  [[nodiscard]] Result<Target> target(std::shared_ptr<driver::Snapshot> in_force,
                                      const std::string& provider);
  /// How an operation ended, and what was seen of the server until then.
  struct Outcome {
    std::optional<Error> error;  ///< nullopt: it ended well
    driver::OperationStats stats;
  };
  /// One operation that is not a chat; blocks. `take` sees each of its events, on the loop.
  [[nodiscard]] Outcome run_to_end(const Target& target, std::uint32_t op,
                                   const CallOptions& options, driver::SideOperation::Take take);
  /// The same, for whom an error is all there is to know.
  [[nodiscard]] Result<driver::OperationStats> run(const Target& target, std::uint32_t op,
                                                   const CallOptions& options,
                                                   driver::SideOperation::Take take);
  /// See Client::account().
  [[nodiscard]] Result<Account> account(const std::string& provider, const CallOptions& options);
  /// As Client::catalog().
  [[nodiscard]] Result<Catalog> catalog(const std::string& provider, const CatalogOptions& options);
  /// Starts the default provider's warm-up; its outcome is logged and marks the key.
  void warm_up();

  /// Puts another configuration in force; the old one when it is wrong. Any thread but the loop's.
  [[nodiscard]] Result<void> reload(Config config);

  /// The configuration in force, with its plugins and instances.
  [[nodiscard]] std::shared_ptr<driver::Snapshot> snapshot();
  [[nodiscard]] Loop& loop() { return *loop_; }
  [[nodiscard]] AsioLoop& asio_loop() { return *loop_; }
  [[nodiscard]] const driver::HomeProcess& home() const { return home_; }
  /// Loop thread.
  [[nodiscard]] ClientState state();
  /// For functions that block: kInternal on a thread of prx, and in a child of fork().
  [[nodiscard]] Result<void> check_may_wait() const;

 private:
  class Planner;
  using InstancePtr = std::shared_ptr<driver::ProviderInstance>;  // see driver::Snapshot
  /// One file of a plugin, loaded on first use.
  struct Plugin {
    std::mutex init;  ///< held while an [init] function of the module runs: one at a time
    std::unique_ptr<driver::PluginModule> module;
  };
  /// An instance with what it needs to be destroyed on any thread: what an InstancePtr keeps.
  struct Owned {
    Owned(std::shared_ptr<Plugin> of, std::shared_ptr<http::Transport> by,
          std::unique_ptr<driver::ProviderInstance> made)
        : plugin(std::move(of)), transport(std::move(by)), instance(std::move(made)) {}
    ~Owned();
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    std::shared_ptr<Plugin> plugin;              // shared with its other instances
    std::shared_ptr<http::Transport> transport;  // shared by those with the same ca_file
    std::unique_ptr<driver::ProviderInstance> instance;
  };

  Impl(ClientOptions options, std::unique_ptr<Log> log, std::unique_ptr<AsioLoop> loop,
       BoardPtr board);

  /// `wanted`: empty for the configuration's own.
  [[nodiscard]] static Result<std::shared_ptr<driver::Snapshot>> resolve(Config config,
                                                                         const Environment& wanted);
  /// The instance of that name ("" : the first of the chain in force), made on first use.
  [[nodiscard]] Result<driver::ProviderInstance*> instance(driver::Snapshot& snapshot,
                                                           const std::string& name);
  /// Makes those of the chain in force; the first one's error when none can be made.
  [[nodiscard]] Result<void> make_instances(driver::Snapshot& snapshot);
  /// What a call is told when no target of the chain in force can be asked, whatever its model.
  [[nodiscard]] Result<void> check_askable(driver::Snapshot& snapshot);
  [[nodiscard]] Result<InstancePtr> make_instance(const driver::Snapshot& snapshot,
                                                  const ProviderConfig& config);
  [[nodiscard]] Result<std::unique_ptr<driver::PluginModule>> open_module(
      const Config& config, const Candidate& candidate);
  [[nodiscard]] static Result<const Candidate*> candidate_of(const driver::Snapshot& snapshot,
                                                             const ProviderConfig& config);
  [[nodiscard]] std::shared_ptr<Plugin> plugin_of(const std::string& file);
  [[nodiscard]] Result<void> make_transports(driver::Snapshot& snapshot);
  [[nodiscard]] Result<std::shared_ptr<http::CurlTransport>> make_transport(
      const std::filesystem::path& ca_file);
  void take_over_instances(driver::Snapshot& from, driver::Snapshot& to);
  void drop_retired();
  [[nodiscard]] bool drop_instances();
  [[nodiscard]] bool drop_transports();
  void drop_plugins(const driver::Snapshot& in_force);
  void drop_retired_later();
  void destroy_dead();
  [[nodiscard]] std::shared_ptr<driver::Snapshot> watched(
      std::shared_ptr<driver::Snapshot> snapshot);
  void take_down();
  template <class Request>
  [[nodiscard]] Result<void> plan(const Request& request, const CallOptions& options,
                                  driver::ChatPlan& out);
  [[nodiscard]] Result<std::shared_ptr<const driver::PreparedChain>> prepared(
      driver::Snapshot& snapshot, const driver::ChainQuestion& question);
  [[nodiscard]] Result<std::shared_ptr<const driver::PreparedChain>> prepare(
      driver::Snapshot& snapshot, const driver::ChainQuestion& question, std::uint64_t generation);
  /// Null when it is not there, or was made when other things were known of models.
  [[nodiscard]] static std::shared_ptr<const driver::PreparedChain> find_prepared(
      driver::Snapshot& snapshot, const std::string& name, std::uint64_t generation);
  static void remember(driver::Snapshot& snapshot, std::string name,
                       std::shared_ptr<const driver::PreparedChain> chain);
  [[nodiscard]] Result<Catalog> fetch_catalog(std::shared_ptr<driver::Snapshot> in_force,
                                              const ProviderConfig& provider,
                                              const CatalogOptions& options);
  /// Changes with what is known of models; 0: nothing is.
  [[nodiscard]] std::uint64_t catalog_generation();
  /// Whether this thread may wait for the lists of models on disk: what a loop does not know, it
  /// takes as unknown.
  [[nodiscard]] static catalog::Shelf::Wait disk_wait();
  [[nodiscard]] std::uint64_t random_number();
  [[nodiscard]] static std::string request_id(std::uint64_t number);
  /// Runs a function on the loop and waits, or at once when on it.
  void on_loop(const Task& task);
  void call_ended(std::uint64_t number);
  [[nodiscard]] bool wait_for_operations(MonotonicTime until);
  [[nodiscard]] bool wait_for_destroyed(MonotonicTime until);
  [[nodiscard]] std::size_t live();

  const driver::HomeProcess home_;
  const ClientOptions options_;    ///< with an environment
  Environment given_environment_;  ///< what the host gave; empty: each configuration has its own
  std::unique_ptr<Log> log_;
  catalog::Shelf shelf_;  ///< without a folder when CatalogUse::kOff
  std::unique_ptr<AsioLoop> loop_;
  std::unique_ptr<Workers> workers_;    ///< for plugins
  std::unique_ptr<Workers> keeper_;     ///< one thread, with which processes of plugins die
  std::unique_ptr<Workers> resolvers_;  ///< for names and lists of models: plugins may be busy
  driver::OpTable operations_{std::random_device{}()};  ///< loop only
  reliability::Health health_;                          ///< loop only
  driver::SharedHealth shared_health_;  ///< loop only; nothing happens until a call asks for it
  std::optional<driver::SharedHealth> group_health_;  ///< loop only; of a client of a group
  driver::Runtime runtime_;
  std::vector<std::shared_ptr<driver::SideOperation>> side_operations_;  ///< loop only

  /// By ca_file; loop only. Snapshots and instances keep those that they use.
  std::map<std::filesystem::path, std::shared_ptr<http::CurlTransport>> transports_;
  std::mutex plugins_mutex_;  ///< guards the four below; never held while a plugin runs
  std::map<std::string, std::shared_ptr<Plugin>> plugins_;  ///< by id and file
  std::vector<InstancePtr> instances_;       ///< all, those of earlier configurations too
  std::vector<std::shared_ptr<void>> dead_;  ///< nobody's any more, for destroy_dead()
  bool destroying_ = false;                  ///< destroy_dead() runs or will
  std::condition_variable destroyed_;        ///< destroying_ became false
  bool ending_ = false;                      ///< loop only: nothing more is given to destroy_dead()
  bool retired_timer_ = false;               ///< loop only: drop_retired() comes again
  std::shared_ptr<driver::Doorbell> retired_;  ///< calls drop_retired(); shared with snapshots

  std::mutex reload_mutex_;    ///< one reload at a time
  std::mutex snapshot_mutex_;  ///< guards the one below
  std::shared_ptr<driver::Snapshot> snapshot_;

  std::mutex calls_mutex_;  ///< guards the four below
  std::unordered_map<std::uint64_t, std::weak_ptr<driver::ChatCall>> calls_;
  std::uint64_t next_call_ = 1;
  bool closing_ = false;
  std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace prx
