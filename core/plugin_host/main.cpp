// prx-plugin-host: the process of one isolated plugin. A host of prx starts it, with a socket to
// itself and the plugin's file as open descriptors; nobody else has a use for it.

#include <malloc.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <new>

#include "isolation/program.hpp"
#include "plugin_host/confine.hpp"
#include "plugin_host/loading.hpp"
#include "plugin_host/service.hpp"
#include "prx/sdk/abi.hpp"

namespace prx::plugin_host {
namespace {

using isolation::FrameWriter;
using isolation::Kind;

constexpr const char* kNoThread =
    "no thread for its workers; raise memory_max of the plugin, or the limit of threads (ulimit "
    "-u)";

/// What follows the program's name.
struct Arguments {
  pid_t host = 0;
  Limits limits;
};

bool parse(int count, char** words, Arguments& out) {
  if (count != 4) return false;
  out.host = static_cast<pid_t>(std::strtol(words[1], nullptr, 10));
  out.limits.memory_max = std::strtoull(words[2], nullptr, 10) << 20;
  out.limits.cpu_max = std::strtoull(words[3], nullptr, 10);
  return out.host > 0 && out.limits.memory_max > 0;
}

void fail(int socket, const std::string& why) {
  Outbox outbox(socket, -1);
  Error error;
  error.message = why;
  outbox.send(Kind::kFailed, 0, [&](FrameWriter& out) { put(out, sdk::to_abi(error)); });
  static_cast<void>(outbox.flush());
}

void tell(int socket, const Notes& notes) {
  Outbox outbox(socket, -1);
  for (const std::string& note : notes)
    outbox.send(Kind::kLog, isolation::kOfModule, [&](FrameWriter& out) {
      out.put(static_cast<std::int32_t>(PRX_LOG_INFO)).put(std::string_view(note));
    });
  static_cast<void>(outbox.flush());
}

/// The host may have gone before it was asked for.
bool die_with(pid_t host) {
  return ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && ::getppid() == host;
}

/// What the plugin opened while it was loaded; no more can be opened now.
void close_others(int wake) {
  for (int other = isolation::kFileNumber; other < kDescriptorsMax; ++other)
    if (other != wake) ::close(other);
}

int run(const Arguments& arguments) {
  constexpr int kSocket = isolation::kSocketNumber, kFile = isolation::kFileNumber;
  if (!die_with(arguments.host)) return EXIT_FAILURE;
  ::signal(SIGPIPE, SIG_IGN);
  ::mallopt(M_ARENA_MAX, 1);  // glibc opens a file of /proc when another arena shrinks
  std::set_new_handler([] { ::_exit(isolation::kExitMemory); });
  set_loop_thread();
  Notes notes;
  const int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (const std::string problem = confine_before_loading(arguments.limits, kFile, notes);
      !problem.empty())
    return fail(kSocket, problem), EXIT_SUCCESS;
  tell(kSocket, notes);
  const Loaded loaded = load(kFile);
  ::close(kFile);
  if (!loaded.problem.empty()) return fail(kSocket, loaded.problem), EXIT_SUCCESS;
  WorkerPool workers;
  const std::size_t threads = workers.start();
  if (threads == 0) return fail(kSocket, kNoThread), EXIT_SUCCESS;
  if (threads < WorkerPool::kThreads)
    tell(kSocket,
         {"only " + std::to_string(threads) + " of " + std::to_string(WorkerPool::kThreads) +
          " worker threads could be made: the plugin took memory or threads while it was "
          "loaded"});
  if (const std::string problem = confine_system_calls(); !problem.empty())
    return fail(kSocket, problem), EXIT_SUCCESS;
  close_others(wake);
  Service(kSocket, wake, loaded, workers).run();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace prx::plugin_host

int main(int count, char** words) {
  prx::plugin_host::Arguments arguments;
  if (!prx::plugin_host::parse(count, words, arguments)) {
    std::fputs("prx-plugin-host is started by prx, for a plugin with isolation = \"process\"\n",
               stderr);
    return EXIT_FAILURE;
  }
  ::_exit(prx::plugin_host::run(arguments));  // nothing of the plugin runs any more
}
