/// \file file_size_signal.hpp
/// A file that may not grow any more is an error of the write, and not the end of the process.
#pragma once

#include <signal.h>
#include <sys/resource.h>

#include <ctime>

namespace prx::os {

/// While it lives, a write of this thread above RLIMIT_FSIZE fails with EFBIG: the SIGXFSZ that
/// comes with it, whose default is to kill the process, is blocked and then taken away. One system
/// call where there is no such limit. Nothing else of the program's signals changes.
/// \see https://man7.org/linux/man-pages/man2/getrlimit.2.html
class FileSizeSignalBlocked {
 public:
  FileSizeSignalBlocked() {
    struct rlimit limit {};
    if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY) return;
    sigset_t pending;
    sigpending(&pending);
    if (sigismember(&pending, SIGXFSZ) == 1) return;  // blocked, and somebody else's
    sigemptyset(&signal_);
    sigaddset(&signal_, SIGXFSZ);
    active_ = pthread_sigmask(SIG_BLOCK, &signal_, &before_) == 0;
  }
  ~FileSizeSignalBlocked() {
    if (!active_) return;
    const timespec now{};
    while (sigtimedwait(&signal_, nullptr, &now) == SIGXFSZ) continue;
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  FileSizeSignalBlocked(const FileSizeSignalBlocked&) = delete;
  FileSizeSignalBlocked& operator=(const FileSizeSignalBlocked&) = delete;

 private:
  sigset_t signal_{}, before_{};
  bool active_ = false;
};

}  // namespace prx::os
