#include "cli/tools/tool_command_consent.hpp"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "cli/output.hpp"
#include "cli/visible.hpp"
#include "client/whole_characters.hpp"
#include "os/child_process.hpp"

namespace prx::cli {
namespace {

Unexpected<Error> declined() { return fail(ErrorClass::kPermission, "the user declined"); }
Unexpected<Error> nobody_waits() { return fail(ErrorClass::kCancelled, "stopped before it ran"); }

/// The first word, in lower case.
std::string first_word(std::string_view line) {
  std::string word;
  for (const char c : line) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is_letter)
      word += static_cast<char>(c | 0x20);
    else if (!word.empty() || (c != ' ' && c != '\t'))
      break;
  }
  return word;
}

}  // namespace

std::string question_text(const ToolConsent::Question& question, std::size_t shown_max) {
  const std::string_view shown = whole_characters(question.arguments, shown_max);
  const std::size_t hidden = question.arguments.size() - shown.size();
  std::string text = "The model calls " + visible_line(question.name) + "\n  command:   ";
  text += visible_line(question.command) + "\n  arguments: " + visible_line(shown);
  if (hidden == 0) return text + "\nRun it? [y/N/a(ll)] ";
  return text + "\n  " + std::to_string(hidden) +
         " more bytes of arguments are not shown\nShow all of them? [v(iew)/N/a(ll)] ";
}

Result<std::unique_ptr<ToolConsent>> ToolConsent::open(bool yes) {
  if (yes) return std::unique_ptr<ToolConsent>(new ToolConsent({}, true));
  os::Descriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal.is_open())
    return fail(ErrorClass::kInvalidRequest,
                "--tool: there is no terminal to ask on before a command runs; add --yes to run "
                "commands without asking");
  return std::unique_ptr<ToolConsent>(new ToolConsent(std::move(terminal), false));
}

Result<void> ToolConsent::ask(const Question& question, const std::stop_token& stop) {
  const std::lock_guard one(mutex_);
  if (stop.stop_requested()) return nobody_waits();
  if (all_) return {};
  const os::StopDescriptor stopped(stop);
  std::size_t shown_max = kShownMax;
  while (true) {
    const bool is_whole = question.arguments.size() <= shown_max;
    PRX_TRY_SET(const Answer answer, answer_to(question_text(question, shown_max), stopped.get()));
    all_ = answer == Answer::kAll;
    if (all_ || (answer == Answer::kYes && is_whole)) return {};
    if (answer == Answer::kNo) return declined();
    shown_max = question.arguments.size();
  }
}

Result<ToolConsent::Answer> ToolConsent::answer_to(const std::string& question, int stop_fd) const {
  ::tcflush(terminal_.get(), TCIFLUSH);
  if (!show(question, stop_fd)) return declined();
  return read_answer(stop_fd);
}

ToolConsent::Answer ToolConsent::answer_of(std::string_view word) {
  if (word == "a" || word == "all") return Answer::kAll;
  if (word == "y" || word == "yes") return Answer::kYes;
  return word == "v" || word == "view" ? Answer::kView : Answer::kNo;
}

Result<ToolConsent::Answer> ToolConsent::read_answer(int stop_fd) const {
  const auto ended = [&](Unexpected<Error> error) {
    static_cast<void>(show("\n", stop_fd));
    return error;
  };
  std::array<pollfd, 2> waits{pollfd{stop_fd, POLLIN, 0}, pollfd{terminal_.get(), POLLIN, 0}};
  while (true) {
    if (::poll(waits.data(), waits.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return declined();
    }
    if (waits[0].revents != 0) return ended(nobody_waits());
    std::array<char, 4'096> line;  // as long as a terminal's can be
    const ssize_t got = ::read(terminal_.get(), line.data(), line.size());
    if (got > 0) return answer_of(first_word({line.data(), static_cast<std::size_t>(got)}));
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    return ended(declined());  // Ctrl-D, or the terminal has gone
  }
}

/// A terminal that takes nothing (Ctrl-S) does not hold up a stop.
bool ToolConsent::show(std::string_view text, int stop_fd) const {
  return write_all(terminal_.get(), text, {stop_fd, {}}) == 0;
}

}  // namespace prx::cli
