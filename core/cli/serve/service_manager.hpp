/// \file service_manager.hpp
/// What a service manager (systemd) gives to `prx serve` and is told by it. By hand: a documented,
/// stable protocol of variables and datagrams, see decision record 0030.
/// \see https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
/// \see https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/listener.hpp"
#include "os/descriptor.hpp"
#include "prx/sdk/result.hpp"

namespace prx::cli {

inline constexpr int kGivenMax = 64;                ///< sockets that a service manager may give
inline constexpr std::chrono::seconds kTellMax{2};  ///< for a manager that does not read

/// What the environment says, each as written; "" when it is not there.
struct ServiceVariables {
  std::string listen_pid, listen_fds, listen_names;
  std::string notify_socket;
  std::string watchdog_pid, watchdog_usec;

  /// Takes them out of this program's environment, so that no child takes them for its own. Call it
  /// before another thread starts.
  [[nodiscard]] static ServiceVariables take();
};

/// The sockets that were given, none when they are another process's. They are not inherited by
/// children. Who may be reached by them is the caller's to ask (config::check_serve_reach). Errors:
/// kInvalidRequest, which socket, what and remedy: it is none that listens.
[[nodiscard]] Result<std::vector<gateway::Listener>> given_listeners(
    const ServiceVariables& variables);

/// Tells the service manager how this program is; without one nothing. One thread.
class ServiceManager {
 public:
  explicit ServiceManager(const ServiceVariables& variables);

  /// Listens. Errors: kInvalidRequest, the manager cannot be told; it would wait for ever.
  [[nodiscard]] Result<void> ready(std::string_view status) const;
  /// Reads its configuration again, until ready().
  void reloading() const;
  void stopping(std::string_view status) const;
  /// How often alive() is expected: half of what the manager waits for.
  [[nodiscard]] std::optional<std::chrono::milliseconds> watchdog() const { return watchdog_; }
  void alive() const;

 private:
  [[nodiscard]] int tell(const std::string& lines) const;
  std::string address_;  ///< of its socket; a leading '@' stands for no file
  std::optional<std::chrono::milliseconds> watchdog_;
};

}  // namespace prx::cli
