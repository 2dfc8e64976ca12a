/// \file watched.hpp
/// What another process of this machine costs: its CPU time and its memory. Linux only.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <ctime>

namespace prx::bench {

class Watched {
 public:
  /// 0: nobody; all values are 0 then. Dies when there is no such process.
  explicit Watched(pid_t pid);

  /// Of all its threads, user and system.
  [[nodiscard]] std::chrono::nanoseconds cpu() const;
  /// Proportional resident memory (Pss), bytes.
  [[nodiscard]] std::size_t memory() const;

 private:
  pid_t pid_;
  clockid_t clock_ = CLOCK_REALTIME;
};

}  // namespace prx::bench
