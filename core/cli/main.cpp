// prx: the program. The verbs are in cmd_<verb>.cpp, the table of them in commands.cpp.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <string>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/output.hpp"

namespace {

/// A closed stdin, stdout or stderr must not become the number of a socket: then the answer would
/// be written there. /dev/null opened for reading makes writes fail, which is reported.
void hold_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) == -1) static_cast<void>(::open("/dev/null", O_RDONLY));
  }
}

}  // namespace

int main(int argc, char** argv) {
  hold_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is seen as EPIPE by write()
  std::signal(SIGXFSZ, SIG_IGN);  // and a file that may not grow as EFBIG
  try {
    return prx::cli::run_program(prx::cli::commands(), {argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (const std::exception& error) {  // no memory, or no thread
    prx::cli::message(std::string("cannot go on: ") + error.what() +
                      "; look at the limits of memory and processes (ulimit -v, ulimit -u)");
    return prx::cli::kExitBroken;
  }
}
