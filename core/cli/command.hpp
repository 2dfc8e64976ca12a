/// \file command.hpp
/// Command: one verb of the program. Each has a file of its own, cmd_<verb>.cpp, and a line in the
/// table in commands.cpp; nothing else knows it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.hpp"

namespace prx::cli {

/// Options that every verb takes, before or after it.
struct GlobalOptions {
  std::optional<std::string> config;     ///< --config FILE
  std::optional<std::string> log_level;  ///< --log-level LEVEL, checked
  bool no_config = false;                ///< --no-config
};

/// What --config takes.
struct ConfigOption {
  std::string value_name = "FILE";
  std::string help = "Configuration file instead of the user's own";  ///< one line
};

/// Made once per run, when its verb was named.
class Command {
 public:
  virtual ~Command() = default;
  /// Usage without "prx ", description, examples.
  [[nodiscard]] virtual HelpText help() const = 0;
  /// Adds its options; their targets live in the command.
  virtual void declare(Arguments& arguments) = 0;
  [[nodiscard]] virtual ConfigOption config_option() const { return {}; }
  /// Does it; the exit code.
  [[nodiscard]] virtual int run(const GlobalOptions& globals) = 0;
  /// Its arguments were wrong: says so; the exit code. `json`: --json was among them.
  [[nodiscard]] virtual int refuse(const Error& error, bool json) const;
};

struct CommandEntry {
  std::string_view name;  ///< "chat", or "plugin list" for a verb of a group
  std::string_view summary;
  std::unique_ptr<Command> (*make)();
  /// Asked for by scripts, not by people: "__complete". No help text names it.
  [[nodiscard]] bool is_hidden() const { return name.starts_with("__"); }
};

/// Finds the verb in the table, reads its arguments and runs it; the exit code.
/// \param arguments  without the program's name.
[[nodiscard]] int run_program(std::span<const CommandEntry> table,
                              const std::vector<std::string>& arguments);

}  // namespace prx::cli
