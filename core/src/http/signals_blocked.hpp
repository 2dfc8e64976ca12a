/// \file signals_blocked.hpp
/// Keeps signals away from threads that are about to be created.
#pragma once

#include <signal.h>

namespace prx {

/// Blocks all signals of the calling thread while it lives. Signals belong to the program's own
/// threads; a new thread inherits the mask, so that no moment is left in which it could take one.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace prx
