#include "support/nghttpx.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <vector>

#include "support/wire_server.hpp"

namespace prx::test {

namespace {

// Where Debian and others put it; sbin is often not on a user's PATH.
std::string find_program() {
  for (const char* path : {"/usr/sbin/nghttpx", "/usr/bin/nghttpx", "/usr/local/bin/nghttpx"})
    if (access(path, X_OK) == 0) return path;
  throw std::runtime_error("nghttpx is missing: install the Debian package nghttp2-proxy");
}

// Only async-signal-safe calls: the test has threads.
[[noreturn]] void become(const std::string& program, std::vector<char*>& arguments,
                         std::vector<char*>& environment, int listener) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nowhere = open("/dev/null", O_RDWR);
  dup2(nowhere, STDIN_FILENO);
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  fcntl(listener, F_SETFD, 0);
  execve(program.c_str(), arguments.data(), environment.data());
  _exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace

Nghttpx::Nghttpx(const Options& options) {
  const std::string program = find_program();
  const Listener listener = listen_on_loopback();
  port_ = listener.port;
  std::vector<std::string> arguments{
      program,
      "--conf=/dev/null",
      "--single-process",
      "--workers=1",
      "--frontend=127.0.0.1," + std::to_string(port_),
      "--backend=127.0.0.1," + std::to_string(options.backend_port),
      "--npn-list=" + options.protocols,
      options.certificate.key,
      options.certificate.certificate,
  };
  std::vector<std::string> environment{"NGHTTPX_ACCEPT_1=tcp," + std::to_string(listener.socket)};
  auto argument_list = pointers(arguments);
  auto environment_list = pointers(environment);
  pid_ = fork();
  if (pid_ == 0) become(program, argument_list, environment_list, listener.socket);
  close(listener.socket);
  if (pid_ < 0) throw std::runtime_error("fork failed");
}

Nghttpx::~Nghttpx() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

}  // namespace prx::test
