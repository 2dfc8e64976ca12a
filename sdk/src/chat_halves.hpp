/// \file chat_halves.hpp
/// Escaped surrogates whose other half is not beside them: backends that cut text into tokens send
/// "\ud83d" in one delta and "\ude00" in the next. Private; off the path of ordinary chunks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace prx::sdk {

/// One first half (U+D800 to U+DBFF) that stands alone in a JSON text.
struct Half {
  std::size_t at = 0;  ///< of its backslash
  std::uint16_t code = 0;
};

/// Writes \ufffd over each escaped first half without its second; sizes stay. What stood there, in
/// order. RapidJSON refuses those; second halves alone it takes, and writes them as three bytes
/// that are no UTF-8.
std::vector<Half> repair_first_halves(char* json, std::size_t size);
/// The text of a string token, halves alone replaced; "" when it is none.
[[nodiscard]] std::string text_of_token(std::string_view token);

/// A text of a chunk that ends with a first half; U+FFFD stands there.
struct HalfAtEnd {
  const char* text = nullptr;  ///< where the text begins
  std::uint16_t code = 0;
};

/// Joins the pieces of one text.
class HalfJoiner {
 public:
  [[nodiscard]] bool holds() const { return held_ != 0; }
  /// What can go out now: a half that was held goes before the piece, joined with the second half
  /// that the piece begins with, or as U+FFFD. May be empty.
  /// \param at_end  the half that U+FFFD at the end of `piece` stands for, and that is held now; 0:
  /// none.
  /// \param storage  the result may point into it.
  [[nodiscard]] std::string_view join(std::string_view piece, std::uint16_t at_end,
                                      std::string& storage);

 private:
  std::uint16_t held_ = 0;
};

}  // namespace prx::sdk
