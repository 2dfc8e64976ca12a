/// \file gateway_program.hpp
/// What stands between clients and upstream: nothing, nginx, prx serve or Portkey. Each gets a
/// folder and a port of its own, runs in the foreground as one process, and is killed at the end.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/run/plan.hpp"
#include "bench/run/process.hpp"
#include "prx/sdk/error.hpp"

namespace prx::bench {

enum class Gateway {
  kDirect,   ///< the upstream itself
  kNginx,    ///< one worker, proxy_pass without buffering, connections to the upstream kept
  kPrx,      ///< prx serve with one target
  kChain,    ///< prx serve with a chain of two targets
  kPortkey,  ///< from npm
};

/// Where the answers come from.
struct Upstreams {
  int first = 0;   ///< port
  int second = 0;  ///< of the second target; kChain only
};

/// Why it cannot run on this machine; nullopt when it can.
[[nodiscard]] std::optional<std::string> why_not(const Places& places, Gateway gateway);

/// A running one.
class GatewayProgram {
 public:
  /// `wrapper` comes before its command line (strace). Errors: kInternal, kTimeout.
  [[nodiscard]] static Result<GatewayProgram> start(const Places& places, Gateway gateway,
                                                    const Upstreams& upstreams,
                                                    const std::vector<std::string>& wrapper = {});

  [[nodiscard]] int port() const { return port_; }
  /// Of the process that serves; 0 for kDirect.
  [[nodiscard]] pid_t pid() const { return process_ ? process_->pid() : 0; }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// That a request needs, "Name: value|Name: value".
  [[nodiscard]] const std::string& headers() const { return headers_; }
  /// kPrx and kChain: asks it to end and waits. Errors: kTimeout.
  [[nodiscard]] Result<Finished> end();

 private:
  GatewayProgram() = default;
  std::optional<Process> process_;
  int port_ = 0;
  std::string path_ = "/api/v1/chat/completions";
  std::string headers_;

  friend struct GatewayStart;
};

/// Makes `folder`/portkey by npm, which finds its registry by its own configuration; done once.
/// Errors: kUnsupported where npm cannot.
[[nodiscard]] Result<void> install_portkey(const Places& places);

}  // namespace prx::bench
