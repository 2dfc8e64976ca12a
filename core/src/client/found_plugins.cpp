#include "client/found_plugins.hpp"

#include <filesystem>

namespace prx::driver {

FoundPlugins found_plugins(const std::vector<Candidate>& candidates) {
  FoundPlugins found;
  for (const auto& candidate : candidates) {
    const PluginInfo& info = candidate.info;
    if (info.state == PluginState::kUsable) found.notes.push_back(candidate.note);
    if (info.state != PluginState::kRejected) continue;
    found.rejected.push_back(info.id);
    found.rejected.insert(found.rejected.end(), info.kinds.begin(), info.kinds.end());
    // A file that could not be read tells nothing but its name.
    if (info.id.empty()) found.rejected.push_back(std::filesystem::path(info.path).stem().string());
  }
  return found;
}

}  // namespace prx::driver
