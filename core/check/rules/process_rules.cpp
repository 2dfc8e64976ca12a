// What belongs to the host's process, and a plugin leaves as it is.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "check/descendants.hpp"
#include "check/rules/bench.hpp"
#include "check/rules/endurance_rules.hpp"

namespace prx::check {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

std::string status_line(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name)) return line;
  return name;
}

Lines surroundings() {
  Lines lines;
  for (char** variable = environ; *variable != nullptr; ++variable)
    lines.push_back(std::string("environment: ") + *variable);
  const char* const locale = std::setlocale(LC_ALL, nullptr);
  lines.push_back(std::string("locale: ") + (locale == nullptr ? "" : locale));
  std::error_code ignored;
  lines.push_back("working directory: " + fs::current_path(ignored).string());
  lines.push_back(status_line("Umask:"));
  return lines;
}

Lines signals() {
  Lines lines;
  for (int number = 1; number <= SIGRTMAX; ++number) {
    struct sigaction action {};
    if (sigaction(number, nullptr, &action) != 0) continue;
    char text[96];
    std::snprintf(text, sizeof text, "handler of signal %d: %p, flags %x", number,
                  reinterpret_cast<void*>(action.sa_handler),
                  static_cast<unsigned>(action.sa_flags));
    lines.emplace_back(text);
  }
  lines.push_back(status_line("SigBlk:"));
  return lines;
}

/// Names in a folder of /proc/self, with what they point to.
Lines entries(const char* folder) {
  Lines lines;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const fs::path target = fs::read_symlink(entry.path(), ignored);
    const std::string own = std::string("/proc/") + std::to_string(getpid()) + "/";
    if (target.string().starts_with(own)) continue;  // the one that lists them
    lines.push_back(std::string(folder) + "/" + entry.path().filename().string() + " " +
                    target.string());
  }
  return lines;
}
Lines descriptors() { return entries("/proc/self/fd"); }
Lines children() {
  Lines lines;
  for (const pid_t child : children_of(getpid()))
    lines.push_back("process " + std::to_string(child));
  return lines;
}
Lines threads() { return entries("/proc/self/task"); }

/// The first line that only one of them has, or "".
std::string change(Lines before, Lines after) {
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  Lines changed;
  std::set_symmetric_difference(before.begin(), before.end(), after.begin(), after.end(),
                                std::back_inserter(changed));
  return changed.empty() ? "" : changed.front().substr(0, 200);
}

/// All operations, one of them cancelled. \return whether there was an instance
bool use(const Subject& subject, Trial& trial) {
  Session session(subject);
  if (!ready(session, trial)) return false;
  static_cast<void>(session.describe());
  for (const Case& one : cases(session)) {
    CallSpec spec = one.spec;
    spec.cancel_after = 1;
    static_cast<void>(session.run(spec, one.script()));
  }
  return true;
}

template <Lines (*look)()>
void check_unchanged(const Subject& subject, Trial& trial) {
  const std::string& key_env = subject.note.key_env;
  if (!key_env.empty()) setenv(key_env.c_str(), std::string(kKey).c_str(), 1);
  const Lines before = look();
  if (!use(subject, trial)) return;
  std::string changed = change(before, look());
  for (int i = 0; i < 50 && !changed.empty(); ++i) {  // a thread that was joined ends a bit later
    std::this_thread::sleep_for(milliseconds(10));
    changed = change(before, look());
  }
  trial.at("after all operations and destroy");
  trial.expect(changed.empty(), "what belongs to the host's process stays as it is", changed);
}

/// Sends a descriptor of this process into memory, and back at the end.
class Captured {
 public:
  explicit Captured(int descriptor)
      : descriptor_(descriptor),
        before_(dup(descriptor)),
        memory_(memfd_create("output", MFD_CLOEXEC)) {
    dup2(memory_, descriptor_);
  }
  ~Captured() {
    dup2(before_, descriptor_);
    close(before_);
    close(memory_);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  [[nodiscard]] std::string text() const {
    char bytes[200];
    const ssize_t size = pread(memory_, bytes, sizeof bytes, 0);
    return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
  }

 private:
  const int descriptor_, before_, memory_;
};

void check_silent(const Subject& subject, Trial& trial) {
  std::fflush(nullptr);
  std::string out, err;
  bool used = false;
  {
    const Captured standard_output(STDOUT_FILENO), standard_error(STDERR_FILENO);
    used = use(subject, trial);
    std::fflush(nullptr);
    out = standard_output.text();
    err = standard_error.text();
  }
  if (!used) return;
  trial.expect(out.empty(), "nothing is written to the standard output: lines go to prx.log/1",
               quoted_part(out));
  trial.expect(err.empty(), "nothing is written to the standard error: lines go to prx.log/1",
               quoted_part(err));
}

constexpr const char* kModule = "prx/plugin.h, prx_plugin::init: no state outside the module";

constexpr Rule kRules[] = {
    {"process.surroundings", "Environment, locale, working directory and umask stay as they are.",
     kModule, false, "", seconds(20), check_unchanged<surroundings>},
    {"process.signals", "Handlers and masks of signals stay as they are.", kModule, false, "",
     seconds(20), check_unchanged<signals>},
    {"process.descriptors", "No descriptor is left open.", kModule, false, "", seconds(20),
     check_unchanged<descriptors>},
    {"process.threads", "No thread is left: workers are the host's.", "prx/plugin.h, prx_exec",
     false, "", seconds(20), check_unchanged<threads>},
    {"process.children", "No process is left: a plugin starts none.", kModule, false, "",
     seconds(20), check_unchanged<children>},
    {"process.silent", "Nothing is written to the standard output and error.",
     "prx/plugin.h, prx_log", false, "", seconds(20), check_silent},
};

}  // namespace

std::span<const Rule> process_rules() { return kRules; }

}  // namespace prx::check
