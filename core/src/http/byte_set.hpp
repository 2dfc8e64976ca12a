/// \file byte_set.hpp
/// Sets of bytes for checking texts: a look-up per byte.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace prx::http {

class ByteSet {
 public:
  /// The bytes for which `holds(char)` is true.
  template <class Predicate>
  constexpr explicit ByteSet(Predicate holds) {
    for (std::size_t i = 0; i < has_.size(); ++i) has_[i] = holds(static_cast<char>(i));
  }
  [[nodiscard]] constexpr bool has(char c) const { return has_[static_cast<unsigned char>(c)]; }
  /// True when every byte of the text is in the set; so for "".
  [[nodiscard]] constexpr bool has_all(std::string_view text) const {
    return std::all_of(text.begin(), text.end(), [this](char c) { return has(c); });
  }

 private:
  std::array<bool, 256> has_{};
};

/// What a header's value may hold: no control character but the tab.
inline constexpr ByteSet kHeaderValueBytes{
    [](char c) { return (static_cast<unsigned char>(c) >= ' ' && c != '\x7f') || c == '\t'; }};

}  // namespace prx::http
