/// \file line_editor.hpp
/// LineEditor: reads lines from the terminal, with editing and history. The only user of libedit.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "prx/sdk/error.hpp"

namespace prx::cli {

struct LineEditorOptions {
  /// Kept with mode 0600 in a folder that is made for it, for the user alone; "": nothing is kept.
  /// Whatever else is there than a history is left alone, with a line on stderr
  std::filesystem::path history;
  int history_max = 1'000;  ///< entries
  int stop_fd = -1;         ///< what makes it readable ends every wait; borrowed
  /// What Tab completes at the beginning of a line: "/model" ...
  std::vector<std::string> words;
};

/// One at a time in a process, on one thread. While it reads, the terminal is in its hands: Ctrl-C
/// is a key and no signal. Between two reads the terminal is as it was before.
class LineEditor {
 public:
  static constexpr std::size_t kLineMax = 1u << 20;  ///< bytes of one entry, pasted lines included

  enum class End {
    kLine,       ///< `text` is what was entered
    kCancelled,  ///< Ctrl-C
    kClosed,     ///< Ctrl-D on an empty line, the terminal went away, or stop_fd
  };
  struct Entry {
    End end = End::kClosed;
    std::string text;     ///< as entered, perhaps no UTF-8, without its last line feed
    bool pasted = false;  ///< several lines came at once
  };

  /// For stdin, stdout and stderr. Errors: kInvalidRequest when the terminal cannot be used.
  [[nodiscard]] static Result<std::unique_ptr<LineEditor>> open(LineEditorOptions options);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  /// Reads one entry: a line, and more of them after a "\" at its end, between lines of `"""`, and
  /// when they are pasted at once. What was entered goes into the history, unless it is blank.
  [[nodiscard]] Entry read(std::string_view prompt);

 private:
  struct Impl;
  explicit LineEditor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Puts an entry together from lines. Pure.
class EntryBuilder {
 public:
  /// \param more_waits  further lines were there already when this one came.
  /// \return whether another line is needed.
  [[nodiscard]] bool add(std::string_view line, bool more_waits);
  [[nodiscard]] std::string take();
  [[nodiscard]] bool pasted() const { return pasted_; }

 private:
  std::string text_;
  bool any_ = false, block_ = false, pasted_ = false;
};

}  // namespace prx::cli
