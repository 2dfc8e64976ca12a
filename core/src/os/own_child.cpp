#include "os/own_child.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <thread>
#include <utility>

namespace prx::os {
namespace {

using std::chrono::milliseconds;

constexpr auto kPidfd = static_cast<idtype_t>(3);  // P_PIDFD
constexpr milliseconds kLookEvery{5};              // where there is nothing to poll
constexpr milliseconds kReapedMax{100};            // from its end until it is reaped

/// Of Linux 6.15; headers of older ones do not have it.
/// \see https://man7.org/linux/man-pages/man2/pidfd_open.2.html
struct ExitInfo {
  std::uint64_t mask = 1u << 3;  // PIDFD_INFO_EXIT
  std::uint64_t cgroup = 0;
  std::uint32_t ids[11] = {};
  std::int32_t exit_code = 0;
};
static_assert(sizeof(ExitInfo) == 64);
constexpr unsigned long kGetInfo = _IOWR(0xff, 11, ExitInfo);

/// waitid() of a child, by the kernel's handle where there is one. EINVAL: Linux before 5.4.
int wait_for(const Descriptor& process, pid_t pid, int how, siginfo_t& info) {
  int result = -1;
  do {
    result =
        process.is_open() ? ::waitid(kPidfd, static_cast<id_t>(process.get()), &info, how) : -1;
    if (!process.is_open() || (result != 0 && errno == EINVAL))
      result = ::waitid(P_PID, static_cast<id_t>(pid), &info, how);
  } while (result != 0 && errno == EINTR);
  return result;
}

/// As waitpid() puts it.
int status_of(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return (info.si_status & 0xff) << 8;
  return info.si_status | (info.si_code == CLD_DUMPED ? 0x80 : 0);
}

}  // namespace

OwnChild::OwnChild(pid_t pid)
    : pid_(pid), process_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {
  if (!is_there()) process_.reset();  // it has ended, and the number may be a stranger's
}

OwnChild::OwnChild(OwnChild&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), process_(std::move(other.process_)) {}

OwnChild::~OwnChild() {
  if (pid_ < 0) return;
  kill();
  static_cast<void>(reap());
}

/// It runs, or has ended and was not reaped.
bool OwnChild::is_there() const {
  siginfo_t info{};
  return wait_for(process_, pid_, WEXITED | WNOHANG | WNOWAIT, info) == 0;
}

void OwnChild::kill() const {
  if (process_.is_open() &&
      (::syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0) == 0 ||
       errno == ESRCH))
    return;
  if (is_there()) ::kill(pid_, SIGKILL);
}

void OwnChild::kill_group() const {
  constexpr unsigned kGroup = 1u << 2;  // PIDFD_SIGNAL_PROCESS_GROUP, of Linux 6.9
  if (process_.is_open() &&
      (::syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, kGroup) == 0 ||
       errno == ESRCH))
    return;
  ::kill(-pid_, SIGKILL);  // the number is not given away while one of the group is there
}

bool OwnChild::ends_within(milliseconds patience) const {
  if (process_.is_open()) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (milliseconds left = patience;;) {
      pollfd wait{process_.get(), POLLIN, 0};
      const int ready = ::poll(&wait, 1, static_cast<int>(left.count()));
      if (ready >= 0 || errno != EINTR) return ready > 0;
      const auto rest = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
      left = std::max(rest, milliseconds::zero());  // a signal of the program's cut it short
    }
  }
  for (milliseconds left = patience;; left -= kLookEvery) {
    siginfo_t info{};
    const int result = wait_for(process_, pid_, WEXITED | WNOHANG | WNOWAIT, info);
    if (result != 0 || info.si_pid != 0) return true;
    if (left <= milliseconds::zero()) return false;
    std::this_thread::sleep_for(std::min(left, kLookEvery));
  }
}

std::optional<int> OwnChild::reap() {
  siginfo_t info{};
  const int result = wait_for(process_, pid_, WEXITED, info);
  pid_ = -1;
  return result == 0 ? std::optional(status_of(info)) : status_of_reaped();
}

std::optional<int> OwnChild::status_of_reaped() const {
  if (!process_.is_open()) return std::nullopt;
  pollfd wait{process_.get(), 0, 0};
  static_cast<void>(::poll(&wait, 1, static_cast<int>(kReapedMax.count())));  // for POLLHUP
  ExitInfo info;
  const std::uint64_t asked = info.mask;
  if (::ioctl(process_.get(), kGetInfo, &info) != 0 || (info.mask & asked) == 0)
    return std::nullopt;
  return info.exit_code;
}

bool ignores_children() {
  struct sigaction how {};
  return ::sigaction(SIGCHLD, nullptr, &how) == 0 &&
         (how.sa_handler == SIG_IGN || (how.sa_flags & SA_NOCLDWAIT) != 0);
}

}  // namespace prx::os
