#include "check/descendants.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace prx::check {
namespace {

constexpr int kRoundsMax = 1'000;  ///< of killing what the killed ones left behind

/// The fourth word of /proc/PID/stat; the second one is a name in brackets, of any characters.
pid_t parent_of(const std::filesystem::path& folder) {
  std::ifstream in(folder / "stat");
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const std::size_t name_end = text.rfind(')');
  pid_t parent = -1;
  if (name_end == text.npos || text.size() < name_end + 5) return parent;
  std::from_chars(text.data() + name_end + 4, text.data() + text.size(), parent);
  return parent;
}

/// As the kernel lists them for each thread, in any order; nullopt: this one does not.
std::optional<std::vector<pid_t>> listed_children_of(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code error;
  const auto threads = "/proc/" + std::to_string(parent) + "/task";
  for (const auto& thread : std::filesystem::directory_iterator(threads, error)) {
    std::ifstream in(thread.path() / "children");
    if (!in) return std::nullopt;
    for (pid_t child = 0; in >> child;) children.push_back(child);
  }
  if (error) return std::nullopt;
  return children;
}

}  // namespace

void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  if (auto listed = listed_children_of(parent)) {
    std::sort(listed->begin(), listed->end());
    return std::move(*listed);
  }
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename().string();
    pid_t pid = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (read.ec == std::errc() && parent_of(entry.path()) == parent) children.push_back(pid);
  }
  std::sort(children.begin(), children.end());
  return children;
}

void end_children(const std::vector<pid_t>& spared) {
  for (int round = 0; round < kRoundsMax; ++round) {
    std::vector<pid_t> others;
    const std::vector<pid_t> all = children_of(::getpid());
    std::set_difference(all.begin(), all.end(), spared.begin(), spared.end(),
                        std::back_inserter(others));
    if (others.empty()) return;
    for (const pid_t child : others) ::kill(child, SIGKILL);
    for (const pid_t child : others)
      while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
      }
  }
}

}  // namespace prx::check
