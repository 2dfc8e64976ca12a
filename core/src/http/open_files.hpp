/// \file open_files.hpp
/// What is said when the system gives no file descriptor, the same wherever one is wanted.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace prx {

/// Whether the system gave no descriptor because too many are open, here or in all.
[[nodiscard]] inline bool is_out_of_files(int os_error) {
  return os_error == EMFILE || os_error == ENFILE;
}

/// Whether this machine, not the peer, is why there is no socket: it has no descriptor or no memory
/// for one more.
[[nodiscard]] inline bool is_shortage(int os_error) {
  return is_out_of_files(os_error) || os_error == ENOMEM || os_error == ENOBUFS;
}

/// The system's words for an errno, with the remedy when files are what is short.
[[nodiscard]] inline std::string reason_of(int os_error) {
  const std::string reason = std::error_code(os_error, std::generic_category()).message();
  return is_out_of_files(os_error) ? reason + "; raise the limit of open files (ulimit -n)"
                                   : reason;
}

}  // namespace prx
