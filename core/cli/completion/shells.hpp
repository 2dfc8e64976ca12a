/// \file shells.hpp
/// How bash, zsh and fish ask the program what can stand at the cursor, and how it answers them.
/// Pure.
///
/// Each has a script (completions/prx.*) that calls `prx __complete SHELL ...`. The first line of
/// an answer is "words", "open" (no blank follows the word) or "files" (the shell completes a
/// file's name itself); each further line is a candidate: for bash what replaces readline's word,
/// for the others a word, a tab and its help. bash gets those that begin with what is written, the
/// others all: they match by their own rules.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/completion/line.hpp"

namespace prx::cli {

enum class Shell { kBash, kZsh, kFish };

[[nodiscard]] const std::vector<std::string>& shell_names();
[[nodiscard]] std::optional<Shell> shell_from(std::string_view name);
/// What that shell is to run. Lives as long as the process.
[[nodiscard]] std::string_view completion_script(Shell shell);

/// One command of bash, as far as the cursor.
struct BashLine {
  std::vector<std::string> words;  ///< before the one at the cursor, the program's first; unquoted
  std::string current;             ///< what stands before the cursor of that, unquoted
  std::string current_written;     ///< the same as it is written
  char quote = 0;                  ///< the quotation mark that is open there, or 0
  bool redirects = false;          ///< it is the file of a redirection
};
/// Undoes quotes and backslashes, and a leading "~/" that stands for `home`; expands nothing else.
/// Redirections are no words.
[[nodiscard]] BashLine read_bash_line(std::string_view line, std::string_view home);

/// \param replaced  the word as readline sees it: the end of `line.current_written`.
[[nodiscard]] std::string bash_answer(const Completion& completion, const BashLine& line,
                                      std::string_view replaced);
/// For fish, with what stands before the candidates; zsh leaves that aside itself.
[[nodiscard]] std::string fish_answer(const Completion& completion);
[[nodiscard]] std::string zsh_answer(const Completion& completion);

}  // namespace prx::cli
