/// \file visible.hpp
/// Makes text safe for a terminal: what could move the cursor, change colours, retitle the window
/// or reorder the line becomes visible characters. Pure.
#pragma once

#include <string>
#include <string_view>

namespace prx::cli {

/// A filter over text that comes in pieces, cut anywhere.
///
/// Line feed and tab pass; CR LF becomes LF. Other C0 controls and DEL are shown as ^X, C1
/// controls, bidirectional overrides and what shows nothing (zero width, tags, fillers) as
/// <U+XXXX>, bytes that are no UTF-8 as <XX>.
class VisibleText {
 public:
  /// The visible form of the next piece. The end of the piece may be held back until the next one.
  [[nodiscard]] std::string feed(std::string_view piece);
  /// What was held back.
  [[nodiscard]] std::string finish();

 private:
  std::string held_;  ///< a CR, or the beginning of a character: at most 3 bytes
};

/// The same for a message that must stay on one line: line feeds and tabs become spaces. What joins
/// or varies characters, which a text may do, is marked too: nothing hides in an id or an argument.
[[nodiscard]] std::string visible_line(std::string_view text);

}  // namespace prx::cli
