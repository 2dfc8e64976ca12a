/// \file child_process.hpp
/// Runs a command to its end, within limits: of an `api_key_command`, and of a tool of `prx chat`.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "os/descriptor.hpp"
#include "prx/sdk/error.hpp"

namespace prx::os {

/// A descriptor that becomes readable when a stop is requested, for poll(). Errors are not told:
/// get() is -1 then, and when the token can never be stopped.
class StopDescriptor {
 public:
  explicit StopDescriptor(const std::stop_token& stop);
  StopDescriptor(const StopDescriptor&) = delete;
  StopDescriptor& operator=(const StopDescriptor&) = delete;
  [[nodiscard]] int get() const { return event_.get(); }

 private:
  struct Raise {
    int number;
    void operator()() const;
  };
  Descriptor event_;
  std::optional<std::stop_callback<Raise>> raise_;  // gone first: it waits for one that runs
};

/// Views are borrowed for the call.
struct ChildCommand {
  std::vector<std::string> arguments;  ///< the program, looked up in PATH, and its arguments
  std::filesystem::path folder;        ///< where it runs; empty: here
  /// What it reads; nullopt: stdin is /dev/null. Whoever gives some ignores or blocks SIGPIPE
  std::optional<std::string_view> input;
  const std::vector<std::string>* environment = nullptr;  ///< "NAME=value"; nullptr: this program's
  std::size_t output_max = 0;                             ///< bytes of stdout; one more ends it
  std::size_t errors_max = 0;  ///< bytes kept of the end of stderr; 0: dropped
  std::optional<std::chrono::steady_clock::time_point> until;
  std::stop_token stop;
};

struct ChildResult {
  enum class End { kExited, kLate, kStopped, kTooMuch };
  End end = End::kExited;
  int status = -1;  ///< as waitpid() gives it, or -1 when it is lost; of any End
  std::string output, errors;
};

/// Blocks until the command itself has ended, or was ended (SIGKILL); whoever else still holds its
/// pipes is not waited for. It is the leader of a session of its own, without a terminal, and all
/// that is left in its group is killed before this returns. A command need not read its input.
/// Errors: kInvalidRequest, "cannot be run: ..." and "cannot be watched: ...", with a remedy.
[[nodiscard]] Result<ChildResult> run_child(const ChildCommand& command);

}  // namespace prx::os
