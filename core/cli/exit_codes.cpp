#include "cli/exit_codes.hpp"

#include <algorithm>

namespace prx::cli {

ExitCode exit_code(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::kAuth:
    case ErrorClass::kCredit:
      return kExitKey;
    case ErrorClass::kRateLimit:
    case ErrorClass::kOverloaded:
      return kExitBusy;
    case ErrorClass::kTimeout:
    case ErrorClass::kNetwork:
      return kExitNetwork;
    case ErrorClass::kInvalidRequest:
    case ErrorClass::kPermission:
    case ErrorClass::kContextLength:
    case ErrorClass::kContentPolicy:
    case ErrorClass::kNotFound:
    case ErrorClass::kUnsupported:
      return kExitRefused;
    case ErrorClass::kCancelled:
      return kExitInterrupted;
    case ErrorClass::kBadResponse:
    case ErrorClass::kInternal:
      break;
  }
  return kExitBroken;
}

ExitCode exit_code(const CallError& error) {
  const ExitCode code = exit_code(error.error_class);
  const bool nobody_asked = std::none_of(error.attempts.begin(), error.attempts.end(),
                                         [](const Attempt& attempt) { return attempt.asked(); });
  return code == kExitRefused && nobody_asked ? kExitUsage : code;
}

std::string_view exit_codes_help() {
  return "Exit codes:\n"
         "  0    the answer is complete\n"
         "  1    the answer could not be written; of prx doctor and prx plugin check: a check "
         "failed\n"
         "  2    usage: wrong arguments, or a request that prx refuses itself (not UTF-8, too "
         "large, a parameter)\n"
         "  3    configuration or plugin\n"
         "  4    key or credit: none set, rejected, or spent\n"
         "  5    rate limit or overload\n"
         "  6    network or timeout\n"
         "  7    the provider said no: invalid, not found, unsupported, context, policy, "
         "permission\n"
         "  8    broken answer: truncated or malformed, or a plugin that crashed or has a bug\n"
         "  129  the terminal of a conversation went away\n"
         "  130  interrupted (143 by SIGTERM); 141 when the reader of the answer went away\n";
}

}  // namespace prx::cli
