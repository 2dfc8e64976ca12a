#include <asm/sockios.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "plugin_host/confine.hpp"

namespace prx::plugin_host {
namespace {

// Only the first step, while a plugin's file is loaded, refuses by name what is below. In the
// second one all of it is forbidden as all else is.

/// Whose only use is another process, or what processes share.
constexpr int kOfOthers[] = {SCMP_SYS(tkill),
                             SCMP_SYS(pidfd_open),
                             SCMP_SYS(pidfd_getfd),
                             SCMP_SYS(pidfd_send_signal),
                             SCMP_SYS(ptrace),
                             SCMP_SYS(process_vm_readv),
                             SCMP_SYS(process_vm_writev),
                             SCMP_SYS(process_madvise),
                             SCMP_SYS(process_mrelease),
                             SCMP_SYS(kcmp),
                             SCMP_SYS(perf_event_open),
                             SCMP_SYS(bpf),
                             SCMP_SYS(setpriority),
                             SCMP_SYS(ioprio_set),
                             SCMP_SYS(sched_setscheduler),
                             SCMP_SYS(sched_setparam),
                             SCMP_SYS(sched_setattr),
                             SCMP_SYS(sched_setaffinity),
                             SCMP_SYS(migrate_pages),
                             SCMP_SYS(move_pages),
                             SCMP_SYS(keyctl),
                             SCMP_SYS(add_key),
                             SCMP_SYS(request_key),
                             SCMP_SYS(shmget),
                             SCMP_SYS(shmat),
                             SCMP_SYS(semget),
                             SCMP_SYS(msgget),
                             SCMP_SYS(mq_open),
                             SCMP_SYS(ipc)};
/// Signals of which the first argument says whose they are.
constexpr int kSignals[] = {SCMP_SYS(kill), SCMP_SYS(tgkill), SCMP_SYS(rt_sigqueueinfo),
                            SCMP_SYS(rt_tgsigqueueinfo)};
/// Processes, programs and connections, which would not end or be confined with this process; and
/// what lets it make system calls later that no filter sees, or have memory beyond its limit.
constexpr int kLasting[] = {SCMP_SYS(fork),
                            SCMP_SYS(vfork),
                            SCMP_SYS(execve),
                            SCMP_SYS(execveat),
                            SCMP_SYS(unshare),
                            SCMP_SYS(setns),
                            SCMP_SYS(socket),
                            SCMP_SYS(socketpair),
                            SCMP_SYS(connect),
                            SCMP_SYS(bind),
                            SCMP_SYS(listen),
                            SCMP_SYS(accept),
                            SCMP_SYS(accept4),
                            SCMP_SYS(socketcall),
                            SCMP_SYS(setsid),
                            SCMP_SYS(setpgid),
                            SCMP_SYS(mount),
                            SCMP_SYS(umount2),
                            SCMP_SYS(pivot_root),
                            SCMP_SYS(chroot),
                            SCMP_SYS(open_tree),
                            SCMP_SYS(move_mount),
                            SCMP_SYS(fsopen),
                            SCMP_SYS(fspick),
                            SCMP_SYS(open_by_handle_at),
                            SCMP_SYS(io_uring_setup),
                            SCMP_SYS(io_uring_enter),
                            SCMP_SYS(io_uring_register),
                            SCMP_SYS(userfaultfd),
                            SCMP_SYS(memfd_create),
                            SCMP_SYS(memfd_secret)};

/// What changes files, for kernels without Landlock.
constexpr int kOfFiles[] = {
    SCMP_SYS(creat),       SCMP_SYS(openat2),   SCMP_SYS(truncate),    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),    SCMP_SYS(rename),    SCMP_SYS(renameat),    SCMP_SYS(renameat2),
    SCMP_SYS(link),        SCMP_SYS(linkat),    SCMP_SYS(symlink),     SCMP_SYS(symlinkat),
    SCMP_SYS(mkdir),       SCMP_SYS(mkdirat),   SCMP_SYS(rmdir),       SCMP_SYS(mknod),
    SCMP_SYS(mknodat),     SCMP_SYS(chmod),     SCMP_SYS(fchmod),      SCMP_SYS(fchmodat),
    SCMP_SYS(chown),       SCMP_SYS(fchown),    SCMP_SYS(lchown),      SCMP_SYS(fchownat),
    SCMP_SYS(utime),       SCMP_SYS(utimes),    SCMP_SYS(utimensat),   SCMP_SYS(setxattr),
    SCMP_SYS(lsetxattr),   SCMP_SYS(fsetxattr), SCMP_SYS(removexattr), SCMP_SYS(lremovexattr),
    SCMP_SYS(fremovexattr)};
/// Memory that is no part of RLIMIT_DATA, or of the machine's that others need.
constexpr unsigned kUnlimited[] = {MAP_SHARED, MAP_GROWSDOWN, MAP_HUGETLB, MAP_LOCKED};

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
  template <class... Conditions>
  void refuse_if(int call, Conditions... conditions) {
    add(SCMP_ACT_ERRNO(EPERM), call, {conditions...});
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

scmp_arg_cmp with(unsigned argument, scmp_datum_t bits) {
  return {argument, SCMP_CMP_MASKED_EQ, bits, bits};
}
scmp_arg_cmp other_than(unsigned argument, scmp_datum_t value) {
  return {argument, SCMP_CMP_NE, value, 0};
}
/// The kernel sees no more than 32 bits of it.
scmp_arg_cmp number(unsigned argument, unsigned value) {
  return {argument, SCMP_CMP_MASKED_EQ, 0xffff'ffffu, value};
}

void add_refusals(Filter& filter) {
  for (const int call : kOfOthers) filter.refuse(call);
  for (const int call : kLasting) filter.refuse(call);
  for (const int call : kOfFiles) filter.refuse(call);
  for (const unsigned how : {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC}) {
    filter.refuse_if(SCMP_SYS(open), with(1, how));
    filter.refuse_if(SCMP_SYS(openat), with(2, how));
  }
  for (const int call : kSignals)
    filter.refuse_if(call, other_than(0, static_cast<scmp_datum_t>(::getpid())));
  filter.refuse_if(SCMP_SYS(prlimit64), other_than(0, 0));
  for (const int owner : {F_SETOWN, F_SETOWN_EX})  // whom a descriptor's signals are for
    filter.refuse_if(SCMP_SYS(fcntl), number(1, static_cast<unsigned>(owner)));
  for (const unsigned owner : {FIOSETOWN, SIOCSPGRP})
    filter.refuse_if(SCMP_SYS(ioctl), number(1, owner));
  filter.refuse_if(SCMP_SYS(prctl), number(0, PR_SET_PDEATHSIG));
  // Threads, which the second filter will hold for. The flags of clone3 cannot be read: without it,
  // the C library asks for clone.
  filter.refuse_if(SCMP_SYS(clone), without(0, CLONE_THREAD));
  filter.refuse(SCMP_SYS(clone3), ENOSYS);
  for (const unsigned memory : kUnlimited) filter.refuse_if(SCMP_SYS(mmap), with(3, memory));
}

void add_rules(Filter& filter) {
  for (const int call : kAllowed) filter.allow(call);
  for (const int call : kRefused) filter.refuse(call);
  // Private memory alone: what is shared or grows by itself is outside of the limit. No new code.
  filter.allow_if(SCMP_SYS(mmap), without(2, PROT_EXEC),
                  without(3, kUnlimited[0] | kUnlimited[1] | kUnlimited[2] | kUnlimited[3]));
  filter.allow_if(SCMP_SYS(mprotect), without(2, PROT_EXEC));
  // abort() and assertions; of this process alone.
  filter.allow_if(SCMP_SYS(tgkill), equal(0, static_cast<scmp_datum_t>(::getpid())));
  // To ask for a limit, not to set one.
  filter.allow_if(SCMP_SYS(prlimit64), equal(0, 0), equal(2, 0));
}

/// "" or why not.
std::string load(Filter& filter) {
  const int problem = filter.load();
  return problem == 0 ? std::string()
                      : std::string("no filter of system calls: ") + std::strerror(problem);
}

}  // namespace

std::string refuse_system_calls() {
  Filter filter(SCMP_ACT_ALLOW);
  add_refusals(filter);
  return load(filter);
}

std::string confine_system_calls() {
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  Filter filter(SCMP_ACT_KILL_PROCESS);
  add_rules(filter);
  return load(filter);
}

}  // namespace prx::plugin_host
