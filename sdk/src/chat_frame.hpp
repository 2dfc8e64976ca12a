/// \file chat_frame.hpp
/// The fast path of the decoder: a frame that differs from the one before in its content string,
/// and in values that nobody reads, needs no JSON pass. Private.
///
/// Exact. Equal bytes leave a parser in the same states; between them the content may differ, and
/// so may strings without escapes and plain integers of members of the frame that the pass ignores
/// ("created", a random "obfuscation"), once two frames have shown that they do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prx::sdk {

class FrameMatcher {
 public:
  static constexpr std::uint32_t kMissesMax = 8;  ///< in a row, after which few frames are learned
  static constexpr std::size_t kVaryingMax = 8;   ///< members whose values differ; others must not

  /// Remembers a frame, well-formed, whose only effect is one text event.
  /// \param begin  offset of the text, behind its opening quote.
  /// \param type   PRX_EV_TEXT or PRX_EV_REASONING.
  void learn(std::string_view frame, std::size_t begin, std::uint32_t type, std::uint32_t choice);
  /// The text, escapes resolved, when `frame` fits; valid until the next call. Else nullopt.
  [[nodiscard]] std::optional<std::string_view> match(std::string_view frame);

  /// The next frame may well be like the one that was learned.
  [[nodiscard]] bool expects_more() const { return !pieces_.empty() && misses_ <= kMissesMax; }

  [[nodiscard]] std::uint32_t type() const { return type_; }
  [[nodiscard]] std::uint32_t choice() const { return choice_; }

 private:
  using Members = std::vector<std::pair<std::string_view, std::string_view>>;
  enum class Gap { kText, kString, kNumber, kEnd };
  /// Bytes of frame_ that must be the same, and what follows them.
  struct Piece {
    std::size_t begin, size;
    Gap gap;
  };
  struct Hole {
    std::size_t begin, end;
    Gap gap;
  };

  [[nodiscard]] bool worth_learning();
  static void read_members(std::string_view frame, Members& members);
  void note_varying(std::string_view frame);
  [[nodiscard]] bool varies(std::string_view key) const;
  [[nodiscard]] std::vector<Hole> holes() const;
  [[nodiscard]] bool resolve_escapes(std::string_view& text, const char*& at, const char* end);

  std::string frame_;
  std::vector<Piece> pieces_;  ///< empty: nothing learned
  std::vector<std::string> varying_;
  std::string text_;
  std::uint32_t type_ = 0, choice_ = 0;
  std::uint32_t misses_ = 0;  // in a row
};

}  // namespace prx::sdk
