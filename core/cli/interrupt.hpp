/// \file interrupt.hpp
/// Interrupt: turns SIGINT and SIGTERM into a stop token.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace prx::cli {

/// What may hold the program after it was to stop: code that runs in it and does not return.
struct Holder {
  /// One line for stderr: what holds, and the remedy; "": nothing does, and the program is left
  /// alone
  std::string text;
  /// When the program is to stop by itself; nullopt: when a signal says so
  std::optional<std::chrono::steady_clock::time_point> until = std::nullopt;
  int late_code = 1;  ///< exit code of who did not stop after `until`
};

/// Blocks both signals for this thread and those started after, and watches for them on a thread of
/// its own: no signal handler runs, nothing else is interrupted. The first signal requests a stop,
/// the second ends the process at once, and so does the first one after a holder's text. A signal
/// that was ignored when the program started (nohup, background jobs) stays so.
///
/// Make it before any other thread. Its destructor gives the signals back, unless one came. Where
/// the system has no descriptor or thread left for it, signals end the program as they would
/// without it.
class Interrupt {
 public:
  /// From the first signal, or the holder's `until`, to the holder's text on stderr.
  static constexpr std::chrono::seconds kSaidAfter{1};
  /// From that text to the end of the process.
  static constexpr std::chrono::seconds kEndedAfter{1};

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
  /// From now on the process is ended if it was to stop and this is still there, or forget() was
  /// not called: what would end it may wait for the holder. Any number of times; the last one
  /// holds.
  void expect(Holder holder);
  /// Blocks until a signal came.
  void wait() const { signal_.wait(0); }

 private:
  [[nodiscard]] bool start_watcher();
  void let_go();
  void watch();
  void take_signal();
  [[nodiscard]] int patience();

  const bool hang_up_;
  mutable std::mutex mutex_;
  using Clock = std::chrono::steady_clock;
  std::stop_source stop_;  ///< under mutex_, as all to signal_
  Holder holder_;
  std::optional<Clock::time_point> overdue_since_, said_;  ///< since the last forget()
  std::atomic<int> signal_{0};
  std::atomic<bool> ending_{false};
  int signals_fd_ = -1;
  int end_fd_ = -1;  ///< wakes the watcher: another holder, or the end
  int stop_fd_ = -1;
  std::thread watcher_;
};

}  // namespace prx::cli
