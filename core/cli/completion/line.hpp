/// \file line.hpp
/// What can stand at the cursor of a command line, by the table of verbs and what they declare.
/// Knows no shell, reads no file.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"

namespace prx::cli {

/// A word that can stand there.
struct Candidate {
  std::string word;
  std::string help;  ///< one line, or ""
  friend bool operator==(const Candidate&, const Candidate&) = default;
};

struct Completion {
  /// kOpen: the candidates are beginnings of words. kFiles: names of files, and no candidates.
  enum class Kind { kWords, kOpen, kFiles };
  Kind kind = Kind::kWords;
  std::string before;  ///< what of the word stands before each candidate: "--model=", or ""
  std::vector<Candidate> candidates;
};

/// Options that were given before the cursor, by each of their names; the value of a flag is "".
using GivenOptions = std::map<std::string, std::string, std::less<>>;
/// The values of a kind that nobody can know without looking: kProvider, kChain, kModel, kPlugin;
/// of kFault the targets.
using ValueSource = std::function<std::vector<Candidate>(Values::Kind kind, const GivenOptions&)>;

/// \param words    those before the cursor, without the program's name.
/// \param current  what stands before the cursor of the word there. It decides what is asked for
///                 (an option, the value of one, a word); candidates need not begin with it.
/// \param values   asked at most once, and only where such a value can stand.
[[nodiscard]] Completion complete_line(std::span<const CommandEntry> table,
                                       const std::vector<std::string>& words,
                                       std::string_view current, const ValueSource& values);

}  // namespace prx::cli
