/// \file one_line.hpp
/// Words of others on their way into a message, which has to be one line of UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <prx/sdk/json_edit.hpp>

namespace anthropic {

/// One line of at most `max` bytes: blanks and control characters become one blank, and what is no
/// UTF-8 has '?' in place of each byte beyond ASCII. A text that was cut ends in "...".
[[nodiscard]] inline std::string one_line(std::string_view words, std::size_t max) {
  const bool is_text = prx::json::is_utf8(words);
  std::string line;
  for (const char c : words) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_blank = byte <= 0x20 || byte == 0x7f;
    if (is_blank && (line.empty() || line.back() == ' ')) continue;
    line += is_blank ? ' ' : byte >= 0x80 && !is_text ? '?' : c;
  }
  while (line.ends_with(' ')) line.pop_back();
  if (line.size() <= max) return line;
  std::size_t end = max - 3;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
  return line.substr(0, end) + "...";
}

/// A name or a value of a request or a configuration, in a message.
[[nodiscard]] inline std::string shown(std::string_view value) { return one_line(value, 80); }

}  // namespace anthropic
