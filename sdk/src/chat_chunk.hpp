/// \file chat_chunk.hpp
/// One frame of the dialect as a flat value: what one SAX pass found. Private.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat_halves.hpp"
#include "rapid.hpp"

namespace prx::sdk {

/// Members that go on as their exact source text.
enum class RawMember {
  kReasoningDetails,
  kAnnotations,
  kImages,
  kAudio,
  kRefusal,
  kLogprobs,
  kContent,
  kError
};
inline constexpr std::size_t kRawMembers = 8;

struct ChunkToolCall {
  std::string_view id, name, arguments;
  std::optional<std::int64_t> index;
  /// Members that the dialect does not read: for each an object of the call's own shape with that
  /// one as it stands in the frame, and a NUL; mostly ""
  std::string members{};
};

/// Views point into the parser's scratch, raw ones into the frame.
struct ChunkChoice {
  std::uint32_t index = 0;
  std::string_view content, reasoning, finish_reason, native_finish_reason;
  std::array<std::string_view, kRawMembers> raw;  ///< "" when absent or null
  /// The name of a member with text that the dialect does not read, or "".
  std::string_view unread;
  std::size_t tools_begin = 0, tools_end = 0;  ///< in Chunk::tool_calls
  bool whole_message = false;                  ///< "message", not "delta"
  bool has_raw = false;

  [[nodiscard]] std::string_view raw_of(RawMember member) const {
    return raw[static_cast<std::size_t>(member)];
  }
  /// "message" is there, or what a delta says in its place.
  [[nodiscard]] bool has_message() const {
    return whole_message || has_raw || !content.empty() || !reasoning.empty() ||
           tools_begin != tools_end;
  }
};

struct Chunk {
  std::string_view id, model, provider;
  std::string_view usage, error, debug;  ///< raw; "" when absent or null
  bool has_choices = false;              ///< the member is there, empty or not
  std::vector<ChunkChoice> choices;
  std::vector<ChunkToolCall> tool_calls;
  std::size_t tool_members = 0;  ///< theirs in all
  /// The first member that has a value of a kind which the dialect does not know there, or "".
  std::string_view odd_member;
  std::string_view odd_value;  ///< raw; "" when an element of that array is not an object
  /// Of contents, reasonings and arguments that a backend cut between two surrogates; mostly none.
  std::vector<HalfAtEnd> halves;

  void clear();
  /// That of `text` as it stands in this chunk, or 0.
  [[nodiscard]] std::uint16_t half_at_end(std::string_view text) const;
};

/// What an absent member says: a raw value that is empty, whatever kind it is of.
[[nodiscard]] inline bool says_nothing(std::string_view json) {
  return json.size() <= 2 ? json.empty() || json == "\"\"" || json == "[]" || json == "{}"
                          : json == "false" || json == "null";
}

/// Why a frame could not be read.
enum class ChunkFault { kNone, kMalformed, kNotAnObject, kTooDeep, kTooMany };

/// Reads frames; owns the buffers that the views of a Chunk point into, valid until the next
/// parse().
class ChunkParser {
 public:
  static constexpr std::size_t kChoicesMax = 128;      ///< of one frame
  static constexpr std::size_t kToolCallsMax = 1024;   ///< of one frame
  static constexpr std::size_t kToolMembersMax = 256;  ///< of one frame

  /// `frame` is not changed and must outlive the chunk's use.
  [[nodiscard]] ChunkFault parse(std::string_view frame, Chunk& chunk);

  /// Where in the last frame a non-raw view of its chunk begins.
  [[nodiscard]] std::size_t offset_of(std::string_view view) const {
    return static_cast<std::size_t>(view.data() - scratch_.begin());
  }

 private:
  ChunkFault pass(std::string_view frame, char* copy, Chunk& chunk, bool& repairable);
  void note_halves(std::string_view frame, std::span<const Half> halves, Chunk& chunk) const;

  Scratch scratch_;
  rapid::GenericReader<rapid::UTF8<>, rapid::UTF8<>, rapid::CrtAllocator> reader_;
};

}  // namespace prx::sdk
