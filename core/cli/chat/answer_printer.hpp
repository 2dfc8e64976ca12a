/// \file answer_printer.hpp
/// AnswerPrinter: prints the events of one answer as they come.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string_view>

#include "cli/output.hpp"
#include "prx/chat.hpp"

namespace prx::cli {

struct PrinterOptions {
  bool reasoning = false;  ///< also the model's reasoning, on stderr
  Patience patience;       ///< with both readers
  bool tool_calls = true;  ///< a line on stderr about each; false: somebody else says it
};

/// Text of the first choice goes to stdout, its tool calls (and its reasoning) to stderr; of other
/// choices nothing is shown. One thread, but for note_between().
class AnswerPrinter {
 public:
  explicit AnswerPrinter(const PrinterOptions& options);

  /// False when stdout failed, or the one screen that all of it is on.
  bool take(const StreamEvent& event);
  /// Ends the line. False as take().
  bool finish();
  /// A line on stderr while the answer comes. Where stdout and stderr are both terminals it begins
  /// a line of its own, also in the middle of the answer's. Any thread.
  void note_between(std::string_view text);

  /// As AnswerWriter::error(); where stdout and stderr are both terminals, of the reasoning too.
  [[nodiscard]] int error() const;
  /// From the construction to the first text, reasoning or tool call.
  [[nodiscard]] const std::optional<std::chrono::microseconds>& first_token() const {
    return first_token_;
  }

 private:
  void mark();
  void take_text(std::string_view text);
  void take_reasoning(std::string_view text);
  void end_reasoning();
  void take_tool_call(const StreamEvent& event);
  void put_raw(std::string_view text) const;
  void begin_line();
  [[nodiscard]] std::unique_lock<std::mutex> hold_terminal();

  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  const PrinterOptions options_;
  AnswerWriter answer_;
  AnswerWriter reasoning_;
  const bool dims_;
  const bool one_screen_;  ///< answer and messages are seen together
  std::mutex screen_;      ///< one writer at a time, when `one_screen_`
  bool in_reasoning_ = false;
  std::optional<std::chrono::microseconds> first_token_;
};

}  // namespace prx::cli
