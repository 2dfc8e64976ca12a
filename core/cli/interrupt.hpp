/// \file interrupt.hpp
/// Interrupt: turns SIGINT and SIGTERM into a stop token.
#pragma once

#include <atomic>
#include <mutex>
#include <stop_token>
#include <thread>

namespace prx::cli {

/// Blocks both signals for this thread and those started after, and watches for them on a thread of
/// its own: no signal handler runs, nothing else is interrupted. The first signal requests a stop,
/// the second ends the process at once. A signal that was ignored when the program started (nohup,
/// background jobs) stays so.
///
/// Make it before any other thread. Its destructor gives the signals back, unless one came. Where
/// the system has no descriptor or thread left for it, signals end the program as they would
/// without it.
class Interrupt {
 public:
  /// \param hang_up  also SIGHUP and SIGQUIT: for who has to end what it started, whatever ends it.
  explicit Interrupt(bool hang_up = false);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// Until forget() was called.
  [[nodiscard]] std::stop_token token() const;
  /// Readable from the first signal on, for poll(); owned by this; -1 when nobody watches.
  [[nodiscard]] int stop_fd() const { return stop_fd_; }
  /// The signal that came, or 0.
  [[nodiscard]] int signal() const { return signal_.load(); }
  /// 128 + the signal that came; 0 without one.
  [[nodiscard]] int exit_code() const { return signal() == 0 ? 0 : 128 + signal(); }
  /// What a SIGINT stopped has stopped: from now on the next signal is the first, with another
  /// token. False, and nothing changes, when SIGTERM came: that is for the whole program.
  bool forget();
  /// Blocks until a signal came.
  void wait() const { signal_.wait(0); }

 private:
  [[nodiscard]] bool start_watcher();
  void let_go();
  void watch();
  void take_signal();

  const bool hang_up_;
  mutable std::mutex mutex_;
  std::stop_source stop_;  ///< under mutex_
  std::atomic<int> signal_{0};
  int signals_fd_ = -1;
  int end_fd_ = -1;
  int stop_fd_ = -1;
  std::thread watcher_;
};

}  // namespace prx::cli
