#include "config/mask.hpp"

#include <algorithm>
#include <array>

namespace prx::config {
namespace {

constexpr std::size_t kShownMax = 64;
constexpr std::size_t kTailMin = 16;   // shorter keys show nothing
constexpr std::size_t kHiddenMin = 4;  // shorter keys are part of ordinary words

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

void hide(std::string& text, std::string_view key) {
  for (auto found = text.find(key); found != std::string::npos; found = text.find(key, found))
    text.replace(found, key.size(), kMask);
}

}  // namespace

std::string masked_key(std::string_view key) {
  if (key.size() < kTailMin) return std::string(kMask);
  return "..." + std::string(key.substr(key.size() - 4));
}

bool is_secret_name(std::string_view name) {
  constexpr std::array<std::string_view, 7> kParts = {
      "authorization", "cookie", "key", "token", "secret", "passw", "credential"};
  const auto text = lower(name);
  return std::any_of(kParts.begin(), kParts.end(),
                     [&](std::string_view part) { return text.find(part) != std::string::npos; });
}

std::string shown(std::string_view text) {
  const bool key_like = text.size() >= kTailMin && text.substr(0, 3) == "sk-";
  if (key_like) return "'" + std::string(kMask) + "'";
  std::string result = "'";
  for (const char c : text.substr(0, kShownMax)) result += c >= ' ' && c != '\x7f' ? c : ' ';
  return result + (text.size() > kShownMax ? "...'" : "'");
}

void hide_keys(Config& config) {
  for (const auto& provider : config.providers) {
    for (const auto& key : provider.keys) {
      if (key.secret.reveal().size() < kHiddenMin) continue;
      for (auto& setting : config.settings) hide(setting.value, key.secret.reveal());
      for (auto& warning : config.warnings) hide(warning, key.secret.reveal());
    }
  }
}

}  // namespace prx::config
