#include "os/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "os/file.hpp"
#include "os/own_child.hpp"
#include "os/spawn_attributes.hpp"

namespace prx::os {
namespace {

using Clock = std::chrono::steady_clock;
using End = ChildResult::End;

constexpr std::size_t kTurnMax = 64u << 10;  // bytes of stderr between two looks at the rest

Unexpected<Error> failed(const std::string& what, int problem, const std::string& remedy) {
  return fail(ErrorClass::kInvalidRequest, what + ": " + reason(problem) + "; " + remedy);
}

// A pipe to or from the command: our end does not block.
struct Pipe {
  Descriptor ours, its;

  [[nodiscard]] bool open(bool we_read) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    ours.reset(ends[we_read ? 0 : 1]);
    its.reset(ends[we_read ? 1 : 0]);
    ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
    return true;
  }
};

struct Pipes {
  Pipe input, output, errors;

  [[nodiscard]] bool open(const ChildCommand& command) {
    return (!command.input || input.open(false)) && output.open(true) &&
           (command.errors_max == 0 || errors.open(true));
  }
};

// What a command gets of this process.
class SpawnPlan {
 public:
  SpawnPlan(const Pipes& pipes, const std::filesystem::path& folder) {
    ::posix_spawn_file_actions_init(&actions_);
    connect(pipes.input.its.get(), 0, O_RDONLY);
    connect(pipes.output.its.get(), 1, O_WRONLY);
    connect(pipes.errors.its.get(), 2, O_WRONLY);
    if (!folder.empty()) ::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
  }
  ~SpawnPlan() { ::posix_spawn_file_actions_destroy(&actions_); }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  [[nodiscard]] int spawn(const ChildCommand& command, pid_t& child) const {
    std::vector<char*> argv = pointers(command.arguments);
    std::vector<char*> settings;
    if (command.environment != nullptr) settings = pointers(*command.environment);
    char** const environment = command.environment != nullptr ? settings.data() : environ;
    return ::posix_spawnp(&child, argv[0], &actions_, attributes_.get(), argv.data(), environment);
  }

 private:
  void connect(int end, int target, int mode) {
    if (end >= 0)
      ::posix_spawn_file_actions_adddup2(&actions_, end, target);
    else
      ::posix_spawn_file_actions_addopen(&actions_, target, "/dev/null", mode, 0);
  }
  static std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> out;
    out.reserve(words.size() + 1);
    for (const auto& word : words) out.push_back(const_cast<char*>(word.c_str()));
    out.push_back(nullptr);
    return out;
  }
  posix_spawn_file_actions_t actions_{};
  SpawnAttributes attributes_;
};

// A running command. Its group is killed, and the command itself reaped, at the latest in the
// destructor.
class Child {
 public:
  explicit Child(pid_t pid) : process_(pid) {}
  ~Child() { (void)reap(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] int descriptor() const { return process_.descriptor(); }
  // The exit status as waitpid gives it, or -1 when it is lost.
  [[nodiscard]] int reap() {
    if (!std::exchange(running_, false)) return status_;
    process_.kill_group();
    return status_ = process_.reap().value_or(-1);
  }

 private:
  OwnChild process_;
  bool running_ = true;
  int status_ = -1;
};

// Moves bytes between the command and us, until one of the ends.
class Exchange {
 public:
  Exchange(const ChildCommand& command, Pipes& pipes, int exited, int stop)
      : command_(command), pipes_(pipes), exited_(exited), stop_(stop) {
    if (command.input) left_ = *command.input;
    if (left_.empty()) pipes_.input.ours.reset();
  }

  [[nodiscard]] End run(ChildResult& result) {
    while (true) {
      std::array<pollfd, 5> waits{pollfd{exited_, POLLIN, 0}, pollfd{stop_, POLLIN, 0},
                                  pollfd{pipes_.output.ours.get(), POLLIN, 0},
                                  pollfd{pipes_.errors.ours.get(), POLLIN, 0},
                                  pollfd{pipes_.input.ours.get(), POLLOUT, 0}};
      const int ready = ::poll(waits.data(), waits.size(), patience());
      if (ready < 0 && errno == EINTR) continue;
      if (command_.stop.stop_requested()) return End::kStopped;
      if (ready < 0 || (ready == 0 && late())) return End::kLate;
      const bool ended = waits[0].revents != 0;  // looked at before the last bytes are read
      if (waits[2].revents != 0) drain(pipes_.output, result.output, command_.output_max + 1);
      if (result.output.size() > command_.output_max) return End::kTooMuch;
      if (waits[3].revents != 0) take_errors(result.errors);
      if (ended) return End::kExited;
      if (late()) return End::kLate;
      if (waits[4].revents != 0) feed();
    }
  }

 private:
  [[nodiscard]] bool late() const { return command_.until && Clock::now() >= *command_.until; }
  [[nodiscard]] int patience() const {
    if (!command_.until) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*command_.until - Clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
  }

  // Appends what is there, until the text is `max` bytes long; closes at the end of it.
  static void drain(Pipe& pipe, std::string& text, std::size_t max) {
    char buffer[4096];
    while (text.size() < max) {
      const auto count =
          ::read(pipe.ours.get(), buffer, std::min(sizeof buffer, max - text.size()));
      if (count > 0) {
        text.append(buffer, static_cast<std::size_t>(count));
      } else if (count == 0 || errno != EINTR) {
        if (count == 0 || errno != EAGAIN) pipe.ours.reset();
        return;
      }
    }
  }

  void take_errors(std::string& errors) {
    drain(pipes_.errors, errors, errors.size() + kTurnMax);
    if (errors.size() > command_.errors_max) errors.erase(0, errors.size() - command_.errors_max);
  }

  // A command that does not read is not told why nobody writes any more.
  void feed() {
    const auto count = ::write(pipes_.input.ours.get(), left_.data(), left_.size());
    if (count > 0) left_.remove_prefix(static_cast<std::size_t>(count));
    const bool gone = count < 0 && errno != EAGAIN && errno != EINTR;
    if (left_.empty() || gone) pipes_.input.ours.reset();
  }

  const ChildCommand& command_;
  Pipes& pipes_;
  const int exited_, stop_;
  std::string_view left_;  // of the input
};

}  // namespace

StopDescriptor::StopDescriptor(const std::stop_token& stop)
    : event_(stop.stop_possible() ? ::eventfd(0, EFD_CLOEXEC) : -1) {
  if (event_.is_open()) raise_.emplace(stop, Raise{event_.get()});
}

void StopDescriptor::Raise::operator()() const { ::eventfd_write(number, 1); }

Result<ChildResult> run_child(const ChildCommand& command) {
  const StopDescriptor stop(command.stop);
  if (command.stop.stop_possible() && stop.get() < 0)
    return failed("cannot be watched", errno, "free some descriptors");
  Pipes pipes;
  if (!pipes.open(command)) return failed("cannot be run", errno, "free some descriptors");
  pid_t pid = -1;
  if (const int problem = SpawnPlan(pipes, command.folder).spawn(command, pid))
    return failed("cannot be run", problem, "correct its name or path");
  Child child(pid);
  const int problem = errno;
  for (Pipe* const pipe : {&pipes.input, &pipes.output, &pipes.errors}) pipe->its.reset();
  if (child.descriptor() < 0)
    return failed("cannot be watched", problem,
                  ignores_children() ? "do not ignore SIGCHLD" : "free some descriptors");
  ChildResult result;
  result.end = Exchange(command, pipes, child.descriptor(), stop.get()).run(result);
  result.status = child.reap();
  return result;
}

}  // namespace prx::os
