#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "plugin_host/confine.hpp"

namespace prx::plugin_host {
namespace {

// Both filters are lists of what is allowed, so that a call of a later kernel is on none.

/// Memory that is no part of RLIMIT_DATA, or of the machine's that others need.
constexpr unsigned kUnlimited = MAP_SHARED | MAP_GROWSDOWN | MAP_HUGETLB | MAP_LOCKED;

/// Allowed by both whatever the arguments. None takes a path, makes a descriptor or a thread, or
/// reaches another process.
constexpr int kAllowed[] = {
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close),
    SCMP_SYS(poll), SCMP_SYS(ppoll),
    // memory; see also below
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    // threads that are there
    SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu),
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(membarrier), SCMP_SYS(exit),
    SCMP_SYS(exit_group), SCMP_SYS(restart_syscall),
    // signals of its own
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    // time
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times), SCMP_SYS(getrusage),
    // what it is
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
    SCMP_SYS(getegid), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getrandom)};

/// Allowed by the first one too, whatever the arguments: what the dynamic linker and the C library
/// ask while they map a file and start threads.
constexpr int kLoading[] = {  // of paths: what the status of a file tells, and they ask for that
    SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx),
    SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(getcwd),
    // of what was opened
    SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(getdents64), SCMP_SYS(dup), SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    // of this process
    SCMP_SYS(getppid), SCMP_SYS(getrlimit), SCMP_SYS(arch_prctl),
    // the second filter
    SCMP_SYS(seccomp)};

/// How the first one may open: for reading. Not O_PATH, which Landlock does not restrict.
constexpr unsigned kReading = O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

/// Of a descriptor, without locks, leases, owners and signals.
constexpr int kDescriptorQuestions[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL};

/// The threads that it makes share all with it, descriptors too: the second step closes them.
constexpr unsigned kThread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
constexpr unsigned kThreadMay = CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |
                                CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED;

/// Calls from here on came with Linux 5.1 or later, one number for all machines. A C library that
/// is told that one of them does not exist asks for an older one; refused, it would give up.
constexpr int kNewFirst = 424, kNewLast = 511;

/// Refused instead of killed for: the C library asks these of its own accord and lives without.
constexpr int kRefused[] = {
    SCMP_SYS(ioctl), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(lseek),
    SCMP_SYS(fcntl), SCMP_SYS(prctl), SCMP_SYS(mlock),      SCMP_SYS(sched_setaffinity)};

class Filter {
 public:
  /// \param otherwise  what becomes of a call that no rule names.
  explicit Filter(std::uint32_t otherwise) : context_(::seccomp_init(otherwise)) {
    check(context_ == nullptr ? -ENOMEM : 0);
    if (context_ == nullptr) return;
    check(::seccomp_attr_set(context_, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
    check(::seccomp_attr_set(context_, SCMP_FLTATR_CTL_TSYNC, 1));
  }
  ~Filter() { ::seccomp_release(context_); }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  void allow(int call) { add(SCMP_ACT_ALLOW, call, {}); }
  void refuse(int call, int error = EPERM) {
    add(SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)), call, {});
  }
  template <class... Conditions>
  void allow_if(int call, Conditions... conditions) {
    add(SCMP_ACT_ALLOW, call, {conditions...});
  }
  [[nodiscard]] bool names(int call) const { return named_.contains(call); }
  /// 0 or an errno.
  [[nodiscard]] int load() {
    if (problem_ == 0) check(::seccomp_load(context_));
    return problem_;
  }

 private:
  void add(std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> conditions) {
    if (problem_ != 0 || call < 0) return;  // below 0: not a call of this machine
    check(::seccomp_rule_add_array(context_, action, call, static_cast<unsigned>(conditions.size()),
                                   conditions.begin()));
    named_.insert(call);
  }
  void check(int result) {
    if (result < 0 && problem_ == 0) problem_ = -result;
  }
  scmp_filter_ctx context_;
  std::set<int> named_;
  int problem_ = 0;
};

// The kernel looks at 32 bits of all arguments that conditions are about here.
scmp_arg_cmp with_of(unsigned argument, unsigned mask, unsigned value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}
scmp_arg_cmp equal(unsigned argument, unsigned value) {
  return with_of(argument, 0xffff'ffffu, value);
}
scmp_arg_cmp without(unsigned argument, unsigned bits) { return with_of(argument, bits, 0); }
/// A pointer.
scmp_arg_cmp null(unsigned argument) { return {argument, SCMP_CMP_EQ, 0, 0}; }

/// On both lists: no memory beyond its limit, no signals to others, limits to be asked for alone.
void allow_by_arguments(Filter& filter, unsigned protections_not) {
  filter.allow_if(SCMP_SYS(mmap), without(2, protections_not), without(3, kUnlimited));
  filter.allow_if(SCMP_SYS(mprotect), without(2, protections_not));
  filter.allow_if(SCMP_SYS(tgkill), equal(0, static_cast<unsigned>(::getpid())));  // abort()
  filter.allow_if(SCMP_SYS(prlimit64), equal(0, 0), null(2));
}

void allow_loading(Filter& filter) {
  for (const int call : kAllowed) filter.allow(call);
  for (const int call : kLoading) filter.allow(call);
  allow_by_arguments(filter, 0);
  filter.allow_if(SCMP_SYS(open), without(1, ~kReading));
  filter.allow_if(SCMP_SYS(openat), without(2, ~kReading));
  for (const int question : kDescriptorQuestions)
    filter.allow_if(SCMP_SYS(fcntl), equal(1, static_cast<unsigned>(question)));
  filter.allow_if(SCMP_SYS(kill), equal(0, static_cast<unsigned>(::getpid())));
  filter.allow_if(SCMP_SYS(clone), with_of(0, ~kThreadMay, kThread));
  filter.allow_if(SCMP_SYS(prctl), equal(0, PR_SET_NAME));
  filter.allow_if(SCMP_SYS(prctl), equal(0, PR_GET_NAME));
  // The second step's own.
  filter.allow_if(SCMP_SYS(prctl), equal(0, PR_SET_NO_NEW_PRIVS));
  filter.allow_if(SCMP_SYS(prctl), equal(0, PR_SET_DUMPABLE), equal(1, 0));
  for (int call = kNewFirst; call <= kNewLast; ++call)
    if (!filter.names(call)) filter.refuse(call, ENOSYS);
}

void allow_running(Filter& filter) {
  for (const int call : kAllowed) filter.allow(call);
  for (const int call : kRefused) filter.refuse(call);
  allow_by_arguments(filter, PROT_EXEC);  // no new code
}

/// "" or why not.
std::string load(Filter& filter) {
  const int problem = filter.load();
  return problem == 0 ? std::string()
                      : std::string("no filter of system calls: ") + std::strerror(problem) +
                            "; isolation needs a kernel that has seccomp, and a container that "
                            "allows it";
}

}  // namespace

std::string refuse_system_calls() {
  Filter filter(SCMP_ACT_ERRNO(EPERM));
  allow_loading(filter);
  return load(filter);
}

std::string confine_system_calls() {
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  Filter filter(SCMP_ACT_KILL_PROCESS);
  allow_running(filter);
  return load(filter);
}

}  // namespace prx::plugin_host
