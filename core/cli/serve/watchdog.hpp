/// \file watchdog.hpp
/// Has the service manager know that the service answers, as often as it wants to.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "cli/serve/service_manager.hpp"
#include "gateway/gateway.hpp"

namespace prx::cli {

/// A turn of each of the gateway's loops is asked for, and the manager told when all came back: of
/// a gateway with a loop that hangs it hears no more. One thread; borrows both.
class Watchdog {
 public:
  using Clock = std::chrono::steady_clock;

  Watchdog(const ServiceManager& manager, const gateway::Gateway& gateway);
  /// How long the caller may do something else, at most `longest`.
  [[nodiscard]] std::chrono::milliseconds patience(std::chrono::milliseconds longest) const;
  /// What is due.
  void look();

 private:
  const ServiceManager& manager_;
  const gateway::Gateway& gateway_;
  Clock::time_point due_ = Clock::now();
  const std::shared_ptr<std::atomic<bool>> answered_;  // shared with the turn that is asked for
};

}  // namespace prx::cli
