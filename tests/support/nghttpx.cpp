#include "support/nghttpx.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <sstream>
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

constexpr std::string_view kRequestMark = "request-log ";

// Only async-signal-safe calls: the test has threads.
[[noreturn]] void become(const std::string& program, std::vector<char*>& arguments,
                         std::vector<char*>& environment, std::array<int, 2> inherited) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nowhere = open("/dev/null", O_RDWR);
  dup2(nowhere, STDIN_FILENO);
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  for (const int descriptor : inherited)
    if (descriptor >= 0) fcntl(descriptor, F_SETFD, 0);
  execve(program.c_str(), arguments.data(), environment.data());
  _exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// Everything it says goes into one pipe: one order for requests and connections.
void log_to(int pipe, std::vector<std::string>& arguments) {
  const std::string file = "/proc/self/fd/" + std::to_string(pipe);
  arguments.push_back("--accesslog-file=" + file);
  arguments.push_back("--accesslog-format=" + std::string(kRequestMark) +
                      "$remote_port $alpn $status $path");
  arguments.push_back("--errorlog-file=" + file);
  arguments.push_back("--log-level=INFO");
}

std::vector<std::string> command(const std::string& program, const Nghttpx::Options& options,
                                 std::uint16_t port, int log) {
  std::vector<std::string> arguments{
      program,
      "--conf=/dev/null",
      "--single-process",
      "--workers=1",
      "--frontend=127.0.0.1," + std::to_string(port),
      "--backend=127.0.0.1," + std::to_string(options.backend_port),
      "--npn-list=" + options.protocols,
  };
  if (log >= 0) log_to(log, arguments);
  arguments.push_back(options.certificate.key);
  arguments.push_back(options.certificate.certificate);
  return arguments;
}

}  // namespace

Nghttpx::Nghttpx(const Options& options) {
  const std::string program = find_program();
  const Listener listener = listen_on_loopback();
  port_ = listener.port;
  std::array<int, 2> log{-1, -1};
  if (options.watched && pipe2(log.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  std::vector<std::string> arguments = command(program, options, port_, log[1]);
  std::vector<std::string> environment{"NGHTTPX_ACCEPT_1=tcp," + std::to_string(listener.socket)};
  auto argument_list = pointers(arguments);
  auto environment_list = pointers(environment);
  pid_ = fork();
  if (pid_ == 0) become(program, argument_list, environment_list, {listener.socket, log[1]});
  close(listener.socket);
  if (log[1] >= 0) close(log[1]);
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (log[0] >= 0) reader_ = std::thread([this, pipe = log[0]] { read_log(pipe); });
}

Nghttpx::~Nghttpx() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  if (reader_.joinable()) reader_.join();
}

ProxySeen Nghttpx::seen(std::size_t requests) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds(10),
                    [&] { return seen_.requests.size() >= requests; });
  return seen_;
}

void Nghttpx::read_log(int pipe) {
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t size = 0; (size = read(pipe, piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(size));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
      read_line(std::string_view(text).substr(begin, end - begin));
    text.erase(0, begin);
  }
  close(pipe);
}

void Nghttpx::read_line(std::string_view line) {
  constexpr std::string_view kProtocol = "The negotiated next protocol: ";
  const std::lock_guard lock(mutex_);
  if (line.starts_with(kRequestMark)) {
    ProxySeen::Request request;
    std::istringstream fields{std::string(line.substr(kRequestMark.size()))};
    fields >> request.client >> request.alpn >> request.status >> request.path;
    seen_.requests.push_back(std::move(request));
    changed_.notify_all();
  } else if (line.find("Accepted connection from") != std::string_view::npos) {
    ++seen_.accepted;
  } else if (const auto found = line.find(kProtocol); found != std::string_view::npos) {
    ++seen_.handshakes;  // said once, when a handshake is complete
    seen_.negotiated.emplace_back(line.substr(found + kProtocol.size()));
  }
}

}  // namespace prx::test
