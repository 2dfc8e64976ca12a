/// \file history_file.hpp
/// HistoryFile: the lines of all conversations, kept in one file by those that go on at once.
#pragma once

#include <histedit.h>

#include <filesystem>
#include <string>
#include <vector>

#include "prx/sdk/error.hpp"

namespace prx::cli {

/// A file in libedit's form, mode 0600, replaced as a whole and only while no other conversation
/// does: who is killed, or finds the disk full, leaves the old lines. What is no such file is
/// neither waited for nor replaced. One thread.
class HistoryFile {
 public:
  /// \param history  what is in memory; borrowed.
  /// \param lines_max  kept until they can be written; older ones are dropped.
  HistoryFile(std::filesystem::path file, History* history, int lines_max)
      : file_(std::move(file)), history_(history), lines_max_(lines_max) {}

  /// Reads the file into memory; a missing one is empty, and so is a device such as /dev/null.
  /// Errors: kInvalidRequest, one line with the file's name.
  [[nodiscard]] Result<void> load();

  /// Adds a line in memory, and behind what is in the file by now. Errors: as load(), and then the
  /// line is written with the next one that can be.
  [[nodiscard]] Result<void> add(const std::string& line);

 private:
  [[nodiscard]] Result<bool> may_be_used() const;
  [[nodiscard]] int write(const std::filesystem::path& target) const;
  [[nodiscard]] Unexpected<Error> trouble(const std::string& what) const;
  void enter(const std::string& line) const;

  const std::filesystem::path file_;
  History* const history_;
  const int lines_max_;
  std::vector<std::string> unwritten_;
};

}  // namespace prx::cli
