/// \file serve_signals.hpp
/// What wakes `prx serve`: SIGINT and SIGTERM to end, SIGHUP to read its configuration again, and
/// its own loop when it is drained.
#pragma once

#include <chrono>
#include <optional>

#include "os/descriptor.hpp"
#include "prx/sdk/result.hpp"

namespace prx::cli {

/// Blocks the three signals for this thread and those started after; make it before any other
/// thread. A signal that was ignored when the program started (nohup) stays so.
class ServeSignals {
 public:
  enum class What { kEnd, kReload, kDrained, kNothing };

  /// Errors: kInternal, no descriptor is free.
  [[nodiscard]] static Result<ServeSignals> open();

  /// Waits until something comes; kNothing: not within `patience` (nullopt: forever).
  [[nodiscard]] What wait(std::optional<std::chrono::milliseconds> patience);
  /// From any thread: the next wait() gives kDrained.
  void drained() const;

 private:
  ServeSignals() = default;
  os::Descriptor signals_, drained_;
};

}  // namespace prx::cli
