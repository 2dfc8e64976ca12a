/// \file client_impl.hpp
/// What a Client is made of, and how its parts are told apart from each other's threads.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/chat_call.hpp"
#include "client/provider_instance.hpp"
#include "client/runtime.hpp"
#include "client/side_operation.hpp"
#include "http/asio_loop.hpp"
#include "plugin/registry.hpp"
#include "prx/client.hpp"
#include "reliability/key_lanes.hpp"

namespace prx {

/// A client's parts. Made by open(), taken down by close() before it is destroyed.
class Client::Impl {
 public:
  static constexpr std::chrono::seconds kCloseMax{3};           ///< for plugins to end what runs
  static constexpr std::chrono::milliseconds kWorkersMax{250};  ///< for a look-up to come back

  [[nodiscard]] static Result<std::unique_ptr<Impl>> open(Config config, ClientOptions options);
  ~Impl();

  /// Cancels what runs and waits for it. False when a worker does not come back, a plugin's or one
  /// that resolves a name: then the caller must leak this object, since that thread still uses it.
  [[nodiscard]] bool close();

  [[nodiscard]] std::shared_ptr<driver::ChatCall> make_call(const ChatRequest& request,
                                                            const CallOptions& options, Sink& sink,
                                                            std::optional<Error>& refused);
  /// One operation that is not a chat; blocks. `take` sees each of its events, on the loop.
  [[nodiscard]] Result<driver::OperationStats> run(std::uint32_t op, const std::string& provider,
                                                   const CallOptions& options,
                                                   driver::SideOperation::Take take);
  /// Starts the default provider's warm-up; its outcome is logged and marks the key.
  void warm_up();

  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] const std::vector<PluginInfo>& plugins() const { return infos_; }
  [[nodiscard]] Loop& loop() { return *loop_; }
  /// The instance of that name ("" : the default provider's), made on first use.
  [[nodiscard]] Result<driver::ProviderInstance*> instance(const std::string& name);

 private:
  Impl(Config config, ClientOptions options, std::unique_ptr<Log> log,
       std::vector<Candidate> candidates);

  [[nodiscard]] Result<std::unique_ptr<driver::ProviderInstance>> make_instance(
      const ProviderConfig& config);
  [[nodiscard]] Result<driver::PluginModule*> module(const ProviderConfig& config);
  void make_transports();
  void take_down();
  [[nodiscard]] Result<driver::ChatPlan> plan(const ChatRequest& request,
                                              const CallOptions& options);
  [[nodiscard]] std::string new_request_id();
  /// Runs a function on the loop and waits, or at once when on it.
  void on_loop(const Task& task);
  void call_ended(std::uint64_t number);
  [[nodiscard]] bool wait_for_operations();

  const Config config_;
  const ClientOptions options_;
  std::unique_ptr<Log> log_;
  std::vector<Candidate> candidates_;
  std::vector<PluginInfo> infos_;
  std::unique_ptr<AsioLoop> loop_;
  std::unique_ptr<Workers> workers_;    ///< for plugins
  std::unique_ptr<Workers> resolvers_;  ///< for names, so that busy plugins do not stop them
  driver::OpTable operations_;          ///< loop only
  reliability::KeyLanes lanes_;         ///< loop only
  driver::Runtime runtime_;
  std::vector<std::shared_ptr<driver::SideOperation>> side_operations_;  ///< loop only

  std::map<std::filesystem::path, std::unique_ptr<http::Transport>>
      transports_;            ///< by ca_file; fixed
  std::mutex plugins_mutex_;  ///< guards the two below: made on a caller's thread, on first use
  std::map<std::string, std::unique_ptr<driver::PluginModule>> modules_;
  std::map<std::string, std::unique_ptr<driver::ProviderInstance>> instances_;

  std::mutex calls_mutex_;  ///< guards the four below
  std::unordered_map<std::uint64_t, std::weak_ptr<driver::ChatCall>> calls_;
  std::uint64_t next_call_ = 1;
  bool closing_ = false;
  std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace prx
