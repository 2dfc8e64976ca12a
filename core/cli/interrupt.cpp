#include "cli/interrupt.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <system_error>
#include <utility>

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
  while (true) {
    if (poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[1].revents != 0) return;
    if (fds[0].revents != 0) take_signal();
  }
}

void Interrupt::take_signal() {
  signalfd_siginfo info{};
  if (read(signals_fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return;
  const int number = static_cast<int>(info.ssi_signo);
  if (signal_.load() != 0) _exit(128 + number);
  std::stop_source stop;
  {
    const std::lock_guard lock(mutex_);
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
  signal_.store(0);
  return true;
}

}  // namespace prx::cli
