#include "isolation/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "isolation/program.hpp"
#include "os/file.hpp"
#include "os/spawn_attributes.hpp"
#include "plugin/registry.hpp"
#include "plugin/search.hpp"

namespace prx::isolation {
namespace {

namespace fs = std::filesystem;

/// A copy with a number that no target of the plan has.
os::Descriptor moved_up(int descriptor) {
  return os::Descriptor(::fcntl(descriptor, F_DUPFD_CLOEXEC, 16));
}

/// It gets its two descriptors, /dev/null three times, and nothing else.
class Plan {
 public:
  Plan(int socket, int file) {
    ::posix_spawn_file_actions_init(&actions_);
    for (const int standard : {0, 1, 2})
      ::posix_spawn_file_actions_addopen(&actions_, standard, "/dev/null", O_RDWR, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, socket, kSocketNumber);
    ::posix_spawn_file_actions_adddup2(&actions_, file, kFileNumber);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, kFileNumber + 1);
  }
  ~Plan() { ::posix_spawn_file_actions_destroy(&actions_); }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  /// 0 or an errno. Its environment is empty.
  [[nodiscard]] int spawn(const fs::path& program, const IsolationConfig& limits,
                          pid_t& pid) const {
    const auto seconds =
        limits.cpu_max ? std::chrono::ceil<std::chrono::seconds>(*limits.cpu_max).count() : 0;
    std::array<std::string, 4> words = {program.string(), std::to_string(::getpid()),
                                        std::to_string(limits.memory_max), std::to_string(seconds)};
    std::array<char*, 5> arguments{};
    for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
    std::array<char*, 1> environment{};
    return ::posix_spawn(&pid, arguments[0], &actions_, attributes_.get(), arguments.data(),
                         environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  os::SpawnAttributes attributes_;
};

std::string signal_text(int number) {
  if (number == SIGSYS)
    return "made a system call that isolation forbids (SIGSYS): for files, connections, programs, "
           "threads, signals to others ...; see core/docs/isolation.md";
  if (number == SIGXCPU) return "used up its processor time (cpu_max)";
  const char* const name = ::sigabbrev_np(number);
  return "was killed by " + (name != nullptr ? std::string("SIG") + name : std::to_string(number));
}

/// \param status  as waitpid() gives it, or nullopt when nobody can tell.
std::string how_it_ended(std::optional<int> status) {
  if (!status)
    return std::string("has ended (how it ended is not known, since this program ") +
           (os::ignores_children() ? "ignores SIGCHLD; set it to SIG_DFL or a handler)"
                                   : "waited for it; let it wait for its own children alone)");
  if (!WIFEXITED(*status)) return signal_text(WTERMSIG(*status));
  if (WEXITSTATUS(*status) == kExitMemory) return "used up its memory (memory_max)";
  return "ended by itself (exit status " + std::to_string(WEXITSTATUS(*status)) + ")";
}

/// The remedy for what posix_spawn() or what it needs could not get.
std::string remedy_of(int problem) {
  switch (problem) {
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n), or have fewer providers with isolation";
    case EAGAIN:
    case ENOMEM:
      return "raise the limit of processes (ulimit -u) or of memory, or have fewer providers with "
             "isolation";
    default:
      return "install prx again, or name the right program in [plugins] isolation_host";
  }
}

Unexpected<Error> failed(const fs::path& program, int problem) {
  return fail(ErrorClass::kInternal, program.string() + ": cannot be started: " +
                                         os::reason(problem) + "; " + remedy_of(problem));
}

}  // namespace

Child::Child(pid_t pid, os::Descriptor socket) : process_(pid), socket_(std::move(socket)) {}

Result<Child> Child::launch(const Launch& launch) {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return failed(launch.program, errno);
  os::Descriptor ours(ends[0]), its(ends[1]);
  const os::Descriptor socket = moved_up(its.get()), file = moved_up(launch.plugin_file);
  if (!socket.is_open() || !file.is_open()) return failed(launch.program, errno);
  pid_t pid = -1;
  if (const int problem = Plan(socket.get(), file.get()).spawn(launch.program, launch.limits, pid))
    return failed(launch.program, problem);
  return Child(pid, std::move(ours));
}

std::string Child::end() {
  if (process_.ends_within(kExitMax)) return how_it_ended(process_.reap());
  process_.kill();
  static_cast<void>(process_.reap());
  return "closed its socket";
}

Result<fs::path> find_program(const fs::path& configured) {
  std::error_code unknown;
  fs::path found = configured;
  std::string places;
  if (configured.empty())
    for (const fs::path& plugins : install_dirs(process_facts().self_dir)) {
      const fs::path program = plugins.parent_path() / "prx-plugin-host";
      places += (places.empty() ? "" : ", ") + program.string();
      if (found.empty() && fs::exists(program, unknown)) found = program;
    }
  if (found.empty())
    return fail(ErrorClass::kInvalidRequest,
                "isolation = \"process\" needs the program prx-plugin-host, which is in no place "
                "of this installation (" +
                    places +
                    "); put it there, name it in [plugins] isolation_host, or use isolation = "
                    "\"none\" for plugins that you trust (a build of prx without libseccomp-dev "
                    "lacks it)");
  const fs::path named = std::exchange(found, fs::canonical(found, unknown));
  if (unknown)
    return fail(ErrorClass::kInvalidRequest,
                configured.string() + ": cannot be used as isolation_host: " + unknown.message() +
                    "; correct [plugins] isolation_host");
  PRX_TRY(check_trust(named));  // the links to it too
  return found;
}

}  // namespace prx::isolation
