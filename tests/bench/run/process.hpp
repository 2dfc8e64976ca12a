/// \file process.hpp
/// Child processes: pinned to a processor, with stdin and stdout on pipes, never left behind.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prx/sdk/error.hpp"

namespace prx::bench {

/// The processors this process may use when it started: the first is the subject's, the second (or
/// the first again) that of whatever loads or serves it.
struct Processors {
  int subject = 0;
  int load = 0;
};
[[nodiscard]] Processors processors();
/// Moves this process to a processor; children inherit it.
void pin(int processor);

struct Command {
  std::vector<std::string> argv;
  std::optional<std::vector<std::string>> environment;  ///< NAME=value; nullopt: this process's
  int processor = 0;
  bool quiet = false;     ///< stderr to /dev/null, else this process's
  bool no_input = false;  ///< stdin from /dev/null, else a pipe that finish() closes
};

struct Finished {
  int status = 0;  ///< exit code, or 128 + signal
  std::string output;
  rusage usage{};
  /// User and system time.
  [[nodiscard]] std::chrono::microseconds cpu() const;
};

class Process {
 public:
  /// Errors: kInternal when it cannot be started.
  [[nodiscard]] static Result<Process> start(const Command& command);
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  /// Kills it and waits, unless it has finished.
  ~Process();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// The next line of its output, without its end. Errors: kTimeout; kInternal when the output ends
  /// before.
  [[nodiscard]] Result<std::string> read_line(std::chrono::milliseconds timeout);
  /// Closes its stdin, reads the rest of its output and waits. Errors: kTimeout, and it was killed.
  [[nodiscard]] Result<Finished> finish(std::chrono::milliseconds timeout);

 private:
  Process(pid_t pid, int input, int output) : pid_(pid), input_(input), output_(output) {}
  [[nodiscard]] Result<bool> read_some(std::chrono::steady_clock::time_point deadline);
  void close_input();

  pid_t pid_;
  int input_;
  int output_;
  std::string buffer_;
};

/// Runs to the end. Errors: kTimeout; kInternal when it cannot be started or its exit code is not
/// 0.
[[nodiscard]] Result<Finished> run(const Command& command, std::chrono::milliseconds timeout);

/// Where a program is, by PATH and /usr/sbin; nullopt when it is not installed.
[[nodiscard]] std::optional<std::string> find_program(std::string_view name);

}  // namespace prx::bench
