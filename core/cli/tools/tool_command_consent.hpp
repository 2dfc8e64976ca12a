/// \file tool_command_consent.hpp
/// Whether a command that a model called may run: asked of the person at the terminal.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "os/descriptor.hpp"
#include "prx/sdk/error.hpp"

namespace prx::cli {

/// One question at a time, on /dev/tty, whatever stdin and stdout are. Any thread.
class ToolConsent {
 public:
  /// Bytes of arguments that a question shows at first; it says how many it leaves out.
  static constexpr std::size_t kShownMax = 4'096;

  /// \param yes  everything may run, and no terminal is needed. Errors: kInvalidRequest when there
  /// is no terminal to ask on.
  [[nodiscard]] static Result<std::unique_ptr<ToolConsent>> open(bool yes);
  ToolConsent(const ToolConsent&) = delete;
  ToolConsent& operator=(const ToolConsent&) = delete;

  struct Question {
    std::string_view name, command, arguments;
  };
  /// Blocks until the person has answered, or `stop` ends the wait. What was typed before the
  /// question does not answer it. "y" runs nothing that was not shown: of arguments that are shown
  /// in part, "y" and "v" show the whole, and the question is put again. "a" also answers what
  /// comes later, seen or not. Errors: kPermission, "the user declined": also when the terminal
  /// goes away or takes no text; kCancelled by `stop`.
  [[nodiscard]] Result<void> ask(const Question& question, const std::stop_token& stop);

  /// While held, no question is open: for lines on the same terminal.
  [[nodiscard]] std::unique_lock<std::mutex> hold_terminal() { return std::unique_lock(mutex_); }

 private:
  ToolConsent(os::Descriptor terminal, bool all) : terminal_(std::move(terminal)), all_(all) {}
  enum class Answer { kYes, kAll, kView, kNo };
  [[nodiscard]] static Answer answer_of(std::string_view word);
  [[nodiscard]] Result<Answer> answer_to(const std::string& question, int stop_fd) const;
  [[nodiscard]] Result<Answer> read_answer(int stop_fd) const;
  [[nodiscard]] bool show(std::string_view text, int stop_fd) const;

  std::mutex mutex_;
  const os::Descriptor terminal_;  ///< closed: nobody is asked
  bool all_;
};

/// The question as the terminal shows it: what a model wrote is made visible, at most `shown_max`
/// bytes of the arguments. Pure.
[[nodiscard]] std::string question_text(const ToolConsent::Question& question,
                                        std::size_t shown_max = ToolConsent::kShownMax);

}  // namespace prx::cli
