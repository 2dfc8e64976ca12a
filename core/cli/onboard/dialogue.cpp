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

bool means(const std::string& answer, std::string_view word) {
  return !answer.empty() && (answer == word || answer == word.substr(0, 1));
}

}  // namespace

/// No echo and no way out of the program that leaves the terminal so.
class TerminalDialogue::Hidden {
 public:
  Hidden() : known_(::tcgetattr(STDIN_FILENO, &before_) == 0) { hide(); }
  /// What was typed and not read is dropped: it may be the rest of a key.
  ~Hidden() { show(); }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;

  void hide() const {
    if (!known_) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
    hidden.c_lflag |= ICANON | ISIG;
    hidden.c_cc[VSUSP] = hidden.c_cc[VQUIT] = _POSIX_VDISABLE;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  void show() const {
    if (known_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }

 private:
  termios before_{};
  bool known_;
};

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
  fd_.reset(signalfd(-1, &set, SFD_CLOEXEC));
  sigset_t pauses;
  sigemptyset(&pauses);
  for (const int signal : {SIGTSTP, SIGCONT}) sigaddset(&pauses, signal);
  pthread_sigmask(SIG_BLOCK, &pauses, nullptr);
  pause_fd_.reset(signalfd(-1, &pauses, SFD_CLOEXEC | SFD_NONBLOCK));
}

int TerminalDialogue::HeldSignals::take_pause() {
  signalfd_siginfo info{};
  const auto got = ::read(pause_fd_.get(), &info, sizeof info);
  return got == static_cast<ssize_t>(sizeof info) ? static_cast<int>(info.ssi_signo) : 0;
}

void TerminalDialogue::HeldSignals::pause() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  ::raise(SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);  // here it stops
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
}

TerminalDialogue::HeldSignals::~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

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
  PRX_TRY_SET(const std::string line, read_line(prompt, nullptr));
  return config::trimmed(line);
}

Result<std::string> TerminalDialogue::secret(std::string_view prompt) {
  Hidden hidden;
  static_cast<void>(write_all(STDOUT_FILENO, prompt));
  auto line = read_line(prompt, &hidden);
  if (line) static_cast<void>(write_all(STDOUT_FILENO, "\n"));
  PRX_TRY(line);
  if (line->size() >= kLineMax)
    return fail(ErrorClass::kInvalidRequest,
                "that is longer than a line of the terminal can be; use --non-interactive and "
                "--key-file");
  return config::trimmed(*line);
}

void TerminalDialogue::pass_pause(std::string_view prompt, Hidden* hidden) {
  const int signal = held_.take_pause();
  if (signal == SIGTSTP) {
    if (hidden != nullptr) hidden->show();
    held_.pause();
  }
  if (hidden != nullptr) hidden->hide();
  if (signal == SIGCONT) static_cast<void>(write_all(STDOUT_FILENO, prompt));
}

Result<std::string> TerminalDialogue::read_line(std::string_view prompt, Hidden* hidden) {
  std::array<pollfd, 4> waits{pollfd{STDIN_FILENO, POLLIN, 0},
                              pollfd{interrupt_.stop_fd(), POLLIN, 0},
                              pollfd{held_.fd(), POLLIN, 0}, pollfd{held_.pause_fd(), POLLIN, 0}};
  while (true) {
    if (::poll(waits.data(), waits.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return gone();
    }
    if (waits[1].revents != 0 || waits[2].revents != 0) break;
    if (waits[3].revents != 0) {
      pass_pause(prompt, hidden);
      continue;
    }
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
