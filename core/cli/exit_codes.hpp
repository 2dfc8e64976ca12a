/// \file exit_codes.hpp
/// What the program's exit status means. Documented in `prx --help`; scripts depend on it.
#pragma once

#include <string_view>

#include "prx/chat.hpp"

namespace prx::cli {

enum ExitCode : int {
  kExitOk = 0,
  kExitOutput = 1,         ///< the answer could not be written (disk full, closed stdout)
  kExitCut = 1,            ///< prx serve: answers were cut off when it ended
  kExitUnwell = 1,         ///< prx doctor, prx plugin check: a check failed
  kExitUsage = 2,          ///< wrong arguments, or a request that nobody was asked: too large ...
  kExitConfiguration = 3,  ///< configuration or plugin
  kExitKey = 4,            ///< no key, a rejected key, no credit
  kExitBusy = 5,           ///< rate limit or overload
  kExitNetwork = 6,        ///< network or timeout
  kExitRefused = 7,        ///< the provider said no
  kExitBroken = 8,         ///< truncated or malformed answer, a plugin's crash, a bug
  kExitHungUp = 129,       ///< SIGHUP; the terminal of a conversation went away
  kExitInterrupted = 130,  ///< SIGINT
  kExitBrokenPipe = 141,   ///< the reader of stdout went away
  kExitTerminated = 143,   ///< SIGTERM
};

/// The status of a call that ended with this class of error.
[[nodiscard]] ExitCode exit_code(ErrorClass error_class);

/// The same for a call: a request that was refused before anybody was asked, by prx or by the
/// provider's plugin, is kExitUsage.
[[nodiscard]] ExitCode exit_code(const CallError& error);

/// The table of exit codes for help texts.
[[nodiscard]] std::string_view exit_codes_help();

}  // namespace prx::cli
