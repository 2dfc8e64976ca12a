#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "plugin_host/confine.hpp"

namespace prx::plugin_host {
namespace {

/// Allowed whatever the arguments. None takes a path, makes a descriptor or a thread, or reaches
/// another process.
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

/// Refused instead of killed for: the C library asks these of its own accord and lives without.
constexpr int kRefused[] = {
    SCMP_SYS(ioctl), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(lseek),
    SCMP_SYS(fcntl), SCMP_SYS(prctl), SCMP_SYS(mlock),      SCMP_SYS(sched_setaffinity)};

class Filter {
 public:
  Filter() : context_(::seccomp_init(SCMP_ACT_KILL_PROCESS)) {
    check(context_ == nullptr ? -ENOMEM : 0);
    if (context_ == nullptr) return;
    check(::seccomp_attr_set(context_, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
    check(::seccomp_attr_set(context_, SCMP_FLTATR_CTL_TSYNC, 1));
  }
  ~Filter() { ::seccomp_release(context_); }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  void allow(int call) { add(SCMP_ACT_ALLOW, call, {}); }
  void refuse(int call) { add(SCMP_ACT_ERRNO(EPERM), call, {}); }
  template <class... Conditions>
  void allow_if(int call, Conditions... conditions) {
    add(SCMP_ACT_ALLOW, call, {conditions...});
  }
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
  }
  void check(int result) {
    if (result < 0 && problem_ == 0) problem_ = -result;
  }
  scmp_filter_ctx context_;
  int problem_ = 0;
};

scmp_arg_cmp without(unsigned argument, scmp_datum_t bits) {
  return {argument, SCMP_CMP_MASKED_EQ, bits, 0};
}
scmp_arg_cmp equal(unsigned argument, scmp_datum_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}

void add_rules(Filter& filter) {
  for (const int call : kAllowed) filter.allow(call);
  for (const int call : kRefused) filter.refuse(call);
  // Private memory alone: shared memory is outside of the limit. No new code.
  filter.allow_if(SCMP_SYS(mmap), without(2, PROT_EXEC), without(3, MAP_SHARED));
  filter.allow_if(SCMP_SYS(mprotect), without(2, PROT_EXEC));
  // abort() and assertions; of this process alone.
  filter.allow_if(SCMP_SYS(tgkill), equal(0, static_cast<scmp_datum_t>(::getpid())));
  // To ask for a limit, not to set one.
  filter.allow_if(SCMP_SYS(prlimit64), equal(0, 0), equal(2, 0));
}

}  // namespace

std::string confine_system_calls() {
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  Filter filter;
  add_rules(filter);
  const int problem = filter.load();
  return problem == 0 ? std::string()
                      : std::string("no filter of system calls: ") + std::strerror(problem);
}

}  // namespace prx::plugin_host
