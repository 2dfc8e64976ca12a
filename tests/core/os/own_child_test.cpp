#include "os/own_child.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <vector>

namespace prx::os {
namespace {

using namespace std::chrono_literals;

/// One that waits to be killed.
pid_t start_waiting() {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  for (;;) ::pause();
}

/// One that ends at once with that status.
pid_t start_ending(int status) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(status);
  return pid;
}

/// While it lives, this program does that with SIGCHLD.
class ChildSignal {
 public:
  ChildSignal(void (*handler)(int), int flags) {
    struct sigaction how {};
    how.sa_handler = handler;
    how.sa_flags = flags;
    ::sigaction(SIGCHLD, &how, &before_);
  }
  ~ChildSignal() { ::sigaction(SIGCHLD, &before_, nullptr); }
  ChildSignal(const ChildSignal&) = delete;
  ChildSignal& operator=(const ChildSignal&) = delete;

 private:
  struct sigaction before_ {};
};

/// While it lives, no descriptor is to be had.
class NoDescriptor {
 public:
  NoDescriptor() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few{64, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int one = ::open("/dev/null", O_RDONLY); one >= 0; one = ::open("/dev/null", O_RDONLY))
      all_.emplace_back(one);
  }
  ~NoDescriptor() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptor(const NoDescriptor&) = delete;
  NoDescriptor& operator=(const NoDescriptor&) = delete;

 private:
  rlimit before_{};
  std::vector<Descriptor> all_;
};

bool runs(pid_t pid) { return ::kill(pid, 0) == 0; }

void expect_killed_and_told() {
  OwnChild child(start_waiting());
  EXPECT_FALSE(child.ends_within(1ms));
  child.kill();
  EXPECT_TRUE(child.ends_within(10s));
  const auto status = child.reap();
  ASSERT_TRUE(status);
  EXPECT_EQ(WTERMSIG(*status), SIGKILL);
}

TEST(OwnChild, ItsStatusIsTold) {
  OwnChild child(start_ending(7));
  EXPECT_TRUE(child.ends_within(10s));
  const auto status = child.reap();
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 7);
}

TEST(OwnChild, OneThatIsKilledIsToldToo) { expect_killed_and_told(); }

TEST(OwnChild, TheDestructorKillsAndReaps) {
  const pid_t pid = start_waiting();
  { const OwnChild child(pid); }
  EXPECT_FALSE(runs(pid));
}

TEST(OwnChild, WithoutADescriptorItsNumberIsUsed) {
  const NoDescriptor none;
  expect_killed_and_told();
}

/// Linux 6.15 and later remember it for who has the kernel's handle.
TEST(OwnChild, OneThatTheKernelReapsIsEndedAndItsStatusIsRightOrNotKnown) {
  for (const auto& [handler, flags] : {std::pair(SIG_IGN, 0), std::pair(SIG_DFL, SA_NOCLDWAIT)}) {
    const ChildSignal ignored(handler, flags);
    EXPECT_TRUE(ignores_children());
    const pid_t pid = start_waiting();
    OwnChild child(pid);
    child.kill();
    EXPECT_TRUE(child.ends_within(10s));
    const auto status = child.reap();
    EXPECT_FALSE(runs(pid));
    if (status) {
      EXPECT_EQ(WTERMSIG(*status), SIGKILL);
    }
  }
  EXPECT_FALSE(ignores_children());
}

TEST(OwnChild, OneThatTheKernelReapsWithoutAHandleHasNoStatus) {
  const ChildSignal ignored(SIG_IGN, 0);
  const NoDescriptor none;
  OwnChild child(start_waiting());
  child.kill();
  EXPECT_TRUE(child.ends_within(10s));
  EXPECT_EQ(child.reap(), std::nullopt);
}

// --- its number is another's

/// Starts a process with that very number; -1 where that is not allowed.
pid_t start_waiting_as(pid_t pid) {
  clone_args how{};
  how.exit_signal = SIGCHLD;
  how.set_tid = reinterpret_cast<std::uint64_t>(&pid);
  how.set_tid_size = 1;
  const auto made = ::syscall(SYS_clone3, &how, sizeof how);
  if (made != 0) return static_cast<pid_t>(made);
  for (;;) ::pause();
}

enum Outcome { kSpared, kKilled, kNotPossible };

/// Somebody else in this program reaps the child, and the next one has its number.
Outcome kill_one_whose_number_is_anothers() {
  const pid_t pid = start_waiting();
  {
    const OwnChild child(pid);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    if (start_waiting_as(pid) != pid) return kNotPossible;
    child.kill();
  }                      // and the destructor
  ::kill(pid, SIGTERM);  // the first of two signals is what it is said to die of
  int status = 0;
  return ::waitpid(pid, &status, 0) == pid && WTERMSIG(status) == SIGTERM ? kSpared : kKilled;
}

/// In namespaces of its own, whose first process may choose numbers.
TEST(OwnChild, AnotherProcessThatHasItsNumberNowIsLeftAlone) {
  const pid_t outer = ::fork();
  if (outer == 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) ::_exit(kNotPossible);
    const pid_t first = ::fork();
    if (first == 0) ::_exit(kill_one_whose_number_is_anothers());
    int status = 0;
    ::_exit(::waitpid(first, &status, 0) == first && WIFEXITED(status) ? WEXITSTATUS(status)
                                                                       : kKilled);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(outer, &status, 0), outer);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNotPossible) GTEST_SKIP() << "no namespaces, or no clone3";
  EXPECT_EQ(WEXITSTATUS(status), kSpared);
}

}  // namespace
}  // namespace prx::os
