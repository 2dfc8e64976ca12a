/// \file answer.hpp
/// Puts a ChatResponse together from the events of one attempt, and says which whole tool calls
/// there are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/message_json.hpp"
#include "prx/chat.hpp"
#include "prx/plugin.h"
#include "prx/sdk/error.hpp"

namespace prx::driver {

/// Of a PRX_FINISH_*; one that is not known is kOther.
[[nodiscard]] FinishReason finish_of(std::uint32_t finish);

/// Which arguments a whole tool call may have.
enum class ToolArguments { kJson, kAny };

/// Choice 0 is what a ChatResponse holds; other choices reach the caller as events only. Loop
/// thread.
class Answer {
 public:
  static constexpr std::size_t kToolCallsMax = 256;
  /// Of one call, beside its id, name and arguments: so many members, of so many bytes in all.
  static constexpr std::size_t kCallMembersMax = 64;
  static constexpr std::size_t kCallMembersSizeMax = 1u << 20;
  static constexpr std::size_t kChoicesMax = 128;

  /// Before the first event: the answer is no chat, but one item.
  void expect_item() { is_item_ = true; }
  /// Takes one non-terminal event. Errors: kInternal when the plugin breaks the grammar.
  [[nodiscard]] Result<void> take(const prx_event& event);
  /// The hot path of take(): one piece of text of choice 0.
  void take_text(std::string_view text) { response_.text += text; }

  /// Called once at the end of a good answer: checks that there is a finish reason, that something
  /// was said or a token used, and that tool calls are whole: a name, and arguments as asked for.
  /// A call that the length limit or a content filter cut is left out, and counted for choice 0.
  /// Errors: kInternal, kBadResponse.
  [[nodiscard]] Result<void> complete(ToolArguments arguments = ToolArguments::kJson);

  /// The same of an answer that is no chat: that there is one item, which is the answer; id, model
  /// and usage are read from it. Errors: kInternal.
  [[nodiscard]] Result<void> complete_item();

  /// After complete(), when the request asked for JSON: that the text is one JSON value. A refusal
  /// and an answer of tool calls alone need none. Errors: kBadResponse; of one that the length
  /// limit cut it says not to try again, since it would be cut again.
  [[nodiscard]] Result<void> check_json() const;

  [[nodiscard]] ChatResponse& response() { return response_; }
  /// Of every choice, in order of appearance; whole after complete().
  struct Call {
    std::uint32_t choice, index;
    ToolCall call;
    std::vector<CallMember> members{};
  };
  [[nodiscard]] const std::vector<Call>& tool_calls() const { return calls_; }
  /// Every choice that began has its finish reason, and one did.
  [[nodiscard]] bool all_finished() const;
  /// The caller knows a call of choice 0 by another id: that of an answer that broke.
  void rename_tool_call(std::uint32_t index, std::string_view id);

 private:
  [[nodiscard]] Result<void> take_tool_call(const prx_event& event);
  [[nodiscard]] static Result<void> take_members(Call& call, std::string_view json);
  void take_item(const prx_event& event);
  void take_whole(std::string_view json);
  [[nodiscard]] bool has_finished(std::uint32_t choice) const;
  [[nodiscard]] bool note_begun(std::uint32_t choice);
  [[nodiscard]] bool is_empty() const;
  /// The provider stopped the choice before the model was through.
  [[nodiscard]] bool was_cut(std::uint32_t choice) const;

  struct Finish {
    std::uint32_t choice, reason;  ///< PRX_FINISH_*
  };
  std::vector<Finish> finished_choices_;
  ChatResponse response_;
  std::vector<Call> calls_;
  bool first_began_ = false;                  ///< the choice 0
  std::vector<std::uint32_t> begun_choices_;  ///< but for 0, which the hot path adds text to
  bool is_item_ = false;
  std::size_t items_ = 0;        ///< of an answer that is one
  bool said_something_ = false;  ///< but for text of choice 0, which the hot path adds
};

}  // namespace prx::driver
