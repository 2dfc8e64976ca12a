/// \file host.hpp
/// Host: the services of prx.log/1, prx.http/1 and prx.exec/1 as one small value.
#pragma once

#include <cstdint>
#include <string_view>

#include "prx/plugin.h"
#include "prx/sdk/abi.hpp"
#include "prx/sdk/error.hpp"

namespace prx::sdk {

enum class LogLevel : std::int32_t {
  kTrace = PRX_LOG_TRACE,
  kDebug = PRX_LOG_DEBUG,
  kInfo = PRX_LOG_INFO,
  kWarn = PRX_LOG_WARN,
  kError = PRX_LOG_ERROR,
};

/// A value of four pointers: copy it freely. Valid until the instance is destroyed.
class Host {
 public:
  explicit Host(const prx_host* host)
      : host_(host),
        log_(service<prx_log>(PRX_LOG_ID)),
        http_(service<prx_http>(PRX_HTTP_ID)),
        exec_(service<prx_exec>(PRX_EXEC_ID)) {}

  [[nodiscard]] const prx_host* abi() const { return host_; }
  [[nodiscard]] std::string_view name() const { return view(host_->name); }
  [[nodiscard]] std::string_view version() const { return view(host_->version); }

  /// True when a line of this level would be kept. Any thread.
  [[nodiscard]] bool logs(LogLevel level) const {
    return log_ != nullptr && log_->enabled(host_, static_cast<std::int32_t>(level)) != 0;
  }
  /// One line; never a prompt, a body or a key. Any thread.
  void log(LogLevel level, std::string_view line) const {
    if (log_ != nullptr) log_->write(host_, static_cast<std::int32_t>(level), str(line));
  }

  /// The host's monotonic clock in nanoseconds; 0 when the host has none. Any thread.
  [[nodiscard]] std::int64_t now_ns() const { return exec_ == nullptr ? 0 : exec_->now_ns(host_); }

  /// Sends a request; the id of the exchange, whose callbacks come by `sink` (prx/plugin.h,
  /// prx_http). Errors: what the host refused it with, or kUnsupported when it has no prx.http/1.
  [[nodiscard]] Result<std::uint64_t> send(const prx_http_req& request,
                                           const prx_http_sink& sink) const {
    if (http_ == nullptr) return fail(ErrorClass::kUnsupported, "this host has no prx.http/1");
    FailCatcher reason;
    std::uint64_t id = 0;
    const std::int32_t status = http_->send(host_, &request, &sink, reason.abi(), &id);
    if (status != PRX_OK) return Unexpected(reason.take(status));
    return id;
  }
  /// None of its callbacks comes after this returned.
  void cancel_send(std::uint64_t id) const {
    if (http_ != nullptr) http_->cancel(host_, id);
  }

  /// prx.exec/1, or null.
  [[nodiscard]] const prx_exec* exec() const { return exec_; }

 private:
  template <class Service>
  [[nodiscard]] const Service* service(std::string_view id) const {
    const auto* found = static_cast<const Service*>(host_->service(host_, str(id)));
    return is_whole(found) ? found : nullptr;
  }

  const prx_host* host_;
  const prx_log* log_;
  const prx_http* http_;
  const prx_exec* exec_;
};

}  // namespace prx::sdk
