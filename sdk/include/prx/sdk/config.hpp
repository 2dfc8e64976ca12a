/// \file config.hpp
/// Config: what a plugin's instance is configured with, read with types.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "prx/sdk/json_edit.hpp"

namespace prx::sdk {

/// The instance's table as the host gave it: keys of the note's schema and "base_url". The host has
/// checked it against the schema; a value of another type than asked for counts as absent. Borrowed
/// by the constructor of a provider: keep values, not the Config.
class Config {
 public:
  /// Errors: kInvalidRequest when `json` is no object.
  [[nodiscard]] static Result<Config> parse(std::string_view kind, std::string_view json) {
    PRX_TRY_SET(auto index, json::ObjectIndex::parse(json.empty() ? "{}" : json));
    return Config(kind, std::move(index));
  }

  /// Which of the note's kinds was asked for.
  [[nodiscard]] std::string_view kind() const { return kind_; }
  [[nodiscard]] bool has(std::string_view key) const { return index_.find(key).has_value(); }
  /// The JSON text of a value, or "".
  [[nodiscard]] std::string_view raw(std::string_view key) const {
    return index_.find(key).value_or(std::string_view());
  }

  [[nodiscard]] std::string string(std::string_view key, std::string_view otherwise = {}) const {
    return json::unquoted(raw(key)).value_or(std::string(otherwise));
  }
  [[nodiscard]] std::int64_t integer(std::string_view key, std::int64_t otherwise = 0) const {
    const std::string_view text = raw(key);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? value : otherwise;
  }
  [[nodiscard]] bool boolean(std::string_view key, bool otherwise = false) const {
    const std::string_view text = raw(key);
    return text == "true" ? true : text == "false" ? false : otherwise;
  }
  /// The texts of an array; elements that are no text are left out.
  [[nodiscard]] std::vector<std::string> strings(std::string_view key) const {
    std::vector<std::string> out;
    const std::string_view text = raw(key);
    for (std::size_t at = text.find('"'); at < text.size(); at = text.find('"', at)) {
      const std::size_t end = string_end(text, at);
      if (auto value = json::unquoted(text.substr(at, end - at))) out.push_back(std::move(*value));
      at = end;
    }
    return out;
  }

 private:
  Config(std::string_view kind, json::ObjectIndex index) : kind_(kind), index_(std::move(index)) {}

  /// One past the closing quote of the token that begins at `at`.
  [[nodiscard]] static std::size_t string_end(std::string_view text, std::size_t at) {
    for (++at; at < text.size() && text[at] != '"'; ++at)
      if (text[at] == '\\') ++at;
    return at < text.size() ? at + 1 : text.size();
  }

  std::string_view kind_;
  json::ObjectIndex index_;
};

}  // namespace prx::sdk
