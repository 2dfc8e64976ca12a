#include "plugin_host/confine.hpp"

#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace prx::plugin_host {
namespace {

// Reserved and never written: arenas of malloc, code and data of libraries.
constexpr std::uint64_t kReservedMax = 2ull << 30;
constexpr rlim_t kThreadsMax = 64;
constexpr rlim_t kLoopStackMax = 8u << 20;  // no part of RLIMIT_DATA, so not the user's ulimit -s

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kShadowed = true;  // a sanitizer maps terabytes: no limit of memory can hold
#else
constexpr bool kShadowed = false;
#endif

/// At the second one of processor time there is SIGKILL, which does not say why.
void limit(__rlimit_resource what, rlim_t value, const char* name, Notes& notes) {
  const rlimit both{value, what == RLIMIT_CPU ? value + 1 : value};
  if (::setrlimit(what, &both) != 0)
    notes.push_back(std::string("no limit of ") + name + ": " + std::strerror(errno));
}

/// Whatever the user allows more or less of.
void limit_stack(Notes& notes) {
  rlimit both{};
  ::getrlimit(RLIMIT_STACK, &both);
  limit(RLIMIT_STACK, std::min(both.rlim_max, kLoopStackMax), "stack", notes);
}

void limit_resources(const Limits& limits, Notes& notes) {
  limit(RLIMIT_CORE, 0, "core files", notes);
  limit(RLIMIT_FSIZE, 0, "files written", notes);
  limit(RLIMIT_MEMLOCK, 0, "locked memory", notes);
  limit(RLIMIT_NOFILE, kDescriptorsMax, "descriptors", notes);
  if (limits.cpu_max > 0) limit(RLIMIT_CPU, limits.cpu_max, "processor time", notes);
  limit_stack(notes);
  if (kShadowed) return;
  limit(RLIMIT_DATA, limits.memory_max, "memory", notes);
  limit(RLIMIT_AS, limits.memory_max + kReservedMax, "address space", notes);
}

/// Without a user namespace only root may have the others.
void leave_namespaces(Notes& notes) {
  constexpr int kOthers = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
  if (::unshare(CLONE_NEWUSER | kOthers) ==
      0)  // there the limit counts this process's threads alone
    return limit(RLIMIT_NPROC, kThreadsMax, "threads", notes);
  const int error = errno;
  if (::unshare(kOthers) == 0) return;
  notes.push_back(std::string("no namespaces of its own: ") + std::strerror(error));
}

void drop_capabilities(Notes& notes) {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2] = {};
  if (::syscall(SYS_capset, &head, none) != 0)
    notes.push_back(std::string("capabilities are kept: ") + std::strerror(errno));
}

}  // namespace

std::string confine_before_loading(const Limits& limits, int plugin_file, Notes& notes) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    notes.push_back(std::string("new privileges are possible: ") + std::strerror(errno));
  leave_namespaces(notes);
  drop_capabilities(notes);
  limit_resources(limits, notes);
  if (!forbid_files(plugin_file))
    notes.push_back("the code that runs while a plugin is loaded can read files: no Landlock");
  return refuse_system_calls();
}

}  // namespace prx::plugin_host
