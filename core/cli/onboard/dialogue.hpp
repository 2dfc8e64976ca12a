/// \file dialogue.hpp
/// Dialogue: questions to a person and their answers; the terminal behind it can be another thing
/// in tests.
#pragma once

#include <csignal>
#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>

#include "cli/interrupt.hpp"
#include "os/descriptor.hpp"
#include "prx/sdk/error.hpp"

namespace prx::cli {

/// One thread. Errors of every question: kCancelled, when the person leaves; then nothing more is
/// asked.
class Dialogue {
 public:
  virtual ~Dialogue() = default;
  /// Lines for the person; control characters are made visible. Ends the line.
  virtual void say(std::string_view text) = 0;
  /// One line, without white space at both ends.
  [[nodiscard]] virtual Result<std::string> ask(std::string_view prompt) = 0;
  /// The same for a line that is shown nowhere. Errors: also kInvalidRequest, for one that is
  /// longer than a terminal's can be.
  [[nodiscard]] virtual Result<std::string> secret(std::string_view prompt) = 0;
  /// Stops what takes long, when the person leaves.
  [[nodiscard]] virtual std::stop_token stop() const = 0;
};

/// "Question [Y/n] ". Asks again until it is one of yes and no.
[[nodiscard]] Result<bool> ask_yes(Dialogue& dialogue, const std::string& question, bool usual);

/// On stdin and stdout, lines as the terminal edits them: nothing is kept in a history. While a
/// secret is read the terminal does not echo; whatever ends the question, it is as it was before:
/// an answer, Ctrl-C and SIGTERM (through `interrupt`), Ctrl-D, SIGHUP and SIGQUIT, which end the
/// program only when this is destroyed. Ctrl-Z does nothing while a key is typed; who stops the
/// program otherwise has the terminal as it was until it goes on. Make it before any thread.
class TerminalDialogue final : public Dialogue {
 public:
  static constexpr std::size_t kLineMax = 4'095;  ///< bytes of a terminal's line, its end included

  TerminalDialogue();
  ~TerminalDialogue() override;
  void say(std::string_view text) override;
  Result<std::string> ask(std::string_view prompt) override;
  Result<std::string> secret(std::string_view prompt) override;
  std::stop_token stop() const override { return interrupt_.token(); }
  /// 128 + the signal that came; 0 without one.
  [[nodiscard]] int exit_code() const { return interrupt_.exit_code(); }

 private:
  /// Blocks signals for this thread and those made after; its descriptor is readable when one came.
  class HeldSignals {
   public:
    HeldSignals();
    ~HeldSignals();
    HeldSignals(const HeldSignals&) = delete;
    HeldSignals& operator=(const HeldSignals&) = delete;
    [[nodiscard]] int fd() const { return fd_.get(); }
    /// Readable when the program shall stop for a while, or goes on after it.
    [[nodiscard]] int pause_fd() const { return pause_fd_.get(); }
    /// Which of SIGTSTP and SIGCONT came; once for each.
    [[nodiscard]] int take_pause();
    /// Stops as the system does it; returns when the program goes on.
    void pause();

   private:
    sigset_t before_{};
    os::Descriptor fd_, pause_fd_;
  };
  class Hidden;

  [[nodiscard]] Result<std::string> read_line(std::string_view prompt, Hidden* hidden);
  void pass_pause(std::string_view prompt, Hidden* hidden);

  HeldSignals held_;
  Interrupt interrupt_;
};

}  // namespace prx::cli
