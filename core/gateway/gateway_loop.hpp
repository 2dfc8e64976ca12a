/// \file gateway_loop.hpp
/// What a gateway has on one loop: a server, and what answers behind it. Private to the gateway.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "gateway/access/gate.hpp"
#include "gateway/front.hpp"
#include "gateway/http/server.hpp"
#include "gateway/listener.hpp"

namespace prx::gateway {

/// Shares nothing with the other loops but what it is given. Made, used and destroyed on one
/// thread, which is no client's; what it does, it does on the loop, and waits for that.
class GatewayLoop {
 public:
  /// `ring`: whom it asks for; `loopback`: it is reached from this machine alone; `watch`: what the
  /// client's measurements go to.
  GatewayLoop(Client& client, Asked asked, const ServeConfig& config, bool loopback,
              std::shared_ptr<const KeyRing> ring, std::shared_ptr<Watch> watch);
  /// After stop() of all loops: one may be about to ask another for its report.
  ~GatewayLoop();
  GatewayLoop(const GatewayLoop&) = delete;
  GatewayLoop& operator=(const GatewayLoop&) = delete;

  /// Once. `places`: of connections, over all loops; `observer`: empty, or as Server::observe().
  /// Errors: those of Server::listen().
  [[nodiscard]] Result<void> listen(const ServerLimits& limits, std::shared_ptr<InFlight> places,
                                    std::vector<Listener> listeners, RequestObserver observer);
  /// Ends answers that are under way in a reset, and answers nothing any more.
  void stop();
  /// Of this loop, on it.
  [[nodiscard]] LoopReport report() const;
  void use(std::shared_ptr<const KeyRing> ring);
  /// As Gateway::drain(), of this loop.
  void drain(std::function<void()> drained);
  [[nodiscard]] ServerCounts counts() const;
  /// Calls `told` on the loop in a turn of its own. At once, from any thread.
  void answers(std::function<void()> told) const;

 private:
  void on_loop(const std::function<void()>& task) const;
  Client& client_;
  const std::shared_ptr<Watch> watch_;  // shared with the client's sink
  Gate gate_;                           ///< loop only
  Front front_;                         ///< loop only
  std::unique_ptr<Server> server_;      ///< loop only
};

}  // namespace prx::gateway
