/// \file terminal.hpp
/// A program in a pseudo-terminal of its own: a person types, and sees what it shows.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace prx::test {

struct TerminalOptions {
  std::string program;                             ///< path
  std::vector<std::string> arguments;              ///< without the program's name
  std::map<std::string, std::string> environment;  ///< all of it; nothing is inherited
  unsigned short columns = 200, rows = 50;
};

/// stdin, stdout, stderr and /dev/tty of the program are the terminal. One thread.
class Terminal {
 public:
  static constexpr std::chrono::seconds kPatience{20};

  /// Starts it. \throws std::system_error
  explicit Terminal(const TerminalOptions& options);
  /// Kills it if it still runs.
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(std::string_view text);
  /// Ctrl and that letter, 'c'.
  void control(char letter) { type(std::string(1, static_cast<char>(letter & 0x1F))); }
  /// Reads until the text was shown after what the last wait found; what was shown up to it, since
  /// then. \throws std::runtime_error when it ends or takes longer than kPatience.
  std::string wait_for(std::string_view text);
  void send_signal(int number);
  /// Whether what is typed now would be shown.
  [[nodiscard]] bool echoes() const;
  /// Closes our end, as a window that is closed.
  void hang_up();
  /// Waits for its end: the exit code, or 128 + the signal that killed it.
  int wait();
  /// Everything that was shown so far, escape sequences too.
  [[nodiscard]] const std::string& shown() const { return shown_; }

 private:
  bool read_some(std::chrono::steady_clock::time_point until);

  int fd_ = -1;
  pid_t pid_ = -1;
  std::string shown_;
  std::size_t seen_ = 0;  ///< of shown_, found by wait_for()
};

}  // namespace prx::test
