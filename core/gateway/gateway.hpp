/// \file gateway.hpp
/// Gateway: the chains of a configuration as an OpenAI- and OpenRouter-compatible service. Start
/// here.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/server.hpp"
#include "gateway/listener.hpp"
#include "gateway/watch/watch.hpp"
#include "prx/client.hpp"

namespace prx::gateway {

class GatewayLoop;

/// What a gateway does beside its service. A value.
struct GatewayOptions {
  /// One line for who runs it: what could not be written, and the remedy. Any thread. Empty: nobody
  /// hears it
  std::function<void(std::string_view line)> say;
  /// Where the spending of keys is kept: see state_folder(). "": it is not, and begins anew with
  /// each start
  std::filesystem::path state_folder;
  /// For each client what its measurements go to (Watch::sink_of()), in the same order; what there
  /// is none for, /metrics and /status say nothing of
  std::vector<std::shared_ptr<Watch>> watches;
};

/// How many loops, and so clients, a service has: `[serve] loops`, or else one for each core that
/// this process may use, kLoopsMax at most.
inline constexpr std::size_t kLoopsMax = 8;
[[nodiscard]] std::size_t loops_of(const ServeConfig& config);

/// It runs on the clients' loops: what is read there is written there, and loops share no
/// connection. Made, used and destroyed on another thread, before its clients are.
class Gateway {
 public:
  /// Of one configuration, one for each loop, at least one; borrowed. See ClientGroup.
  using Clients = std::vector<Client*>;

  /// Accepts from `listeners`, one or more, on each loop, whatever `config` says of places and TLS.
  /// Errors: kInvalidRequest: one is reached from other machines, and there is no key; kInternal:
  /// one is no listening socket; those of spread() and AccessLog::open().
  [[nodiscard]] static Result<std::unique_ptr<Gateway>> open_on(std::vector<Listener> listeners,
                                                                const Clients& clients,
                                                                const ServeConfig& config,
                                                                GatewayOptions options = {});
  /// Listens where `config` says, by TLS when it says so. Errors: those above, of listen_at() and
  /// of TlsContext::open().
  [[nodiscard]] static Result<std::unique_ptr<Gateway>> open(const Clients& clients,
                                                             const ServeConfig& config,
                                                             GatewayOptions options = {});
  /// Ends answers that are under way in a reset.
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Of the first listener: "http://127.0.0.1:8383"
  [[nodiscard]] const std::string& url() const { return urls_.front(); }
  /// Of each, as Listener::url().
  [[nodiscard]] const std::vector<std::string>& urls() const { return urls_; }
  [[nodiscard]] std::size_t loops() const { return loops_.size(); }
  /// Takes nothing new and lets answers end. `drained` is called on a loop when none is left; it
  /// must not block, and is not called after this is destroyed.
  void drain(const std::function<void()>& drained);
  /// Whether reload() may be called with that. Errors: kInvalidRequest: there is no key in it, and
  /// other machines reach this.
  [[nodiscard]] Result<void> check_reload(const ServeConfig& config) const;
  /// Puts other keys in force, where check_reload() is content; those whose names stay keep what
  /// they have used. Calls under way end. What else `config` says stays as it was.
  void reload(const ServeConfig& config);
  /// Opens the access log anew, which was moved away; without one nothing.
  void reopen_log();
  /// Of all loops.
  [[nodiscard]] ServerCounts counts() const;
  /// Of each.
  [[nodiscard]] std::vector<ServerCounts> loop_counts() const;
  /// Calls `told` on a loop when each has had a turn: they answer. At once, from any thread.
  void answers(const std::function<void()>& told) const;

 private:
  struct Shared;
  Gateway(const Clients& clients, const ServeConfig& config, const std::vector<Listener>& listeners,
          const std::vector<std::shared_ptr<Watch>>& watches);
  [[nodiscard]] Result<void> listen(std::vector<Listener> listeners, const ServeConfig& config);
  std::vector<std::string> urls_;
  std::string far_url_;             ///< of one that other machines reach; "": there is none
  std::unique_ptr<Shared> shared_;  ///< before the loops: it outlives them
  std::vector<std::unique_ptr<GatewayLoop>> loops_;
};

}  // namespace prx::gateway
