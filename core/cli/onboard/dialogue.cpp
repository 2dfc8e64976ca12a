#include "cli/onboard/dialogue.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "cli/output.hpp"
#include "cli/visible.hpp"
#include "config/trimmed.hpp"

namespace prx::cli {
namespace {

Unexpected<Error> gone() { return fail(ErrorClass::kCancelled, ""); }

/// No echo and no way out of the program that leaves the terminal so.
class Hidden {
 public:
  Hidden() : known_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!known_) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
    hidden.c_lflag |= ICANON | ISIG;
    hidden.c_cc[VSUSP] = hidden.c_cc[VQUIT] = _POSIX_VDISABLE;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  /// What was typed and not read is dropped: it may be the rest of a key.
  ~Hidden() {
    if (known_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;

 private:
  termios before_{};
  bool known_;
};

bool means(const std::string& answer, std::string_view word) {
  return !answer.empty() && (answer == word || answer == word.substr(0, 1));
}

}  // namespace

Result<bool> ask_yes(Dialogue& dialogue, const std::string& question, bool usual) {
  while (true) {
    PRX_TRY_SET(std::string answer, dialogue.ask(question + (usual ? " [Y/n] " : " [y/N] ")));
    for (char& c : answer)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    if (answer.empty()) return usual;
    if (means(answer, "yes")) return true;
    if (means(answer, "no")) return false;
  }
}

TerminalDialogue::HeldSignals::HeldSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGHUP, SIGQUIT}) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&set, signal);
  }
  pthread_sigmask(SIG_BLOCK, &set, &before_);
  fd_ = signalfd(-1, &set, SFD_CLOEXEC);
}

TerminalDialogue::HeldSignals::~HeldSignals() {
  if (fd_ >= 0) ::close(fd_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

TerminalDialogue::TerminalDialogue() = default;
TerminalDialogue::~TerminalDialogue() = default;

void TerminalDialogue::say(std::string_view text) {
  VisibleText filter;
  std::string shown = filter.feed(text);
  shown += filter.finish();
  if (!shown.ends_with('\n')) shown += '\n';
  static_cast<void>(write_all(STDOUT_FILENO, shown));
}

Result<std::string> TerminalDialogue::ask(std::string_view prompt) {
  static_cast<void>(write_all(STDOUT_FILENO, prompt));
  PRX_TRY_SET(const std::string line, read_line());
  return config::trimmed(line);
}

Result<std::string> TerminalDialogue::secret(std::string_view prompt) {
  const Hidden hidden;
  static_cast<void>(write_all(STDOUT_FILENO, prompt));
  auto line = read_line();
  if (line) static_cast<void>(write_all(STDOUT_FILENO, "\n"));
  PRX_TRY(line);
  if (line->size() >= kLineMax)
    return fail(ErrorClass::kInvalidRequest,
                "that is longer than a line of the terminal can be; use --non-interactive and "
                "--key-file");
  return config::trimmed(*line);
}

Result<std::string> TerminalDialogue::read_line() {
  std::array<pollfd, 3> waits{pollfd{STDIN_FILENO, POLLIN, 0},
                              pollfd{interrupt_.stop_fd(), POLLIN, 0},
                              pollfd{held_.fd(), POLLIN, 0}};
  while (true) {
    if (::poll(waits.data(), waits.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return gone();
    }
    if (waits[1].revents != 0 || waits[2].revents != 0) break;
    std::array<char, 4'096> line;
    const ssize_t got = ::read(STDIN_FILENO, line.data(), line.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got > 0) return std::string(line.data(), static_cast<std::size_t>(got));
    break;  // Ctrl-D, or the terminal has gone
  }
  static_cast<void>(write_all(STDOUT_FILENO, "\n"));
  return gone();
}

}  // namespace prx::cli
