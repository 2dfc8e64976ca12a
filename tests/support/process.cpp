#include "process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace prx::test {
namespace {

using Clock = std::chrono::steady_clock;

void check(int code, const char* what) {
  if (code != 0) throw std::system_error(code, std::generic_category(), what);
}

void check_call(int result, const char* what) {
  if (result < 0) check(errno, what);
}

void close_fd(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

/// Both ends close on exec; the child gets its own by dup2.
struct Ends {
  int read = -1, write = -1;
};
Ends make_pipe() {
  std::array<int, 2> fds{};
  check_call(::pipe2(fds.data(), O_CLOEXEC), "pipe2");
  return {fds[0], fds[1]};
}

/// Ours is the reading end.
Ends make_terminal() {
  Ends ends;
  check_call(::openpty(&ends.read, &ends.write, nullptr, nullptr, nullptr), "openpty");
  ::fcntl(ends.read, F_SETFD, FD_CLOEXEC);
  ::fcntl(ends.write, F_SETFD, FD_CLOEXEC);
  return ends;
}

class Actions {
 public:
  Actions() { check(posix_spawn_file_actions_init(&actions_), "spawn actions"); }
  ~Actions() { posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  void dup(int fd, int target) {
    check(posix_spawn_file_actions_adddup2(&actions_, fd, target), "dup2");
  }
  void close(int fd) { check(posix_spawn_file_actions_addclose(&actions_, fd), "close"); }
  void open(int fd, const char* path) {
    check(posix_spawn_file_actions_addopen(&actions_, fd, path, O_RDONLY, 0), "open");
  }
  /// The leader of a session makes it the terminal of that. Last: its number may be taken.
  void take_terminal(const char* path) {
    check(posix_spawn_file_actions_addopen(&actions_, 3, path, O_RDWR, 0), "open");
    close(3);
  }
  void change_folder(const char* path) {
    check(posix_spawn_file_actions_addchdir_np(&actions_, path), "chdir");
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// Default actions and an empty mask for every signal, whatever the test program inherited.
class Attributes {
 public:
  Attributes() {
    check(posix_spawnattr_init(&attributes_), "spawn attributes");
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  void begin_session() {
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  }
  /// These stay as they are in this process.
  void keep(const std::vector<int>& signals) {
    sigset_t set;
    sigfillset(&set);
    for (const int number : signals) sigdelset(&set, number);
    posix_spawnattr_setsigdefault(&attributes_, &set);
  }
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

/// Ignores signals in this process while a child is started that shall inherit that.
class IgnoredSignals {
 public:
  explicit IgnoredSignals(const std::vector<int>& signals) {
    for (const int number : signals) {
      struct sigaction ignore {
      }, before{};
      ignore.sa_handler = SIG_IGN;
      sigaction(number, &ignore, &before);
      before_.emplace_back(number, before);
    }
  }
  ~IgnoredSignals() {
    for (const auto& [number, action] : before_) sigaction(number, &action, nullptr);
  }
  IgnoredSignals(const IgnoredSignals&) = delete;
  IgnoredSignals& operator=(const IgnoredSignals&) = delete;

 private:
  std::vector<std::pair<int, struct sigaction>> before_;
};

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

int milliseconds_left(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

/// Writes to a child that reads at its own pace; it may end without having read all.
void write_input_to(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

Process::Process(ProcessOptions options) : name_(options.program) {
  ::signal(SIGPIPE, SIG_IGN);  // a child may end before it has read its input
  for (const std::string& argument : options.arguments) name_ += " " + argument;
  start(options);
  if (options.input != ProcessOptions::Input::kPipe) return;
  write_input(options.input_text);
  if (!options.keep_input_open) close_input();
}

void Process::start(const ProcessOptions& options) {
  using Input = ProcessOptions::Input;
  using Output = ProcessOptions::Output;
  Actions actions;
  Attributes attributes;
  attributes.keep(options.ignored_signals);
  Ends input, output, errors = make_pipe();
  if (options.input == Input::kPipe) {
    input = make_pipe();
    actions.dup(input.read, 0);
  } else if (options.input == Input::kTerminal) {
    const Ends terminal = make_terminal();
    input = {terminal.write, terminal.read};
    actions.dup(input.read, 0);
  } else if (options.input == Input::kClosed) {
    actions.close(0);
  } else {
    actions.open(0, options.input == Input::kNull ? "/dev/null" : options.input_file.c_str());
  }
  if (options.output == Output::kClosed) {
    actions.close(1);
  } else {
    output = options.output == Output::kPipe ? make_pipe() : make_terminal();
    actions.dup(output.write, 1);
    if (options.output_room > 0)
      check_call(::fcntl(output.write, F_SETPIPE_SZ, options.output_room), "F_SETPIPE_SZ");
  }
  actions.dup(options.output == Output::kScreen ? output.write : errors.write, 2);
  if (!options.directory.empty()) actions.change_folder(options.directory.c_str());
  if (options.session != ProcessOptions::Session::kOurs) attributes.begin_session();
  if (options.session == ProcessOptions::Session::kTerminal) {
    const Ends terminal = make_terminal();
    tty_.fd = terminal.read;
    tty_slave_ = terminal.write;
    actions.take_terminal(::ptsname(terminal.read));
  }

  std::vector<std::string> words{options.program};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> settings;
  for (const auto& [name, value] : options.environment) settings.push_back(name + "=" + value);
  {
    const IgnoredSignals ignored(options.ignored_signals);
    check(posix_spawn(&pid_, options.program.c_str(), actions.get(), attributes.get(),
                      pointers(words).data(), pointers(settings).data()),
          options.program.c_str());
  }
  close_fd(input.read);
  close_fd(output.write);
  close_fd(errors.write);
  input_ = input.write;
  out_.fd = output.read;
  err_.fd = errors.read;
  exit_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  check_call(exit_fd_, "pidfd_open");
}

Process::~Process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  for (int* fd : {&input_, &exit_fd_, &out_.fd, &err_.fd, &tty_.fd, &tty_slave_}) close_fd(*fd);
}

void Process::read_from(Pipe& pipe) {
  std::array<char, 16'384> buffer;
  const ssize_t got = ::read(pipe.fd, buffer.data(), buffer.size());
  if (got > 0) {
    pipe.text.append(buffer.data(), static_cast<std::size_t>(got));
  } else {
    close_fd(pipe.fd);  // the end; a terminal says EIO
  }
}

/// Waits until something came on either output. False when both have ended or the time is over.
bool Process::read_some(Clock::time_point deadline) {
  if (out_.fd < 0 && err_.fd < 0) return false;
  std::array<pollfd, 3> fds{pollfd{out_.fd, POLLIN, 0}, pollfd{err_.fd, POLLIN, 0},
                            pollfd{tty_.fd, POLLIN, 0}};
  if (::poll(fds.data(), fds.size(), milliseconds_left(deadline)) <= 0)
    return Clock::now() < deadline;
  if (fds[0].revents != 0) read_from(out_);
  if (fds[1].revents != 0) read_from(err_);
  if (fds[2].revents != 0) read_from(tty_);
  return true;
}

void Process::wait_for(const Pipe& pipe, std::string_view text) {
  const auto deadline = Clock::now() + kPatience;
  while (pipe.text.find(text) == std::string::npos) {
    if (pipe.fd < 0 || !read_some(deadline)) give_up("never printed \"" + std::string(text) + "\"");
  }
}

void Process::wait_for_out(std::string_view text) { wait_for(out_, text); }
void Process::wait_for_err(std::string_view text) { wait_for(err_, text); }
void Process::wait_for_tty(std::string_view text) { wait_for(tty_, text); }
void Process::type(std::string_view text) { write_input_to(tty_.fd, text); }

void Process::give_up(const std::string& what) {
  throw std::runtime_error(name_ + ": " + what + "\n--- stdout\n" + out_.text + "\n--- stderr\n" +
                           err_.text + "\n--- terminal\n" + tty_.text);
}

void Process::write_input(std::string_view text) { write_input_to(input_, text); }
void Process::close_input() { close_fd(input_); }
void Process::close_out() { close_fd(out_.fd); }
void Process::send_signal(int number) { check_call(::kill(pid_, number), "kill"); }

void Process::wait_for_exit() { wait_for_exit_until(Clock::now() + kPatience); }

void Process::wait_for_exit_until(Clock::time_point deadline) {
  pollfd ended{exit_fd_, POLLIN, 0};
  while (::poll(&ended, 1, milliseconds_left(deadline)) <= 0) {
    if (Clock::now() >= deadline) give_up("does not end");
  }
}

int Process::reap(Clock::time_point deadline) {
  wait_for_exit_until(deadline);
  int status = 0;
  check_call(::waitpid(pid_, &status, 0), "waitpid");
  pid_ = -1;
  return status;
}

ProcessResult Process::wait(std::chrono::seconds patience) {
  const auto deadline = Clock::now() + patience;
  while (read_some(deadline)) continue;
  if (out_.fd >= 0 || err_.fd >= 0) give_up("does not end");
  const int status = reap(deadline);
  ProcessResult result;
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  result.out = std::move(out_.text);
  result.err = std::move(err_.text);
  return result;
}

ProcessResult run_process(ProcessOptions options) { return Process(std::move(options)).wait(); }

}  // namespace prx::test
