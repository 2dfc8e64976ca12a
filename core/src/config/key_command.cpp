#include "config/key_command.hpp"

#include <sys/wait.h>

#include <utility>

#include "config/trimmed.hpp"
#include "os/child_process.hpp"

namespace prx::config {
namespace {

Unexpected<Error> failed(const std::string& what) {
  return fail(ErrorClass::kInvalidRequest, "the command " + what);
}

Result<void> check_status(int status) {
  if (status == -1) return failed("ended without a status; do not ignore SIGCHLD");
  if (WIFSIGNALED(status))
    return failed("was killed by signal " + std::to_string(WTERMSIG(status)) +
                  "; run it by hand to see why");
  if (WEXITSTATUS(status) != 0)
    return failed("failed with status " + std::to_string(WEXITSTATUS(status)) +
                  "; run it by hand to see why");
  return {};
}

}  // namespace

Result<std::string> run_key_command(const KeyCommand& command) {
  os::ChildCommand child;
  child.arguments = command.arguments;
  child.folder = command.folder;
  child.output_max = kKeyOutputMax;
  child.until = std::chrono::steady_clock::now() + command.timeout;
  const auto ran = os::run_child(child);
  if (!ran) return failed(ran.error().message);
  if (ran->end == os::ChildResult::End::kLate)
    return failed("did not end in time; make it faster, or use api_key_file");
  if (ran->end == os::ChildResult::End::kTooMuch)
    return failed("printed more than 16 KiB; print only the key");
  PRX_TRY(check_status(ran->status));
  auto key = trimmed(ran->output);
  if (key.empty()) return failed("printed nothing; make it print the key");
  return key;
}

}  // namespace prx::config
