#include "cli/interrupt.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "cli/output.hpp"

namespace prx::cli {
namespace {

sigset_t watched_signals(bool hang_up) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    if (!hang_up && (signal == SIGHUP || signal == SIGQUIT)) continue;
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

Interrupt::Interrupt(bool hang_up) : hang_up_(hang_up) {
  const sigset_t set = watched_signals(hang_up_);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_fd_ = signalfd(-1, &set, SFD_CLOEXEC);
  end_fd_ = eventfd(0, EFD_CLOEXEC);
  stop_fd_ = eventfd(0, EFD_CLOEXEC);
  if (signals_fd_ < 0 || end_fd_ < 0 || stop_fd_ < 0 || !start_watcher()) let_go();
}

Interrupt::~Interrupt() {
  if (watcher_.joinable()) {
    ending_.store(true);
    eventfd_write(end_fd_, 1);
    watcher_.join();
  }
  let_go();
}

bool Interrupt::start_watcher() {
  try {
    watcher_ = std::thread([this] { watch(); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void Interrupt::let_go() {
  for (int* const fd : {&signals_fd_, &end_fd_, &stop_fd_})
    if (const int open = std::exchange(*fd, -1); open >= 0) close(open);
  if (signal() != 0) return;  // on the way out: another Ctrl-C must not replace the exit code
  const sigset_t set = watched_signals(hang_up_);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void Interrupt::watch() {
  std::array<pollfd, 2> fds{pollfd{signals_fd_, POLLIN, 0}, pollfd{end_fd_, POLLIN, 0}};
  while (!ending_.load()) {
    if (poll(fds.data(), fds.size(), patience()) <= 0) continue;
    eventfd_t count = 0;
    if (fds[1].revents != 0) eventfd_read(end_fd_, &count);
    if (fds[0].revents != 0) take_signal();
  }
}

void Interrupt::expect(Holder holder) {
  const std::lock_guard lock(mutex_);
  holder_ = std::move(holder);
  if (end_fd_ >= 0) eventfd_write(end_fd_, 1);
}

/// Says that the program is held, and ends it, when it is time. For poll(): how long there is
/// nothing to do. Time counts from when this thread saw it, since a stopped process sees it late.
int Interrupt::patience() {
  const auto rest = [](Clock::duration wait) {
    constexpr std::chrono::milliseconds kHour = std::chrono::hours(1);
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(wait);
    return static_cast<int>(std::clamp(whole, std::chrono::milliseconds{0}, kHour).count());
  };
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  if (holder_.text.empty()) return -1;
  if (signal() == 0 && !holder_.until) return -1;
  if (signal() == 0 && now < *holder_.until) return rest(*holder_.until - now);
  if (!overdue_since_) overdue_since_ = now;
  if (now < *overdue_since_ + kSaidAfter) return rest(*overdue_since_ + kSaidAfter - now);
  if (!said_) {
    said_ = now;
    message(holder_.text, {-1, now});  // a stderr that nobody reads holds nothing up
  }
  if (now >= *said_ + kEndedAfter) _exit(signal() != 0 ? exit_code() : holder_.late_code);
  return rest(*said_ + kEndedAfter - now);
}

void Interrupt::take_signal() {
  signalfd_siginfo info{};
  if (read(signals_fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return;
  const int number = static_cast<int>(info.ssi_signo);
  std::stop_source stop;
  {
    const std::lock_guard lock(mutex_);
    if (signal_.load() != 0 || said_) _exit(128 + number);
    signal_.store(number);
    stop = stop_;
    eventfd_write(stop_fd_, 1);
  }
  signal_.notify_all();
  stop.request_stop();
}

std::stop_token Interrupt::token() const {
  const std::lock_guard lock(mutex_);
  return stop_.get_token();
}

bool Interrupt::forget() {
  const std::lock_guard lock(mutex_);
  if (signal() == 0) return true;
  if (signal() != SIGINT) return false;
  eventfd_t count = 0;
  if (stop_fd_ >= 0) eventfd_read(stop_fd_, &count);  // it was written before signal_ was unlocked
  stop_ = std::stop_source();
  overdue_since_.reset();
  said_.reset();
  signal_.store(0);
  return true;
}

}  // namespace prx::cli
