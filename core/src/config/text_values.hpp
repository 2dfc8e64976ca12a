/// \file text_values.hpp
/// Values as text: TOML for people, JSON for plugins and requests.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/document.hpp"

namespace prx::config {

/// A string with quotes and escapes, as TOML writes it.
[[nodiscard]] std::string toml_text(std::string_view text);
/// A value on one line; strings at any depth below a name for which is_secret_name holds are
/// masked, all of them when `masked`.
[[nodiscard]] std::string toml_text(const Node& node, bool masked = false);
[[nodiscard]] std::string toml_text(std::span<const std::string> texts);
[[nodiscard]] std::string toml_text(double number);

/// A value that JSON cannot carry.
struct Unrepresentable {
  Place place;
  std::string_view what;  ///< "a date or time", "inf or nan"
};
[[nodiscard]] Result<std::string, Unrepresentable> json_text(const Node& node);

}  // namespace prx::config
