/// \file splice.hpp
/// Joins a second answer to a first one that broke: compares what it says with what the caller was
/// given, byte by byte, and passes on what is new. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prx::reliability {

/// What a caller was given so far, of choice 0.
struct Delivered {
  struct ToolCall {
    std::uint32_t index = 0;
    std::string id;  ///< as the caller knows it
    std::string name;
    std::string arguments;  ///< as far as they came
  };
  std::string text;
  std::vector<ToolCall> tool_calls;  ///< deltas that were delivered; in order of appearance
  [[nodiscard]] bool empty() const { return text.empty() && tool_calls.empty(); }
};

/// One attempt to splice. Told every piece of the new answer in order.
class Splice {
 public:
  /// `delivered` is borrowed for this object's life and does not change meanwhile.
  explicit Splice(const Delivered& delivered) : delivered_(delivered) {}

  enum class Fate {
    kBehind,   ///< agrees so far; nothing is new
    kNew,      ///< agrees; `fresh` is what the caller has not seen
    kDiffers,  ///< contradicts what the caller has read: of no use
  };
  struct Step {
    Fate fate = Fate::kBehind;
    std::string_view fresh;  ///< the end of the piece; points into it
  };
  [[nodiscard]] Step text(std::string_view piece);
  /// A piece of a tool call; `name` on its first.
  [[nodiscard]] Step tool_call(std::uint32_t index, std::string_view name, std::string_view piece);
  /// The id that the caller knows for a call of the new answer: that of the first answer, else
  /// `id`.
  [[nodiscard]] std::string_view known_id(std::uint32_t index, std::string_view id) const;

  /// The index that the caller knows for a call of the new answer; that of the new one if it is
  /// new.
  [[nodiscard]] std::uint32_t known_index(std::uint32_t index) const;

  /// All that was delivered has been said again.
  [[nodiscard]] bool caught_up() const;

 private:
  struct Match {
    std::uint32_t index = 0;  ///< of the new answer
    std::size_t call = 0;     ///< of delivered_.tool_calls
    std::size_t size = 0;     ///< bytes of arguments that agree
  };
  const Delivered& delivered_;
  std::size_t text_size_ = 0;  ///< bytes of text that agree
  std::vector<Match> matches_;
};

}  // namespace prx::reliability
