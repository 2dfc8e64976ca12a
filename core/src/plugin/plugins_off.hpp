/// \file plugins_off.hpp
/// The variable that turns plugins off.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

#include "prx/config.hpp"

namespace prx {

/// "PRX_NO_PLUGINS=1 turns plugins off; unset it", or "" where it does not. Whatever it says turns
/// them off, but for "", 0, false, no and off, however they are spelt.
[[nodiscard]] inline std::string why_plugins_are_off(const Environment& environment) {
  constexpr std::array<std::string_view, 5> kOn = {"", "0", "false", "no", "off"};
  constexpr std::size_t kShownMax = 8;  // bytes of a value that is told
  const std::string value = environment ? environment("PRX_NO_PLUGINS").value_or("") : "";
  std::string word = value;
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (std::find(kOn.begin(), kOn.end(), word) != kOn.end()) return {};
  const bool is_plain =
      value.size() <= kShownMax &&
      std::all_of(value.begin(), value.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
  return "PRX_NO_PLUGINS" + (is_plain ? "=" + value : "") + " turns plugins off; unset it";
}

}  // namespace prx
