#include "cli/serve/serve_signals.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "os/file.hpp"

namespace prx::cli {

Result<ServeSignals> ServeSignals::open() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&set, signal);
  }
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ServeSignals out;
  out.signals_.reset(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  out.drained_.reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (out.signals_.is_open() && out.drained_.is_open()) return out;
  return fail(ErrorClass::kInternal, "signals cannot be watched: " + os::reason(errno) +
                                         "; look at the limit of descriptors");
}

ServeSignals::What ServeSignals::wait(std::optional<std::chrono::milliseconds> patience) {
  std::array<pollfd, 2> fds{pollfd{signals_.get(), POLLIN, 0}, pollfd{drained_.get(), POLLIN, 0}};
  const auto most = static_cast<std::int64_t>(INT_MAX);
  const int limit =
      patience ? static_cast<int>(std::clamp<std::int64_t>(patience->count(), 0, most)) : -1;
  int ready = 0;
  do {
    ready = ::poll(fds.data(), fds.size(), limit);
  } while (ready < 0 && errno == EINTR && !patience);
  if (ready <= 0) return What::kNothing;
  if (fds[1].revents != 0) {
    eventfd_t count = 0;
    eventfd_read(drained_.get(), &count);
    return What::kDrained;
  }
  signalfd_siginfo info{};
  if (::read(signals_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info))
    return What::kNothing;
  return info.ssi_signo == static_cast<std::uint32_t>(SIGHUP) ? What::kReload : What::kEnd;
}

void ServeSignals::drained() const { eventfd_write(drained_.get(), 1); }

}  // namespace prx::cli
