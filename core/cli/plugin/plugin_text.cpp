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
  if (plugin.state == PluginState::kUsable && plugin.isolation == "process") text += ", isolated";
  if (plugin.reason.empty()) return text;
  const std::string path = plugin.path + ": ";  // it stands beside the state
  return text + ": " +
         visible_line(plugin.reason.substr(plugin.reason.starts_with(path) ? path.size() : 0));
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : visible_line(text); }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+=:,@%";
  if (text.find_first_not_of(kPlain) == text.npos && !text.empty()) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace prx::cli
