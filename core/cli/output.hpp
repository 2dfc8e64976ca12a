/// \file output.hpp
/// Where the program writes: answers to stdout, messages to stderr, by write(2) and at once.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/visible.hpp"

namespace prx::cli {

/// How long to wait for a reader that does not read. As it is: for ever.
struct Patience {
  int stop_fd = -1;  ///< what makes it readable ends the wait; borrowed
  std::optional<std::chrono::steady_clock::time_point> until;
};

/// Writes all of it; waits where there is no room. Returns 0, or the errno of the write that failed
/// (EPIPE: the reader went away; the program ignores SIGPIPE), ECANCELED when stop_fd and ETIMEDOUT
/// when the time ended the wait. What can be written without waiting is written all the same.
[[nodiscard]] int write_all(int fd, std::string_view text, const Patience& patience = {});

/// Whether a descriptor is a terminal.
[[nodiscard]] bool is_terminal(int fd);

/// The columns of a terminal; 0: it is none.
[[nodiscard]] std::size_t terminal_columns(int fd);

/// Whether colours and other attributes are wanted there: a terminal, TERM is neither unset
/// nor "dumb", and NO_COLOR is not set.
/// \see https://no-color.org
[[nodiscard]] bool is_colorful(int fd);

/// "prx: <text>" as one line on stderr; control characters made visible. A failing write is
/// ignored: there is nowhere left to say so. Any thread.
void message(std::string_view text, const Patience& patience = {});
/// One line on stderr without the program's name.
void note(std::string_view text, const Patience& patience = {});

/// The answer on stdout as it comes. Control characters are made visible on a terminal, elsewhere
/// the bytes go as they are.
class AnswerWriter {
 public:
  AnswerWriter(int fd, bool visible, const Patience& patience = {})
      : fd_(fd), visible_(visible), patience_(patience) {}
  /// False after a write failed, then and ever after.
  bool write(std::string_view text);
  /// Ends the line if the text did not. False as write().
  bool finish();
  /// Somebody else ended the line on the same terminal. True: there was one to end.
  bool leave_line() { return std::exchange(in_line_, false); }
  [[nodiscard]] int error() const { return error_; }  ///< 0, or as write_all()

 private:
  bool put(std::string_view text);

  int fd_;
  bool visible_;
  Patience patience_;
  bool in_line_ = false;
  int error_ = 0;
  VisibleText filter_;
};

/// Rows as aligned columns, two spaces between them; the last column is not padded. Every row has
/// as many cells as the first.
[[nodiscard]] std::string table_text(const std::vector<std::vector<std::string>>& rows);

/// Writes a finished result (JSON, table, help) to stdout. The exit code: kExitOk, kExitBrokenPipe
/// without a word, or kExitOutput with a message.
[[nodiscard]] int print(std::string_view text);

/// The exit code for a failed write to stdout, after its message.
[[nodiscard]] int output_failure(int error);

}  // namespace prx::cli
