// prx: the program. The verbs are in cmd_<verb>.cpp, the table of them in commands.cpp.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "commands.hpp"

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
  return prx::cli::run_program(prx::cli::commands(), {argv + (argc > 0 ? 1 : 0), argv + argc});
}
