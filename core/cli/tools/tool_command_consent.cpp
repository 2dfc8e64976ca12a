#include "cli/tools/tool_command_consent.hpp"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "cli/output.hpp"
#include "cli/visible.hpp"
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

std::string question_text(const ToolConsent::Question& question) {
  const std::string arguments = visible_line(question.arguments.substr(0, ToolConsent::kShownMax));
  std::string text = "The model calls " + visible_line(question.name) + "\n  command:   ";
  text += visible_line(question.command) + "\n  arguments: " + arguments;
  if (question.arguments.size() > ToolConsent::kShownMax)
    text += "\n  " + std::to_string(question.arguments.size() - ToolConsent::kShownMax) +
            " more bytes of arguments are not shown";
  return text + "\nRun it? [y/N/a(ll)] ";
}

Result<std::unique_ptr<ToolConsent>> ToolConsent::open(bool yes) {
  if (yes) return std::unique_ptr<ToolConsent>(new ToolConsent(-1, true));
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0)
    return fail(ErrorClass::kInvalidRequest,
                "--tool: there is no terminal to ask on before a command runs; add --yes to run "
                "commands without asking");
  return std::unique_ptr<ToolConsent>(new ToolConsent(terminal, false));
}

ToolConsent::~ToolConsent() {
  if (terminal_ >= 0) ::close(terminal_);
}

Result<void> ToolConsent::ask(const Question& question, const std::stop_token& stop) {
  const std::lock_guard one(mutex_);
  if (stop.stop_requested()) return nobody_waits();
  if (all_) return {};
  const os::StopDescriptor stopped(stop);
  ::tcflush(terminal_, TCIFLUSH);
  show(question_text(question), stopped.get());
  PRX_TRY_SET(const std::string answer, read_answer(stopped.get()));
  all_ = answer == "a" || answer == "all";
  if (all_ || answer == "y" || answer == "yes") return {};
  return declined();
}

Result<std::string> ToolConsent::read_answer(int stop_fd) const {
  std::array<pollfd, 2> waits{pollfd{stop_fd, POLLIN, 0}, pollfd{terminal_, POLLIN, 0}};
  while (true) {
    if (::poll(waits.data(), waits.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return declined();
    }
    if (waits[0].revents != 0) {
      show("\n", stop_fd);
      return nobody_waits();
    }
    std::array<char, 4'096> line;  // as long as a terminal's can be
    const ssize_t got = ::read(terminal_, line.data(), line.size());
    if (got > 0) return first_word({line.data(), static_cast<std::size_t>(got)});
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    show("\n", stop_fd);
    return declined();  // Ctrl-D, or the terminal has gone
  }
}

/// A terminal that takes nothing (Ctrl-S) does not hold up a stop.
void ToolConsent::show(std::string_view text, int stop_fd) const {
  static_cast<void>(write_all(terminal_, text, {stop_fd, {}}));
}

}  // namespace prx::cli
