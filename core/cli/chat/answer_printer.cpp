#include "cli/chat/answer_printer.hpp"

#include <unistd.h>

#include <string>

namespace prx::cli {

AnswerPrinter::AnswerPrinter(const PrinterOptions& options)
    : options_(options),
      answer_(STDOUT_FILENO, is_terminal(STDOUT_FILENO), options.patience),
      reasoning_(STDERR_FILENO, true, options.patience),
      dims_(is_colorful(STDERR_FILENO)),
      one_screen_(is_terminal(STDERR_FILENO) && is_terminal(STDOUT_FILENO)) {}

bool AnswerPrinter::take(const StreamEvent& event) {
  if (event.choice != 0) return true;
  const auto held = hold_terminal();
  switch (event.type) {
    case StreamEvent::Type::kText:
      take_text(event.text);
      break;
    case StreamEvent::Type::kReasoning:
      take_reasoning(event.text);
      break;
    case StreamEvent::Type::kToolCall:
      take_tool_call(event);
      break;
    case StreamEvent::Type::kRestart:
      end_reasoning();
      break;
    default:
      break;
  }
  return error() == 0;
}

int AnswerPrinter::error() const {
  return answer_.error() == 0 && one_screen_ ? reasoning_.error() : answer_.error();
}

bool AnswerPrinter::finish() {
  const auto held = hold_terminal();
  end_reasoning();
  static_cast<void>(answer_.finish());
  return error() == 0;
}

void AnswerPrinter::note_between(std::string_view text) {
  const auto held = hold_terminal();
  if (one_screen_) end_reasoning();
  begin_line();
  note(text, options_.patience);
}

/// Without one screen nobody waits for the other's reader.
std::unique_lock<std::mutex> AnswerPrinter::hold_terminal() {
  return one_screen_ ? std::unique_lock(screen_) : std::unique_lock<std::mutex>();
}

void AnswerPrinter::begin_line() {
  if (one_screen_ && answer_.leave_line()) put_raw("\n");
}

void AnswerPrinter::mark() {
  if (!first_token_)
    first_token_ = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - start_);
}

void AnswerPrinter::take_text(std::string_view text) {
  mark();
  end_reasoning();
  static_cast<void>(answer_.write(text));
}

void AnswerPrinter::take_reasoning(std::string_view text) {
  mark();
  if (!options_.reasoning) return;
  if (!in_reasoning_) begin_line();
  if (!in_reasoning_ && dims_) put_raw("\x1b[2m");
  in_reasoning_ = true;
  reasoning_.write(text);
}

void AnswerPrinter::end_reasoning() {
  if (!in_reasoning_) return;
  in_reasoning_ = false;
  reasoning_.finish();
  if (dims_) put_raw("\x1b[22m");
}

void AnswerPrinter::take_tool_call(const StreamEvent& event) {
  mark();
  end_reasoning();
  if (!options_.tool_calls) return;
  begin_line();
  message("the model calls " + std::string(event.name) + "(" + std::string(event.text) + ")",
          options_.patience);
}

void AnswerPrinter::put_raw(std::string_view text) const {
  static_cast<void>(write_all(STDERR_FILENO, text, options_.patience));
}

}  // namespace prx::cli
