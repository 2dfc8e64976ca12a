#include "cli/plugin/plugin_text.hpp"

#include "cli/output.hpp"

namespace prx::cli {

std::string_view state_name(PluginState state) {
  switch (state) {
    case PluginState::kUsable:
      return "usable";
    case PluginState::kShadowed:
      return "shadowed";
    case PluginState::kRejected:
      return "rejected";
  }
  return "rejected";
}

std::string state_text(const PluginInfo& plugin) {
  std::string text(state_name(plugin.state));
  if (!plugin.reason.empty()) text += ": " + visible_line(plugin.reason);
  return text;
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : visible_line(text); }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

}  // namespace prx::cli
