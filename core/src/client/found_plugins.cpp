#include "client/found_plugins.hpp"

#include <algorithm>
#include <filesystem>

#include "config/resolve.hpp"
#include "isolation/child.hpp"

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

bool may_be_plugin(const PluginInfo& rejected, std::string_view name) {
  const std::filesystem::path path(rejected.path);
  if (rejected.id.empty()) return path.extension() != ".so" || path.stem() == name;
  return rejected.id == name ||
         std::find(rejected.kinds.begin(), rejected.kinds.end(), name) != rejected.kinds.end();
}

void add_rejections(Config& config, const std::vector<Candidate>& candidates) {
  for (auto& provider : config.providers) {
    if (provider.problem.empty() || !provider.plugin_id.empty()) continue;
    std::string reasons;
    for (const auto& candidate : candidates)
      if (candidate.info.state == PluginState::kRejected &&
          may_be_plugin(candidate.info, provider.plugin))
        reasons += (reasons.empty() ? "" : "; ") + candidate.info.reason;
    if (reasons.empty()) continue;
    const std::string before = provider.problem;
    const bool is_reason = before.ends_with(kCannotBeUsed);
    std::string after = before;
    if (is_reason) after.resize(after.size() - kCannotBeUsed.size());
    after += (is_reason ? " cannot be used: " : "; ") + reasons;
    for (auto& warning : config.warnings)
      if (warning.ends_with(before))
        warning.replace(warning.size() - before.size(), before.size(), after);
    if (is_reason) provider.problem = after;
  }
}

Result<OpenedPlugin> open_as_configured(const PluginsConfig& config, const Candidate& candidate) {
  PRX_TRY_SET(OpenedPlugin opened, open_plugin(candidate));
  if (config.isolation_of(candidate.note.id).isolation == Isolation::kNone) return opened;
  if (opened.note.signs)
    return fail(
        ErrorClass::kUnsupported,
        opened.path.string() +
            ": it signs its requests with the key, which an isolated plugin is never given; "
            "if you trust it, set [plugins." +
            opened.note.id + "] isolation = \"none\"");
  PRX_TRY(isolation::find_program(config.host));
  return opened;
}

void reject_what_will_not_load(const PluginsConfig& config, std::vector<Candidate>& candidates) {
  for (Candidate& candidate : candidates) {
    if (candidate.info.state != PluginState::kUsable) continue;
    const auto opened = open_as_configured(config, candidate);
    if (opened) continue;
    candidate.info.state = PluginState::kRejected;
    candidate.fault = Fault::kOther;
    candidate.info.reason = opened.error().message;
  }
}

}  // namespace prx::driver
