/// \file tool_command_run.hpp
/// Runs the commands that a model calls, and puts them into a ToolBox.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "cli/tools/tool_command.hpp"
#include "cli/tools/tool_command_consent.hpp"
#include "prx/config.hpp"
#include "prx/tool_box.hpp"

namespace prx::cli {

inline constexpr std::size_t kToolErrorsMax = 2'048;  ///< bytes of the end of stderr that the model
                                                      ///< is told when a command fails

/// Which commands a model can be given, and with what they run.
struct ToolWorld {
  std::vector<ToolCommand> commands;
  std::vector<std::string> environment;  ///< "NAME=value"
  std::unique_ptr<ToolConsent> consent;
};

/// This program's environment without keys: no variable whose name ends with _API_KEY or _API_KEYS,
/// that is the key variable of a provider, or whose value is (or, from 8 bytes on, is part of or
/// holds) one of the configuration's secrets or the value of such a variable.
/// \param config  resolved: of a client.
[[nodiscard]] std::vector<std::string> environment_without_keys(const Config& config);

/// The commands as functions, for runs with consent_of(world) alone. `world` is borrowed as long as
/// the box is used. Errors: as ToolBox::add().
[[nodiscard]] Result<ToolBox> tool_box(const ToolWorld& world);

/// Asks the person before each command. `world` is borrowed as long as it is used.
[[nodiscard]] std::function<Result<void>(const ToolInput&)> consent_of(const ToolWorld& world);

/// `/bin/sh -c command` in a session of its own, with `input` on stdin; what it printed. It is
/// killed, with its group, when `stop` is requested or it has printed more than
/// ToolBox::kResultMax, which is then told as a result that is cut. Errors, for the model: the
/// status or signal with the end of its stderr (or else stdout), output that is not UTF-8.
[[nodiscard]] Result<std::string> run_tool_command(const std::string& command,
                                                   std::string_view input,
                                                   const std::vector<std::string>& environment,
                                                   const std::stop_token& stop);

}  // namespace prx::cli
