/// \file log.hpp
/// The log of one client: levels, redaction, and where lines go. The only user of spdlog is behind
/// it.
#pragma once

#include <filesystem>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "prx/client.hpp"
#include "prx/config.hpp"
#include "telemetry/redactor.hpp"

namespace prx {

/// Any thread, several at once.
class Log {
 public:
  /// To a host's sink when it gave one, else to the file or stderr of `[log]`. Errors:
  /// kInvalidRequest, as check_log_file(), or with the path and the system's reason.
  [[nodiscard]] static Result<std::unique_ptr<Log>> open(const LogConfig& config, LogSink sink,
                                                         Redactor redactor);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  [[nodiscard]] bool enabled(LogLevel level) const {
    return level >= level_ && level != LogLevel::kOff;
  }
  /// One line: line breaks and control characters become spaces, known secrets "[redacted]".
  void write(LogLevel level, std::string_view line) const;
  [[nodiscard]] std::string redact(std::string_view text) const;
  /// From now on these secrets are hidden, and for a while those that were: see Redactor::renew().
  void hide(const Redactor& in_use);

 private:
  struct Backend;
  Log(LogLevel level, LogSink sink, Redactor redactor);

  LogLevel level_;
  LogSink sink_;
  mutable std::shared_mutex mutex_;  ///< guards redactor_
  Redactor redactor_;
  std::unique_ptr<Backend> backend_;
};

/// Whether `[log] file` can be a log: a regular file or a device that can be written, or nothing
/// yet. A pipe is none, since it would hold a loop up (unless it is this process's own stdout or
/// stderr, as /dev/stderr may be); a folder or socket neither. Does not open it, and never waits.
/// Errors: kInvalidRequest, path and remedy.
[[nodiscard]] Result<void> check_log_file(const std::filesystem::path& file);

/// The level of that name; nullopt for others.
[[nodiscard]] std::optional<LogLevel> log_level_from(std::string_view name);

}  // namespace prx
