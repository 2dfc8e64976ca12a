/// \file restarts.hpp
/// When the next process of an isolated plugin is started after one ended. Pure: no clock.
#pragma once

#include <chrono>
#include <optional>

#include "http/loop.hpp"

namespace prx::isolation {

class Restarts {
 public:
  static constexpr std::chrono::milliseconds kBackoffBase{100};  ///< after the second end; doubled
  static constexpr std::chrono::milliseconds kBackoffMax{30'000};
  static constexpr std::chrono::seconds kStableAfter{10};  ///< one that served so long starts anew

  /// A process has made its instance.
  void up(MonotonicTime now) { up_since_ = now; }
  /// A process ended, before or after that, or could not be started. \return the wait.
  std::chrono::milliseconds ended(MonotonicTime now);
  /// Not before this.
  [[nodiscard]] MonotonicTime next() const { return next_; }

  /// After so many ends in a row.
  [[nodiscard]] static std::chrono::milliseconds wait_after(unsigned ends);

 private:
  std::optional<MonotonicTime> up_since_;  ///< of the process that runs
  MonotonicTime next_{};
  unsigned ends_ = 0;  ///< in a row
};

}  // namespace prx::isolation
