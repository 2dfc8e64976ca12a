// What the file asks of other libraries.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "check/rules/file_rules.hpp"

namespace prx::check {
namespace {

#if defined(__x86_64__)
constexpr std::string_view kLinker = "ld-linux-x86-64.so.2";
#else
constexpr std::string_view kLinker = "ld-linux-aarch64.so.1";
#endif
constexpr std::array<std::string_view, 5> kUsualLibraries{
    "libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", kLinker};

/// Functions that a plugin does without, and what it has instead.
struct Refused {
  std::string_view instead;
  std::span<const std::string_view> names;
};

constexpr std::string_view kThreads[] = {
    "pthread_create", "thrd_create", "clone",
    "_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE"};
constexpr std::string_view kSockets[] = {
    "socket",        "socketpair",      "connect",     "bind",
    "listen",        "accept",          "accept4",     "getaddrinfo",
    "gethostbyname", "gethostbyname_r", "getnameinfo", "res_query"};
constexpr std::string_view kProcesses[] = {
    "fork",   "vfork",  "_Fork",   "execl",   "execlp",      "execle",       "execv",
    "execve", "execvp", "execvpe", "fexecve", "posix_spawn", "posix_spawnp", "system",
    "popen",  "wait",   "waitpid", "ptrace",  "syscall"};
constexpr std::string_view kLibraries[] = {"dlopen", "dlmopen"};
constexpr std::string_view kSignals[] = {
    "signal", "sigaction",   "sigprocmask", "pthread_sigmask", "bsd_signal", "__sysv_signal",
    "sigset", "sigaltstack", "kill",        "raise",           "killpg",     "tgkill",
    "alarm",  "setitimer",   "timer_create"};
constexpr std::string_view kEnds[] = {"exit",       "_exit",        "_Exit",
                                      "quick_exit", "pthread_exit", "thrd_exit"};
constexpr std::string_view kState[] = {
    "setenv",      "putenv",  "unsetenv",  "clearenv",    "setlocale", "_ZNSt6locale6globalERKS_",
    "chdir",       "fchdir",  "chroot",    "umask",       "prctl",     "setrlimit",
    "setrlimit64", "prlimit", "prlimit64", "setpriority", "nice",      "tzset",
    "setuid",      "setgid",  "seteuid",   "setegid",     "setresuid", "setresgid",
    "setsid",      "setpgid", "mlockall",  "mallopt"};

constexpr std::array<Refused, 7> kRefused{{
    {"work for a thread goes to prx_exec::spawn", kThreads},
    {"requests go through prx_http::send", kSockets},
    {"a plugin starts no process", kProcesses},
    {"what it needs is linked", kLibraries},
    {"signals are the host's", kSignals},
    {"the process is not the plugin's to end; an operation ends with an error", kEnds},
    {"the state of the process is the host's", kState},
}};

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// "2.38" as numbers; empty when it is no such version.
std::vector<unsigned> numbers_of(std::string_view version) {
  std::vector<unsigned> numbers;
  while (true) {
    unsigned number = 0;
    const char* const end = version.data() + version.size();
    const auto read = std::from_chars(version.data(), end, number);
    if (read.ec != std::errc()) return {};
    numbers.push_back(number);
    if (read.ptr == end) return numbers;
    if (*read.ptr != '.') return {};
    version.remove_prefix(static_cast<std::size_t>(read.ptr - version.data()) + 1);
  }
}

/// The imports of a version that stands for one function at least.
std::string example_of(const ElfFile& elf, const std::string& version) {
  for (const ElfImport& import : elf.imports)
    if (import.version == version) return " (" + import.name + ")";
  return {};
}

/// The versions that stand for a feature of the loader, and not for functions of a release.
constexpr std::pair<std::string_view, std::string_view> kFeatures[] = {
    {"GLIBC_ABI_DT_RELR", "2.36"}};  // https://sourceware.org/glibc/wiki/Release/2.36

/// The release that a version is of, as numbers; empty when it is of none.
std::vector<unsigned> release_of(std::string_view version, std::string_view prefix) {
  for (const auto& [name, release] : kFeatures)
    if (version == name) return numbers_of(release);
  return numbers_of(version.substr(prefix.size()));
}

struct Floor {
  std::string_view prefix;  ///< "GLIBC_"
  const std::string& newest;
  std::string_view quirk;
};

void check_floor(const Subject& subject, Trial& trial, const Floor& floor) {
  const auto elf = elf_of(subject, trial);
  if (!elf) return;
  bool any = false;
  for (const ElfVersion& version : elf->versions) {
    if (!version.name.starts_with(floor.prefix)) continue;
    any = true;
    const auto numbers = release_of(version.name, floor.prefix);
    const std::string remedy =
        numbers.empty()
            ? "which is of no release, and may be gone in the next: do without it"
            : "build it on an older system, or declare [quirks] " + std::string(floor.quirk);
    trial.at(version.library);
    (void)trial.expect(
        !numbers.empty() && numbers <= numbers_of(floor.newest),
        "no version later than " + std::string(floor.prefix) + floor.newest,
        "it asks for " + version.name + example_of(*elf, version.name) + "; " + remedy);
  }
  if (!any)
    trial.not_applicable("it asks for no version of " + std::string(floor.prefix) + " symbols");
}

}  // namespace

void check_needed(const Subject& subject, Trial& trial) {
  const auto elf = elf_of(subject, trial);
  if (!elf) return;
  std::vector<std::string> others;
  for (const std::string& library : elf->needed)
    if (std::find(kUsualLibraries.begin(), kUsualLibraries.end(), library) ==
            kUsualLibraries.end() &&
        !has(subject.quirks.needed, library))
      others.push_back(library);
  (void)trial.expect(
      others.empty(), "libc, libm, libstdc++ and libgcc_s alone",
      "it also needs " + some_of(others) + "; link them statically, or declare [quirks] needed");
}

/// All usual libraries have versions, so an import without one is nobody's, or of a library that a
/// quirk declares.
void check_provided(const Subject& subject, Trial& trial) {
  const auto elf = elf_of(subject, trial);
  if (!elf) return;
  std::vector<std::string> missing;
  for (const ElfImport& import : elf->imports) {
    const bool is_asked_of_one =
        import.version.empty() ? !subject.quirks.needed.empty() : has(elf->needed, import.library);
    if (!import.is_weak && !is_asked_of_one) missing.push_back(import.name);
  }
  (void)trial.expect(missing.empty(), "each import has a library that provides it",
                     "nothing provides " + some_of(missing) + "; link with --no-undefined");
}

void check_imports(const Subject& subject, Trial& trial) {
  const auto elf = elf_of(subject, trial);
  if (!elf) return;
  for (const Refused& group : kRefused) {
    std::vector<std::string> found;
    for (const ElfImport& import : elf->imports)
      if (std::find(group.names.begin(), group.names.end(), import.name) != group.names.end() &&
          !has(subject.quirks.imports, import.name))
        found.push_back(import.name);
    (void)trial.expect(found.empty(), group.instead,
                       "it imports " + some_of(found) + "; or declare [quirks] imports");
  }
}

void check_glibc(const Subject& subject, Trial& trial) {
  check_floor(subject, trial, {"GLIBC_", subject.quirks.glibc_max, "glibc_max"});
}

void check_glibcxx(const Subject& subject, Trial& trial) {
  check_floor(subject, trial, {"GLIBCXX_", subject.quirks.glibcxx_max, "glibcxx_max"});
}

}  // namespace prx::check
