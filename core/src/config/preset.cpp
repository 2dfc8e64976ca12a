#include "config/preset.hpp"

#include <algorithm>

#include "prx/sdk/chat_completions.hpp"

namespace prx::config {

std::string_view presets_text();  // made of core/data/presets.toml by the build

namespace {

/// Two statuses of different classes agree only on a code that the table of codes knows.
bool is_typed(std::string_view code) {
  return !code.empty() && sdk::classify(401, code) == sdk::classify(429, code);
}

bool fits(const MessagePattern& pattern, const Error& error) {
  return (pattern.status == 0 || pattern.status == error.http_status) &&
         error.message.find(pattern.text) != std::string::npos;
}

}  // namespace

const std::vector<Preset>& presets() {
  static const std::vector<Preset> kPresets = [] {
    auto read = read_presets(presets_text(), "presets.toml");
    return read ? std::move(read).value() : std::vector<Preset>();  // a test reads the file
  }();
  return kPresets;
}

const Preset* find_preset(std::string_view name) {
  const auto& all = presets();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Preset& preset) { return preset.name == name; });
  return found == all.end() ? nullptr : &*found;
}

PluginNote with_preset(PluginNote note, const Preset& preset) {
  note.title = preset.title;
  note.hosts = preset.hosts;
  note.key_env = preset.key_env;
  note.key_url = preset.key_url;
  note.credit_url = preset.credit_url;
  note.base_url_env = preset.base_url_env;
  note.default_model = preset.default_model;
  note.model_prefix = preset.model_prefix;
  return note;
}

void classify_by_words(Error& error, const Preset& preset) {
  if (error.http_status == 0 || is_typed(error.provider_code)) return;
  const auto found =
      std::find_if(preset.messages.begin(), preset.messages.end(),
                   [&](const MessagePattern& pattern) { return fits(pattern, error); });
  if (found != preset.messages.end()) error.error_class = found->error_class;
}

}  // namespace prx::config
