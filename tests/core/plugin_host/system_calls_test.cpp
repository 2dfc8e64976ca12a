// The two filters, each in a child of its own: what they allow is written here a second time, so
// that a call more or less is a change of this file too.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "plugin_host/confine.hpp"

namespace prx::plugin_host {
namespace {

using ::testing::IsEmpty;

constexpr long kNumberMax = 550;   // beyond all numbers of today
constexpr long kNewFirst = 424;    // of Linux 5.1
constexpr int kNotConfined = 222;  // as an exit status, beyond each errno
constexpr int kKilled = -SIGSYS;
constexpr long kOwn = -0x7777;  // as an argument: this process's id

using Confine = std::string (*)();

std::string loading() { return refuse_system_calls(); }
std::string running() { return confine_system_calls(); }
/// As in the real process: the second filter is taken under the first one.
std::string both() {
  const std::string problem = loading();
  return problem.empty() ? running() : problem;
}

[[noreturn]] void leave(int status) {
  for (;;) ::syscall(SYS_exit_group, status);
}

/// The exit status of a child that confines itself and acts, or minus the signal that killed it.
template <class Act>
int in_child(Confine confine, Act act) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::alarm(30);
    leave(confine().empty() ? act() : kNotConfined);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return kNotConfined;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

struct Call {
  const char* name;
  long number;
  std::array<long, 6> arguments{-1, -1, -1, -1, -1, -1};  ///< so that it fails, whatever it does
};

/// 0 or its errno.
int make(const Call& call) {
  std::array<long, 6> words = call.arguments;
  for (long& word : words)
    if (word == kOwn) word = ::getpid();
  const auto& [a, b, c, d, e, f] = words;
  return ::syscall(call.number, a, b, c, d, e, f) == -1 ? errno : 0;
}
int make_in_child(Confine confine, const Call& call) {
  return in_child(confine, [&call] { return make(call); });
}

bool is_refusal(int problem) { return problem == EPERM || problem == ENOSYS; }

#define PRX_CALL(name, ...) \
  Call { #name, SYS_##name __VA_OPT__(, ) __VA_ARGS__ }

/// Of both.
const std::vector<Call> kAllowed = {
    PRX_CALL(read),
    PRX_CALL(readv),
    PRX_CALL(write),
    PRX_CALL(writev),
    PRX_CALL(close),
    PRX_CALL(ppoll),
    PRX_CALL(brk),
    PRX_CALL(munmap),
    PRX_CALL(mremap),
    PRX_CALL(madvise),
    PRX_CALL(futex, {0, FUTEX_WAKE, 0, 0, 0, 0}),
    PRX_CALL(sched_yield),
    PRX_CALL(sched_getaffinity),
    PRX_CALL(getcpu),
    PRX_CALL(set_robust_list),
    PRX_CALL(rseq),
    PRX_CALL(membarrier),
    PRX_CALL(restart_syscall),
    PRX_CALL(rt_sigaction),
    PRX_CALL(rt_sigprocmask),
    PRX_CALL(sigaltstack),
    PRX_CALL(clock_gettime),
    PRX_CALL(clock_getres),
    PRX_CALL(clock_nanosleep),
    PRX_CALL(nanosleep),
    PRX_CALL(gettimeofday),
    PRX_CALL(times),
    PRX_CALL(getrusage),
    PRX_CALL(getpid),
    PRX_CALL(gettid),
    PRX_CALL(getuid),
    PRX_CALL(geteuid),
    PRX_CALL(getgid),
    PRX_CALL(getegid),
    PRX_CALL(uname),
    PRX_CALL(sysinfo),
    PRX_CALL(getrandom),
#ifdef SYS_poll
    PRX_CALL(poll),
    PRX_CALL(time),
#endif
};
/// Of both, but not to be tried: they do not come back.
const std::vector<long> kEnds = {SYS_exit, SYS_exit_group, SYS_rt_sigreturn};
/// The kernel's own, of its probes in programs: no filter sees them.
const std::vector<long> kOfProbes = {
#ifdef __x86_64__
    335, 336
#endif
};
/// Of the first one.
const std::vector<Call> kLoading = {
    PRX_CALL(fstat),         PRX_CALL(newfstatat), PRX_CALL(statx),   PRX_CALL(faccessat),
    Call{"faccessat2", 439}, PRX_CALL(getcwd),     PRX_CALL(pread64), PRX_CALL(lseek),
    PRX_CALL(getdents64),    PRX_CALL(dup),        PRX_CALL(dup3),    PRX_CALL(getppid),
    PRX_CALL(getrlimit),     PRX_CALL(seccomp),
#ifdef SYS_stat
    PRX_CALL(stat),          PRX_CALL(lstat),      PRX_CALL(access),  PRX_CALL(dup2),
    PRX_CALL(arch_prctl),
#endif
};
/// Of which the arguments matter; below.
const std::vector<long> kByArguments = {
    SYS_openat, SYS_fcntl,     SYS_mmap,  SYS_mprotect, SYS_kill,
    SYS_tgkill, SYS_prlimit64, SYS_clone, SYS_prctl,
#ifdef SYS_open
    SYS_open,
#endif
};
/// Which the second one refuses, since the C library asks them of its own accord.
const std::vector<long> kRefused = {SYS_ioctl, SYS_fstat, SYS_newfstatat, SYS_lseek,
                                    SYS_fcntl, SYS_prctl, SYS_mlock,      SYS_sched_setaffinity};

bool has(const std::vector<Call>& calls, long number) {
  return std::any_of(calls.begin(), calls.end(),
                     [number](const Call& call) { return call.number == number; });
}
bool has(const std::vector<long>& numbers, long number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}
/// All numbers but those of lists.
template <class... Lists>
std::vector<long> others(const Lists&... lists) {
  std::vector<long> out;
  for (long number = 0; number <= kNumberMax; ++number)
    if (!(has(lists, number) || ...)) out.push_back(number);
  return out;
}

/// Those of the calls that end otherwise than `is_right` says.
template <class IsRight>
std::vector<std::string> wrong(Confine confine, const std::vector<Call>& calls, IsRight is_right) {
  std::vector<std::string> out;
  for (const Call& call : calls)
    if (const int end = make_in_child(confine, call); !is_right(end))
      out.push_back(call.name + (": " + std::to_string(end)));
  return out;
}
template <class IsRight>
std::vector<std::string> wrong(Confine confine, const std::vector<long>& calls, IsRight is_right) {
  std::vector<std::string> out;
  for (const long call : calls)
    if (const int end = make_in_child(confine, {"", call}); !is_right(call, end))
      out.push_back(std::to_string(call) + ": " + std::to_string(end));
  return out;
}

constexpr auto kIsAllowed = [](int end) {
  return end >= 0 && end != kNotConfined && !is_refusal(end);
};

TEST(SystemCalls, WhatARunningPluginNeedsIsAllowedByBothFilters) {
  for (const Confine confine : {&loading, &running, &both})
    EXPECT_THAT(wrong(confine, kAllowed, kIsAllowed), IsEmpty());
}

TEST(SystemCalls, WhatLoadingNeedsIsAllowedByTheFirstFilterAlone) {
  EXPECT_THAT(wrong(&loading, kLoading, kIsAllowed), IsEmpty());
}

TEST(SystemCalls, EachOtherIsRefusedByTheFirstFilterAndANewOneDoesNotExist) {
  const auto numbers = others(kAllowed, kLoading, kEnds, kOfProbes, kByArguments);
  const auto is_right = [](long call, int end) {
    const bool is_new = call >= kNewFirst && call < 512;
    return end == (is_new ? ENOSYS : EPERM);
  };
  EXPECT_THAT(wrong(&loading, numbers, is_right), IsEmpty());
}

TEST(SystemCalls, EachOtherKillsUnderTheSecondFilterOrIsRefused) {
  const auto numbers = others(kAllowed, kEnds, kOfProbes,
                              std::vector<long>{SYS_mmap, SYS_mprotect, SYS_tgkill, SYS_prlimit64});
  const auto is_right = [](long call, int end) {
    return end == (has(kRefused, call) ? EPERM : kKilled);
  };
  EXPECT_THAT(wrong(&running, numbers, is_right), IsEmpty());
}

/// How two filters answer.
enum class Answer { kYes, kNo, kDeath };
using enum Answer;
struct Case {
  Call call;
  Answer loading, running;
};

bool is(Answer answer, int end) {
  if (answer == kYes) return kIsAllowed(end);
  return answer == kNo ? end == EPERM : end == kKilled;
}

void expect_answers(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    std::string what = one.call.name;
    for (const long word : one.call.arguments) what += " " + std::to_string(word);
    int end = make_in_child(&loading, one.call);
    EXPECT_TRUE(is(one.loading, end)) << what << ": " << end << " under the first filter";
    end = make_in_child(&running, one.call);
    EXPECT_TRUE(is(one.running, end)) << what << ": " << end << " under the second filter";
  }
}

TEST(SystemCalls, FilesAreOpenedForReadingWhileItIsLoaded) {
  const auto path = reinterpret_cast<long>("/no/such/file");
  std::vector<Case> cases;
  const auto add = [&](long how, Answer answer) {
    cases.push_back({PRX_CALL(openat, {AT_FDCWD, path, how, 0600, 0, 0}), answer, kDeath});
#ifdef SYS_open
    cases.push_back({PRX_CALL(open, {path, how, 0600, 0, 0, 0}), answer, kDeath});
#endif
  };
  for (const long how : {O_RDONLY, O_RDONLY | O_CLOEXEC, O_DIRECTORY | O_NONBLOCK}) add(how, kYes);
  for (const long how : {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, O_PATH, O_TMPFILE, O_ASYNC})
    add(how, kNo);
  add(O_WRONLY | (1l << 32), kNo);
  add(O_RDONLY | (1l << 32), kYes);  // the kernel looks at 32 bits
  expect_answers(cases);
}

TEST(SystemCalls, DescriptorsAreAskedAndDoubledAlone) {
  std::vector<Case> cases;
  for (const long question : {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL})
    cases.push_back({PRX_CALL(fcntl, {-1, question, 0, 0, 0, 0}), kYes, kNo});
  for (const long deed : {F_SETFL, F_SETLK, F_SETLKW, F_OFD_SETLK, F_SETOWN, F_SETOWN_EX, F_SETSIG,
                          F_SETLEASE, F_NOTIFY, F_SETPIPE_SZ, F_ADD_SEALS})
    cases.push_back({PRX_CALL(fcntl, {-1, deed, 0, 0, 0, 0}), kNo, kNo});
  expect_answers(cases);
}

TEST(SystemCalls, MemoryIsPrivateAndCodeComesWhileItIsLoaded) {
  std::vector<Case> cases;
  const auto map = [](long protection, long how) {
    return PRX_CALL(mmap, {0, 4096, protection, how | MAP_ANONYMOUS, -1, 0});
  };
  cases.push_back({map(PROT_READ | PROT_WRITE, MAP_PRIVATE), kYes, kYes});
  cases.push_back({map(PROT_READ | PROT_EXEC, MAP_PRIVATE), kYes, kDeath});
  for (const long how : {MAP_SHARED, MAP_SHARED_VALIDATE, MAP_PRIVATE | MAP_GROWSDOWN,
                         MAP_PRIVATE | MAP_HUGETLB, MAP_PRIVATE | MAP_LOCKED})
    cases.push_back({map(PROT_READ, how), kNo, kDeath});
  cases.push_back({PRX_CALL(mprotect, {0, 0, PROT_READ, 0, 0, 0}), kYes, kYes});
  cases.push_back({PRX_CALL(mprotect, {0, 0, PROT_EXEC, 0, 0, 0}), kYes, kDeath});
  expect_answers(cases);
}

TEST(SystemCalls, SignalsAndLimitsAreOfThisProcess) {
  const long other = ::getpid();
  std::array<unsigned long, 2> limit{64, 64};
  const auto value = reinterpret_cast<long>(limit.data());
  expect_answers({
      {PRX_CALL(kill, {kOwn, 0, 0, 0, 0, 0}), kYes, kDeath},
      {PRX_CALL(kill, {other, 0, 0, 0, 0, 0}), kNo, kDeath},
      {PRX_CALL(kill, {-1, 0, 0, 0, 0, 0}), kNo, kDeath},
      {PRX_CALL(tgkill, {kOwn, kOwn, 0, 0, 0, 0}), kYes, kYes},
      {PRX_CALL(tgkill, {other, other, 0, 0, 0, 0}), kNo, kDeath},
      {PRX_CALL(prlimit64, {0, RLIMIT_NOFILE, 0, value, 0, 0}), kYes, kYes},
      {PRX_CALL(prlimit64, {0, RLIMIT_NOFILE, value, 0, 0, 0}), kNo, kDeath},
      {PRX_CALL(prlimit64, {other, RLIMIT_NOFILE, 0, value, 0, 0}), kNo, kDeath},
  });
}

TEST(SystemCalls, OfPrctlANameAndTheSecondStepsOwn) {
  const auto name = reinterpret_cast<long>("name");
  std::vector<Case> cases = {
      {PRX_CALL(prctl, {PR_SET_NAME, name, 0, 0, 0, 0}), kYes, kNo},
      {PRX_CALL(prctl, {PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0}), kYes, kNo},
      {PRX_CALL(prctl, {PR_SET_DUMPABLE, 0, 0, 0, 0, 0}), kYes, kNo},
      {PRX_CALL(prctl, {PR_SET_DUMPABLE, 1, 0, 0, 0, 0}), kNo, kNo},
  };
  for (const long option : {PR_SET_PDEATHSIG, PR_SET_MM, PR_SET_SECCOMP, PR_SET_PTRACER,
                            PR_SET_CHILD_SUBREAPER, PR_SET_TIMERSLACK, PR_CAP_AMBIENT})
    cases.push_back({PRX_CALL(prctl, {option, 0, 0, 0, 0, 0}), kNo, kNo});
  expect_answers(cases);
}

/// One that shared less would have descriptors that the second step does not close, or be no
/// thread.
TEST(SystemCalls, WhatSharesLessThanAThreadIsNotStarted) {
  constexpr long kThread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
  std::vector<Case> cases;
  for (const long flags :
       {long{SIGCHLD}, long{CLONE_VM | CLONE_VFORK | SIGCHLD}, kThread & ~long{CLONE_FILES},
        kThread & ~long{CLONE_FS}, kThread & ~long{CLONE_THREAD}, kThread | CLONE_NEWUSER,
        kThread | CLONE_PIDFD, kThread | CLONE_UNTRACED})
    cases.push_back({PRX_CALL(clone, {flags, 0, 0, 0, 0, 0}), kNo, kDeath});
  expect_answers(cases);
}

TEST(SystemCalls, ThreadsStartWhileItIsLoaded) {
  const auto start = [] {
    pthread_t thread{};
    return ::pthread_create(
        &thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr);
  };
  EXPECT_EQ(in_child(&loading, start), 0);
  EXPECT_EQ(in_child(&running, start), kKilled);
}

#ifdef __x86_64__
TEST(SystemCalls, OtherConventionsOfCallingAreKilledFor) {
  constexpr long kX32 = 0x4000'0000;
  for (const Confine confine : {&loading, &running})
    EXPECT_EQ(make_in_child(confine, {"getpid of x32", kX32 | SYS_getpid}), kKilled);
}
#endif

}  // namespace
}  // namespace prx::plugin_host
