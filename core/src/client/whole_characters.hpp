/// \file whole_characters.hpp
/// UTF-8 text that is cut, without a part of a character at its end. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace prx {

/// The beginning of `text`, at most so many bytes and no part of a character.
[[nodiscard]] inline std::string_view whole_characters(std::string_view text,
                                                       std::size_t size_max) {
  if (text.size() <= size_max) return text;
  while (size_max > 0 && (static_cast<unsigned char>(text[size_max]) & 0xc0) == 0x80) --size_max;
  return text.substr(0, size_max);
}

}  // namespace prx
