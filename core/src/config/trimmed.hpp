/// \file trimmed.hpp
/// What a person, a key file or a key command gave, without the white space around it.
#pragma once

#include <string>
#include <string_view>

namespace prx::config {

/// Without white space at both ends.
[[nodiscard]] inline std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kSpace) - begin + 1));
}

}  // namespace prx::config
