#include "bench/run/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

extern char** environ;

namespace prx::bench {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const std::string& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (pipe2(ends.data(), O_CLOEXEC) != 0) ends = {-1, -1};
  }
  ~Pipe() {
    for (const int end : ends)
      if (end >= 0) ::close(end);
  }
  int take(std::size_t end) { return std::exchange(ends[end], -1); }
};

Result<pid_t> spawn(const Command& command, int input, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (command.no_input)
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  else
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  if (command.quiet)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  const std::vector<char*> argv = pointers(command.argv);
  const std::vector<char*> environment =
      command.environment ? pointers(*command.environment) : std::vector<char*>{};
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(),
                                 command.environment ? environment.data() : environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    return fail(ErrorClass::kInternal,
                "cannot start " + command.argv[0] + ": " + std::strerror(error));
  return pid;
}

cpu_set_t allowed_at_start() {
  static const cpu_set_t set = [] {
    cpu_set_t now;
    CPU_ZERO(&now);
    sched_getaffinity(0, sizeof now, &now);
    return now;
  }();
  return set;
}

}  // namespace

Processors processors() {
  const cpu_set_t set = allowed_at_start();
  std::vector<int> allowed;
  for (int i = 0; i < CPU_SETSIZE && allowed.size() < 2; ++i)
    if (CPU_ISSET(i, &set)) allowed.push_back(i);
  if (allowed.empty()) return {};
  return {allowed.front(), allowed.back()};
}

void pin(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  sched_setaffinity(0, sizeof set, &set);
}

std::chrono::microseconds Finished::cpu() const {
  const auto of = [](const timeval& time) {
    return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

Result<Process> Process::start(const Command& command) {
  Pipe input, output;
  if (input.ends[0] < 0 || output.ends[0] < 0) return fail(ErrorClass::kInternal, "no pipe");
  const int before = processors().load;
  pin(command.processor);
  Result<pid_t> pid = spawn(command, input.ends[0], output.ends[1]);
  pin(before);
  if (!pid) return Unexpected(std::move(pid).error());
  return Process(*pid, input.take(1), output.take(0));
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      input_(std::exchange(other.input_, -1)),
      output_(std::exchange(other.output_, -1)),
      buffer_(std::move(other.buffer_)) {}

Process::~Process() {
  close_input();
  if (output_ >= 0) ::close(output_);
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Process::close_input() {
  if (input_ >= 0) ::close(std::exchange(input_, -1));
}

Result<bool> Process::read_some(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd file{output_, POLLIN, 0};
  if (left <= 0 || ::poll(&file, 1, static_cast<int>(left)) == 0)
    return fail(ErrorClass::kTimeout, "no output in time");
  std::array<char, 4'096> bytes;
  const ssize_t size = ::read(output_, bytes.data(), bytes.size());
  if (size > 0) buffer_.append(bytes.data(), static_cast<std::size_t>(size));
  return size > 0 || (size < 0 && errno == EINTR);
}

Result<std::string> Process::read_line(std::chrono::milliseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  std::size_t end = 0;
  while ((end = buffer_.find('\n')) == std::string::npos) {
    PRX_TRY_SET(const bool more, read_some(deadline));
    if (!more) return fail(ErrorClass::kInternal, "the output ended");
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return line;
}

Result<Finished> Process::finish(std::chrono::milliseconds timeout) {
  close_input();
  const Clock::time_point deadline = Clock::now() + timeout;
  while (true) {
    PRX_TRY_SET(const bool more, read_some(deadline));
    if (!more) break;
  }
  Finished finished;
  int status = 0;
  ::wait4(std::exchange(pid_, -1), &status, 0, &finished.usage);
  finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  finished.output = std::move(buffer_);
  return finished;
}

Result<Finished> run(const Command& command, std::chrono::milliseconds timeout) {
  PRX_TRY_SET(Process process, Process::start(command));
  PRX_TRY_SET(Finished finished, process.finish(timeout));
  if (finished.status != 0)
    return fail(ErrorClass::kInternal,
                command.argv[0] + " ended with " + std::to_string(finished.status));
  return finished;
}

std::optional<std::string> find_program(std::string_view name) {
  const char* const path = std::getenv("PATH");
  std::string dirs = std::string(path == nullptr ? "" : path) + ":/usr/sbin:/usr/bin";
  for (std::size_t start = 0; start < dirs.size();) {
    const std::size_t end = std::min(dirs.find(':', start), dirs.size());
    const std::filesystem::path file =
        std::filesystem::path(dirs.substr(start, end - start)) / name;
    if (end > start && ::access(file.c_str(), X_OK) == 0) return file.string();
    start = end + 1;
  }
  return std::nullopt;
}

}  // namespace prx::bench
