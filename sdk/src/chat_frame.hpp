/// \file chat_frame.hpp
/// The fast path of the decoder: a frame that differs from the one before in its content string
/// alone needs no JSON pass. Exact: equal bytes before the string and equal bytes behind it leave a
/// parser in the same states, so what was found in the learned frame holds for this one. Private.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace prx::sdk {

class FrameMatcher {
 public:
  /// Remembers a frame whose only effect is one text event.
  /// \param begin  offset of the text, behind its opening quote.
  /// \param type   PRX_EV_TEXT or PRX_EV_REASONING.
  void learn(std::string_view frame, std::size_t begin, std::uint32_t type, std::uint32_t choice);
  /// The text, escapes resolved, when `frame` fits; valid until the next call. Else nullopt.
  [[nodiscard]] std::optional<std::string_view> match(std::string_view frame);

  [[nodiscard]] std::uint32_t type() const { return type_; }
  [[nodiscard]] std::uint32_t choice() const { return choice_; }

 private:
  [[nodiscard]] bool worth_learning();
  [[nodiscard]] std::optional<std::string_view> unescape(std::string_view text);

  std::string prefix_, suffix_;
  std::string text_;
  std::uint32_t type_ = 0, choice_ = 0;
  std::uint32_t misses_ = 0;  // in a row
  bool learned_ = false;
};

}  // namespace prx::sdk
