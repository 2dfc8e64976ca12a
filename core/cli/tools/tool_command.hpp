/// \file tool_command.hpp
/// `--tool NAME=COMMAND` and what belongs to it, as options and as data. Runs nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/chat/prompt.hpp"
#include "prx/chat.hpp"

namespace prx::cli {

struct ToolOptions {
  std::vector<std::string> tools;          ///< NAME=COMMAND
  std::vector<std::string> schemas;        ///< NAME=JSON or NAME=@FILE
  std::optional<std::string> choice;       ///< auto, none, required, a tool's name, or JSON
  std::optional<std::int64_t> rounds_max;  ///< 1 to 1,000
  bool yes = false;                        ///< run without asking
};

/// \param options  borrowed until the arguments were parsed.
void declare_tools(Arguments& arguments, ToolOptions& options);

/// A command that a model may call.
struct ToolCommand {
  Tool tool;            ///< without a schema any object will do
  std::string command;  ///< for /bin/sh -c
};

/// The commands in the order of the options, each with its schema. Reads schema files. Errors:
/// kTimeout when a schema's pipe has not ended by `until`; kInvalidRequest, one line naming the
/// option and the tool: no NAME=, no command, a name that is taken, a schema that is not
/// {"description":TEXT,"parameters":OBJECT,"strict":BOOL} (each of the three may be missing) or of
/// no tool, a choice that names no tool, `parameters` of --param that say the same (\p parameters),
/// an option that is of no use without --tool.
[[nodiscard]] Result<std::vector<ToolCommand>> read_tools(
    const ToolOptions& options, const std::vector<std::string>& parameters, const Until& until);

}  // namespace prx::cli
