#include "support/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace prx::test {
namespace {

void check(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

/// Who opens a terminal as the leader of a session without one has it as its own.
pid_t spawn(const TerminalOptions& options, const char* terminal) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  check(posix_spawn_file_actions_init(&actions), "actions");
  check(posix_spawnattr_init(&attributes), "attributes");
  posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&actions, 0, 1);
  posix_spawn_file_actions_adddup2(&actions, 0, 2);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  std::vector<std::string> words{options.program};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> variables;
  for (const auto& [name, value] : options.environment) variables.push_back(name + "=" + value);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, options.program.c_str(), &actions, &attributes,
                                pointers(words).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  check(error, "posix_spawn");
  return pid;
}

}  // namespace

Terminal::Terminal(const TerminalOptions& options) {
  const winsize size{options.rows, options.columns, 0, 0};
  int slave = -1;
  check(::openpty(&fd_, &slave, nullptr, nullptr, &size) == 0 ? 0 : errno, "openpty");
  ::fcntl(fd_, F_SETFD, FD_CLOEXEC);
  const std::string name = ::ptsname(fd_);
  pid_ = spawn(options, name.c_str());
  ::close(slave);
}

Terminal::~Terminal() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  hang_up();
}

void Terminal::type(std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd_, text.data(), text.size());
    if (put < 0 && errno != EINTR) check(errno, "write to the terminal");
    if (put > 0) text.remove_prefix(static_cast<std::size_t>(put));
  }
}

bool Terminal::read_some(std::chrono::steady_clock::time_point until) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  pollfd ready{fd_, POLLIN, 0};
  if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return false;
  std::array<char, 4096> buffer;
  const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
  if (got > 0) shown_.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

std::string Terminal::wait_for(std::string_view text) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    if (const auto found = shown_.find(text, seen_); found != std::string::npos) {
      const std::size_t from = std::exchange(seen_, found + text.size());
      return shown_.substr(from, seen_ - from);
    }
    if (!read_some(until))
      throw std::runtime_error("the terminal never showed \"" + std::string(text) + "\" after \"" +
                               shown_.substr(seen_) + "\"\n--- before\n" + shown_.substr(0, seen_));
  }
}

void Terminal::send_signal(int number) { ::kill(pid_, number); }

bool Terminal::echoes() const {
  termios state{};
  check(::tcgetattr(fd_, &state) == 0 ? 0 : errno, "tcgetattr");
  return (state.c_lflag & ECHO) != 0;
}

void Terminal::hang_up() {
  if (const int fd = std::exchange(fd_, -1); fd >= 0) ::close(fd);
}

int Terminal::wait() {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (fd_ >= 0 && read_some(until)) continue;
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(pid_, &status, WNOHANG)) == 0) {
    if (std::chrono::steady_clock::now() > until)
      throw std::runtime_error("the program does not end; it showed\n" + shown_);
    ::poll(nullptr, 0, 2);
  }
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace prx::test
