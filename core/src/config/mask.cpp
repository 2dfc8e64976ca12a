#include "config/mask.hpp"

#include <algorithm>
#include <array>

namespace prx::config {
namespace {

constexpr std::size_t kShownMax = 64;
constexpr std::size_t kTailMin = 16;   // shorter keys show nothing
constexpr std::size_t kHiddenMin = 4;  // shorter keys are part of ordinary words
constexpr std::size_t kWordMin = 16;   // shorter words are no keys, however they begin
constexpr std::size_t kKeyMin = 32;    // of a key that begins like anything
constexpr std::ptrdiff_t kRunMin = 20, kDigitsMin = 4;  // letters and digits in a row in such a key
constexpr std::array<std::string_view, 8> kKeyBeginnings = {"sk-",  "sk_", "pk-",  "gsk_",
                                                            "xai-", "hf_", "AIza", "eyJ"};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

void hide(std::string& text, std::string_view key) {
  for (auto found = text.find(key); found != std::string::npos;
       found = text.find(key, found + kMask.size()))
    text.replace(found, key.size(), kMask);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_word(char c) { return is_alphanumeric(c) || c == '-' || c == '_'; }

bool begins_as_key(std::string_view word) {
  return word.size() >= kWordMin &&
         std::any_of(kKeyBeginnings.begin(), kKeyBeginnings.end(),
                     [&](std::string_view beginning) { return word.starts_with(beginning); });
}

bool has_random_run(std::string_view text) {
  for (auto begin = text.begin(); begin != text.end();) {
    const auto end = std::find_if_not(begin, text.end(), is_alphanumeric);
    if (end - begin >= kRunMin && std::count_if(begin, end, is_digit) >= kDigitsMin) return true;
    begin = std::find_if(end, text.end(), is_alphanumeric);
  }
  return false;
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
  if (text.starts_with("max_tokens")) return false;  // a limit of tokens is no token
  return std::any_of(kParts.begin(), kParts.end(),
                     [&](std::string_view part) { return text.find(part) != std::string::npos; });
}

bool looks_like_key(std::string_view text) {
  if (text.find('/') != std::string_view::npos) return false;
  if (without_keys(std::string(text)) != text) return true;
  const bool plain = std::all_of(text.begin(), text.end(),
                                 [](char c) { return is_word(c) || c == '+' || c == '='; });
  return plain && text.size() >= kKeyMin && has_random_run(text);
}

std::string without_keys(std::string text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto word = std::string_view(text).substr(at);
    const auto size = static_cast<std::size_t>(std::find_if_not(word.begin(), word.end(), is_word) -
                                               word.begin());
    const bool key = begins_as_key(word.substr(0, size));
    if (key) text.replace(at, size, kMask);
    at += (key ? kMask.size() : size) + 1;
  }
  return text;
}

std::string shown(std::string_view text) {
  if (looks_like_key(text)) return "'" + std::string(kMask) + "'";
  std::string result;
  for (const char c : text.substr(0, kShownMax)) result += c >= ' ' && c != '\x7f' ? c : ' ';
  return "'" + without_keys(std::move(result)) + (text.size() > kShownMax ? "...'" : "'");
}

void hide_keys(Config& config) {
  const auto everywhere = [&](const auto& change) {
    for (auto& setting : config.settings) {
      change(setting.path);
      change(setting.value);
    }
    for (auto& warning : config.warnings) change(warning);
    for (auto& provider : config.providers) {
      change(provider.key_missing);
      change(provider.problem);
    }
  };
  for (const auto& provider : config.providers)
    for (const auto& key : provider.keys)
      if (key.secret.reveal().size() >= kHiddenMin)
        everywhere([&](std::string& text) { hide(text, key.secret.reveal()); });
  everywhere([](std::string& text) { text = without_keys(std::move(text)); });
}

}  // namespace prx::config
