/// \file system_call_filter.hpp
/// What a rule's process may ask of the kernel.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <span>

namespace prx::check {

/// From now on the filter judges each system call of this thread, beside those that are in force
/// already. \return whether that is so; else errno says why not
inline bool filter_system_calls(std::span<sock_filter> program) {
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace prx::check
