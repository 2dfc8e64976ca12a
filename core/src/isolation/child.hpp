/// \file child.hpp
/// A process of prx-plugin-host: started, ended and reaped.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "os/descriptor.hpp"
#include "os/own_child.hpp"
#include "prx/config.hpp"

namespace prx::isolation {

struct Launch {
  std::filesystem::path program;
  int plugin_file = -1;  ///< an open descriptor, borrowed for the call
  IsolationConfig limits;
};

/// A running process. The destructor kills and reaps it, whatever this program does with SIGCHLD.
class Child {
 public:
  static constexpr std::chrono::milliseconds kExitMax{200};  ///< for one whose socket has ended

  /// The thread that calls is the one that the process dies with: it must live as long as that
  /// should. Blocks for a moment. Errors: kInternal, one line.
  [[nodiscard]] static Result<Child> launch(const Launch& launch);

  [[nodiscard]] pid_t pid() const { return process_.pid(); }
  /// To be taken once.
  [[nodiscard]] os::Descriptor take_socket() { return std::move(socket_); }
  /// Waits a moment for it to end by itself, then kills it. \return how it ended, as in "its
  /// process ...": "was killed by SIGSEGV". Once.
  [[nodiscard]] std::string end();

 private:
  Child(pid_t pid, os::Descriptor socket);
  os::OwnChild process_;
  os::Descriptor socket_;
};

/// The program beside libprx, or the program that prx is linked into: lib/prx/prx-plugin-host of
/// the installation. `configured` is asked instead when it is not empty. Errors: kInvalidRequest or
/// kPermission, one line with the remedy.
[[nodiscard]] Result<std::filesystem::path> find_program(const std::filesystem::path& configured);

}  // namespace prx::isolation
