/// \file isolation_rig.hpp
/// A rig whose client has the hostile plugin in a process of its own.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <fstream>

#include "e2e/rig.hpp"

namespace prx::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;  // memory has no limit then, and is kept after use
#else
inline constexpr bool kSanitized = false;
#endif

/// Children of this process, by /proc.
inline std::vector<pid_t> children() {
  std::vector<pid_t> out;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream list(thread.path() / "children");
    for (pid_t pid = 0; list >> pid;) out.push_back(pid);
  }
  return out;
}

class Isolation : public ::testing::Test {
 protected:
  /// The hostile plugin, first in a chain before OpenRouter.
  void use_hostile(const std::string& at_load = "none", const std::string& limits = {}) {
    rig.environment["PRX_PLUGIN_PATH"] =
        PRX_HOSTILE_PLUGINS "/" + at_load + ":" + PRX_BINARY_DIR "/lib/prx/plugins";
    rig.toml += "[plugins]\nisolation_host = \"" + program +
                "\"\n[plugins.hostile]\nisolation = \"process\"\n" + limits;
  }
  void chain() {
    rig.toml += R"(
[default]
chain = "safe"
[reliability]
retries = 0
hedge_after = "off"
[[chains.safe.targets]]
provider = "hostile"
[[chains.safe.targets]]
provider = "openrouter"
)";
  }
  /// Alone, so that its errors are seen.
  void alone() { rig.toml += "[default]\nprovider = \"hostile\"\n[reliability]\nretries = 0\n"; }

  Rig rig;
  std::string program = PRX_BINARY_DIR "/lib/prx/prx-plugin-host";  ///< set before use_hostile()
};

}  // namespace prx::test
