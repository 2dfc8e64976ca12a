#include "config/key_command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "config/key_file.hpp"

namespace prx::config {
namespace {

using Clock = std::chrono::steady_clock;

Unexpected<Error> failed(const std::string& what) {
  return fail(ErrorClass::kInvalidRequest, "the command " + what);
}

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void reset(int number = -1) {
    if (number_ >= 0) ::close(number_);
    number_ = number;
  }
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

// Attributes and file actions of posix_spawn, freed together.
class SpawnPlan {
 public:
  SpawnPlan(int out, const std::filesystem::path& folder) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, out, 1);
    ::posix_spawn_file_actions_addopen(&actions_, 2, "/dev/null", O_WRONLY, 0);
    if (!folder.empty()) ::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  [[nodiscard]] int spawn(const std::vector<std::string>& arguments, pid_t& child) const {
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    return ::posix_spawnp(&child, argv[0], &actions_, &attributes_, argv.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// A running command. Its group is killed, and the command itself reaped, at the latest in the
// destructor.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() { (void)reap(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The exit status as waitpid gives it, or -1 when it is lost.
  [[nodiscard]] int reap() {
    if (pid_ < 0) return status_;
    ::kill(-pid_, SIGKILL);  // it is not reaped yet, so the group's number is still its own
    status_ = -1;
    int status = 0;
    pid_t result = 0;
    while ((result = ::waitpid(pid_, &status, 0)) < 0 && errno == EINTR) {
    }
    if (result == pid_) status_ = status;
    pid_ = -1;
    return status_;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
  int status_ = -1;
};

// Appends what is there. False at the end of the output.
bool drain(int descriptor, std::string& output) {
  char buffer[4096];
  while (output.size() <= kKeyOutputMax) {
    const auto count = ::read(descriptor, buffer, sizeof buffer);
    if (count > 0)
      output.append(buffer, static_cast<std::size_t>(count));
    else if (count == 0)
      return false;
    else if (errno == EAGAIN)
      return true;
    else if (errno != EINTR)
      return false;
  }
  return false;
}

// Reads until the command itself has ended, whoever else still holds its output.
Result<std::string> collect(int out, int exited, Clock::time_point until) {
  std::string output;
  pollfd waits[2] = {{exited, POLLIN, 0}, {out, POLLIN, 0}};
  while (true) {
    const auto left = std::chrono::ceil<Milliseconds>(until - Clock::now()).count();
    const int ready = left > 0 ? ::poll(waits, 2, static_cast<int>(left)) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return failed("did not end in time; make it faster, or use api_key_file");
    const bool ended = waits[0].revents != 0;  // looked at before the last bytes are read
    if (waits[1].fd >= 0 && !drain(out, output)) waits[1].fd = -1;
    if (output.size() > kKeyOutputMax)
      return failed("printed more than 16 KiB; print only the key");
    if (ended) return output;
  }
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
  const auto until = Clock::now() + command.timeout;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return failed(std::string("cannot be run: ") + std::strerror(errno) +
                  "; free some descriptors");
  Descriptor out(ends[0]), in(ends[1]);
  ::fcntl(out.get(), F_SETFL, O_NONBLOCK);
  pid_t pid = -1;
  if (const int problem = SpawnPlan(in.get(), command.folder).spawn(command.arguments, pid))
    return failed(std::string("cannot be run: ") + std::strerror(problem) +
                  "; correct its name or path");
  Child child(pid);
  in.reset();
  const Descriptor exited(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (exited.get() < 0)
    return failed(std::string("cannot be watched: ") + std::strerror(errno) + "; use api_key_file");
  PRX_TRY_SET(const auto output, collect(out.get(), exited.get(), until));
  PRX_TRY(check_status(child.reap()));
  auto key = trimmed(output);
  if (key.empty()) return failed("printed nothing; make it print the key");
  return key;
}

}  // namespace prx::config
