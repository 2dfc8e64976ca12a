/// \file own_child.hpp
/// A child process that is signalled and waited for by what it is, not by its number alone: in a
/// program that ignores SIGCHLD, or that waits for children it does not know, the number may be
/// another process's as soon as the child has ended.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

#include "os/descriptor.hpp"

namespace prx::os {

/// The destructor kills and reaps it. Where the kernel gives no pidfd, or no descriptor is free,
/// the number is used while it is a child's of this process. One thread at a time.
/// \see https://man7.org/linux/man-pages/man2/pidfd_open.2.html
class OwnChild {
 public:
  /// `pid` is of a child that was started just now.
  explicit OwnChild(pid_t pid);
  OwnChild(OwnChild&& other) noexcept;
  OwnChild& operator=(OwnChild&&) = delete;
  ~OwnChild();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// SIGKILL. Nothing when it has been reaped, by whomever.
  void kill() const;
  /// SIGKILL to all that is left of the group that it leads, also when it has ended itself. Before
  /// Linux 6.9 by the group's number, which is a stranger's only when the child was reaped by
  /// somebody else, its group is empty, and the kernel has given the number out again.
  void kill_group() const;
  /// For poll(): readable once it has ended. -1 where the kernel gives no pidfd.
  [[nodiscard]] int descriptor() const { return process_.get(); }
  /// Waits for its end; false when it did not come.
  [[nodiscard]] bool ends_within(std::chrono::milliseconds patience) const;
  /// Waits for its end. \return as waitpid() gives it; nullopt when nobody can tell any more, since
  /// the kernel or somebody else reaped it (Linux 6.15 and later tell even then). Once.
  [[nodiscard]] std::optional<int> reap();

 private:
  [[nodiscard]] bool is_there() const;
  [[nodiscard]] std::optional<int> status_of_reaped() const;
  pid_t pid_;  ///< -1: reaped, or moved from
  Descriptor process_;
};

/// Whether this program leaves its children to the kernel, which keeps no status of them then.
[[nodiscard]] bool ignores_children();

}  // namespace prx::os
