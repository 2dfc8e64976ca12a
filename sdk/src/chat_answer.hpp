/// \file chat_answer.hpp
/// What is known of one answer so far: turns chunks into events in the order that the grammar
/// demands. Private.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "chat_chunk.hpp"
#include "chat_emit.hpp"
#include "chat_tools.hpp"

namespace prx::sdk {

/// The provider's usage object; what it did not say stays -1.
[[nodiscard]] prx_usage read_usage(std::string_view json);

/// What a chunk meant beyond its events.
enum class ChunkOutcome {
  kGoOn,
  kErrorObject,  ///< error_json() has it
  kErrorFinish,  ///< finish_reason "error" without an error object
  kTooManyCalls,
  kOddContent,    ///< content without a usable form: odd_part() has it
  kAfterFinish,   ///< something of the answer after the finish reason of its choice
  kNamelessCall,  ///< a choice finished whose tool call has no name
  kUnread,        ///< the end of an answer without content: unread() has what was there instead
};

/// Bytes of the texts that name things, longer ones are cut: the finish reason, id, model,
/// provider.
inline constexpr std::size_t kNameMax = 512;

/// It holds an error object, or a finish reason that is one.
[[nodiscard]] bool reports_failure(const Chunk& chunk);

class Answer {
 public:
  explicit Answer(Emitter& emitter) : emitter_(emitter) {}

  /// Emits what can go out now. FINISH goes out once every choice that began has its reason; USAGE
  /// is held.
  ChunkOutcome apply(const Chunk& chunk, std::string_view frame);
  /// One piece of text or reasoning (type: PRX_EV_*), not empty. False after the choice's finish
  /// reason; then nothing was emitted.
  [[nodiscard]] bool content(std::uint32_t type, std::uint32_t choice, std::string_view text);

  [[nodiscard]] std::string_view error_json() const { return error_json_; }
  [[nodiscard]] std::string_view odd_part() const { return odd_part_; }
  [[nodiscard]] bool all_finished() const;
  /// From the head, for an answer whose body names no id.
  void set_head_id(std::string_view id) { head_id_ = id; }
  /// META's json: what the head said about the account.
  void set_about(std::string json) { about_ = std::move(json); }
  /// Something of the answer was emitted.
  [[nodiscard]] bool any_content() const { return any_content_; }
  /// Finished with nothing in it and no token used.
  [[nodiscard]] bool is_empty() const;

  /// Ended with nothing in it but this member, which nobody here reads; "" otherwise.
  [[nodiscard]] std::string_view unread() const;
  /// There were frames, and none of them had "choices".
  [[nodiscard]] bool is_foreign() const { return saw_foreign_ && !saw_choices_; }

  /// The first choice that began and has no finish reason; call when not all_finished().
  [[nodiscard]] std::uint32_t unfinished_choice() const;

  /// What was held for the end: USAGE when no finish reason let it go, and frames that waited for
  /// META.
  void flush_end();
  /// No META can come any more, and no half of a character waits: a frame like the one before has
  /// the same effect.
  [[nodiscard]] bool settled() const { return (meta_done_ || emitter_.any()) && !holds_half_; }

 private:
  void flush_usage();
  struct Choice {
    std::uint32_t index = 0;
    bool finished = false;  ///< nothing of this choice may come after it
    bool finish_sent = false;
    bool spoke = false;  ///< in deltas: a "message" only repeats it
    std::uint32_t finish = PRX_FINISH_OTHER;
    std::string reason;
    HalfJoiner text, reasoning;
    ToolCallTracker tools;
  };

  Choice& choice(std::uint32_t index) {
    if (!choices_.empty() && choices_.front().index == index) return choices_.front();
    return other_choice(index);
  }
  Choice& other_choice(std::uint32_t index);
  void meta(const Chunk& chunk);
  void raw_frame(std::string_view frame);
  void flush_early_raw() {
    if (!early_raw_.empty()) emit_early_raw();
  }
  void emit_early_raw();
  ChunkOutcome apply_choice(const Chunk& chunk, const ChunkChoice& delta);
  void note_unread(const ChunkChoice& delta);
  bool say_words(const Chunk& chunk, const ChunkChoice& delta, Choice& at);
  void emit_text(std::uint32_t type, std::uint32_t choice, std::string_view text);
  void say(std::uint32_t type, Choice& at, const Chunk& chunk, std::string_view piece);
  bool any_half();
  void flush_halves(Choice& ending);
  bool parts(std::uint32_t choice, std::string_view array);
  bool part(std::uint32_t choice, std::string_view json);
  void items(const ChunkChoice& delta);
  bool tool_calls(const Chunk& chunk, const ChunkChoice& delta, ToolCallTracker& tools);
  void tool_call(ToolCall& call, const ToolPiece& piece);
  void announce(ToolCall& call, const ToolPiece& of);
  void tell_members(ToolCall& call, const ToolPiece& of);
  bool flush_nameless_calls();
  bool flush_finish_reasons();
  static void finish_reason(const ChunkChoice& delta, Choice& ending);

  Emitter& emitter_;
  std::vector<Choice> choices_;
  std::vector<std::string> early_raw_;
  std::string usage_json_, error_json_, odd_part_, head_id_, about_, joined_, unread_;
  prx_usage usage_{};
  std::uint64_t frame_number_ = 0;
  bool meta_done_ = false;
  bool has_usage_ = false, usage_is_new_ = false;  ///< new: not told yet
  bool any_content_ = false;
  bool saw_choices_ = false, saw_foreign_ = false;
  bool holds_half_ = false;  ///< a joiner of a choice may hold one
};

}  // namespace prx::sdk
