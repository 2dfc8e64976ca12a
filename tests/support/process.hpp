/// \file process.hpp
/// Process: runs a program as a child, feeds it, watches what it prints, signals it, waits for its
/// end. For end-to-end tests. One thread at a time. Every wait has a limit and fails loudly;
/// nothing sleeps.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace prx::test {

/// How to start a program.
struct ProcessOptions {
  enum class Input { kNull, kPipe, kClosed, kFile, kTerminal };
  enum class Output { kPipe, kTerminal, kScreen, kClosed };
  enum class Session { kOurs, kBare, kTerminal };

  std::string program;                             ///< path
  std::vector<std::string> arguments;              ///< without the program's name
  std::map<std::string, std::string> environment;  ///< all of it; nothing is inherited
  std::string directory;                           ///< working folder; "": inherited
  Input input = Input::kNull;
  std::string input_text;  ///< kPipe: written at once, then closed unless `keep_input_open`
  std::string input_file;  ///< kFile
  bool keep_input_open = false;
  Output output = Output::kPipe;  ///< of stdout; kTerminal: a pseudo-terminal, kScreen: stderr too
  int output_room = 0;            ///< kPipe: bytes that it holds unread, 0: as the system says
  /// kBare: a session of its own, without a terminal; kTerminal: one with a pseudo-terminal as its
  /// /dev/tty, which is neither stdin nor stdout
  Session session = Session::kOurs;
  std::vector<int> ignored_signals;  ///< the others have their default action
};

/// How it ended.
struct ProcessResult {
  int exit_code = -1;  ///< -1: killed by a signal, see `signal`
  int signal = 0;
  std::string out, err;
};

class Process {
 public:
  static constexpr std::chrono::seconds kPatience{
      20};  ///< after which a wait throws, with all that was printed

  /// Starts it. \throws std::system_error
  explicit Process(ProcessOptions options);
  /// Kills it if it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Reads until stdout (stderr) contains `text`. \throws std::runtime_error when it ends or takes
  /// longer than kPatience without it.
  void wait_for_out(std::string_view text);
  void wait_for_err(std::string_view text);
  void wait_for_tty(std::string_view text);  ///< of Session::kTerminal: what it shows, echo too
  [[nodiscard]] const std::string& out() const { return out_.text; }  ///< read so far
  [[nodiscard]] const std::string& err() const { return err_.text; }

  void type(std::string_view text);                                   ///< of Session::kTerminal
  [[nodiscard]] const std::string& tty() const { return tty_.text; }  ///< shown so far
  void write_input(std::string_view text);
  void close_input();
  /// Closes our end of its stdout: its next write fails with EPIPE.
  void close_out();
  void send_signal(int number);
  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Waits for its end without reading what it prints. \throws std::runtime_error after kPatience.
  void wait_for_exit();
  /// Reads to the end of both outputs and reaps it. \throws std::runtime_error when it takes
  /// longer.
  ProcessResult wait(std::chrono::seconds patience = kPatience);

 private:
  struct Pipe {
    int fd = -1;
    std::string text;
  };
  void start(const ProcessOptions& options);
  bool read_some(std::chrono::steady_clock::time_point deadline);
  void read_from(Pipe& pipe);
  void wait_for(const Pipe& pipe, std::string_view text);
  [[noreturn]] void give_up(const std::string& what);
  void wait_for_exit_until(std::chrono::steady_clock::time_point deadline);
  int reap(std::chrono::steady_clock::time_point deadline);

  pid_t pid_ = -1;
  int input_ = -1;
  int exit_fd_ = -1;  ///< pidfd
  Pipe out_, err_, tty_;
  int tty_slave_ = -1;  ///< keeps the terminal when the program has closed it
  std::string name_;
};

/// Starts, waits, and returns how it ended.
[[nodiscard]] ProcessResult run_process(ProcessOptions options);

}  // namespace prx::test
