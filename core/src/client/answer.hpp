/// \file answer.hpp
/// Puts a ChatResponse together from the events of one attempt, and says which whole tool calls
/// there are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "prx/chat.hpp"
#include "prx/plugin.h"
#include "prx/sdk/error.hpp"

namespace prx::driver {

/// Choice 0 is what a ChatResponse holds; other choices reach the caller as events only. Loop
/// thread.
class Answer {
 public:
  static constexpr std::size_t kToolCallsMax = 256;

  /// Takes one non-terminal event. Errors: kInternal when the plugin breaks the grammar.
  [[nodiscard]] Result<void> take(const prx_event& event);
  /// The hot path of take(): one piece of text of choice 0.
  void take_text(std::string_view text) { response_.text += text; }

  /// Called once at the end of a good answer: checks that there is a finish reason and that tool
  /// arguments are JSON (a call cut by the length limit is left out). Errors: kInternal,
  /// kBadResponse.
  [[nodiscard]] Result<void> complete();

  [[nodiscard]] ChatResponse& response() { return response_; }
  /// Of every choice, in order of appearance; whole after complete().
  struct Call {
    std::uint32_t choice, index;
    ToolCall call;
  };
  [[nodiscard]] const std::vector<Call>& tool_calls() const { return calls_; }

 private:
  [[nodiscard]] Result<void> take_tool_call(const prx_event& event);
  void take_item(const prx_event& event);
  [[nodiscard]] bool has_finished(std::uint32_t choice) const;

  ChatResponse response_;
  std::vector<Call> calls_;
  std::vector<std::uint32_t> finished_choices_;
};

}  // namespace prx::driver
