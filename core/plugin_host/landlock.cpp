// The kernel's header may be older than the kernel, so its newer parts are written out here.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "plugin_host/confine.hpp"

namespace prx::plugin_host {
namespace {

constexpr std::uint64_t kExecute = 1, kReadFile = 4, kReadDir = 8;
constexpr std::uint64_t kAllTcp = 3, kAllScopes = 3;
constexpr int kPathBeneath = 1, kVersionQuestion = 1;

struct Ruleset {
  std::uint64_t files, network, scoped;
};

struct PathRule {
  std::uint64_t allowed;
  std::int32_t parent;
} __attribute__((packed));

/// All that a version of Landlock can forbid.
Ruleset everything(long version) {
  constexpr std::array<std::uint64_t, 5> kFileBits = {13, 14, 15, 15, 16};  // by version
  const auto known = static_cast<std::size_t>(version < 5 ? version : 5);
  return {(1ull << kFileBits[known - 1]) - 1, version >= 4 ? kAllTcp : 0,
          version >= 6 ? kAllScopes : 0};
}

std::size_t size_of(long version) { return version >= 6 ? sizeof(Ruleset) : version >= 4 ? 16 : 8; }

void allow(int ruleset, int what, std::uint64_t how) {
  const PathRule rule{how, what};
  ::syscall(SYS_landlock_add_rule, ruleset, kPathBeneath, &rule, 0);
}

void allow_path(int ruleset, const char* path, std::uint64_t how) {
  const int what = ::open(path, O_PATH | O_CLOEXEC);
  if (what < 0) return;
  allow(ruleset, what, how);
  ::close(what);
}

}  // namespace

bool forbid_files(int plugin_file) {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersionQuestion);
  if (version < 1) return false;
  const Ruleset all = everything(version);
  const auto ruleset =
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, size_of(version), 0));
  if (ruleset < 0) return false;
  for (const char* folder : {"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"})
    allow_path(ruleset, folder, kExecute | kReadFile | kReadDir);
  allow_path(ruleset, "/etc/ld.so.cache", kReadFile);
  allow(ruleset, plugin_file, kExecute | kReadFile);
  const bool done = ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  ::close(ruleset);
  return done;
}

}  // namespace prx::plugin_host
