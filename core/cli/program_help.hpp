/// \file program_help.hpp
/// What there is to say about the program and its verbs, for help texts, shells and the man page.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command.hpp"

namespace prx::cli {

/// What --log-level takes.
[[nodiscard]] const std::vector<std::string>& log_levels();

/// The options that every verb takes; `globals` is borrowed until the arguments were parsed.
void declare_globals(Arguments& arguments, GlobalOptions& globals, const ConfigOption& config);
/// The options before a verb; as declare_globals().
void declare_program(Arguments& arguments, GlobalOptions& globals, bool& version);

/// The verbs as lines of a help text; those of one group when it is named. No hidden ones.
[[nodiscard]] std::string verb_lines(std::span<const CommandEntry> table, std::string_view group);
[[nodiscard]] HelpText program_help(std::span<const CommandEntry> table);
/// Commands with what they do, for the end of a help text.
[[nodiscard]] std::string_view program_examples();
/// The program's own variables with what they say.
[[nodiscard]] std::span<const std::pair<std::string_view, std::string_view>> program_variables();

/// A verb as it describes itself.
struct VerbFacts {
  HelpText help;
  std::vector<OptionFacts> options;  ///< the global ones last
  std::optional<Values> words;       ///< nullopt: it takes none
};
[[nodiscard]] VerbFacts facts_of(const CommandEntry& entry);
/// The options before a verb.
[[nodiscard]] std::vector<OptionFacts> program_options();

}  // namespace prx::cli
