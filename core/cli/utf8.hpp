/// \file utf8.hpp
/// One step through UTF-8 text that may be broken or cut. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace prx::cli {

struct Utf8Step {
  enum class Kind { kCharacter, kInvalid, kCut };
  Kind kind = Kind::kInvalid;
  std::size_t size = 1;  ///< bytes of the character; 1 for kInvalid; what is there for kCut
  char32_t code = 0;     ///< of a kCharacter
};

/// The step at the beginning of `text`, which is not empty. kCut: the text ends inside what may yet
/// become a character. Overlong forms, surrogates and values above U+10FFFF are kInvalid. \see
/// https://www.unicode.org/versions/Unicode15.0.0/ch03.pdf table 3-7
[[nodiscard]] Utf8Step next_utf8(std::string_view text);

}  // namespace prx::cli
