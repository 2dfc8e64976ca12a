/// \file commands.hpp
/// The table of verbs.
#pragma once

#include <span>

#include "cli/command.hpp"

namespace prx::cli {

/// Every verb, in the order of `prx --help`. Lives as long as the process.
[[nodiscard]] std::span<const CommandEntry> commands();

std::unique_ptr<Command> make_chat();
std::unique_ptr<Command> make_serve();
std::unique_ptr<Command> make_sim();
std::unique_ptr<Command> make_plugin_list();
std::unique_ptr<Command> make_plugin_info();
std::unique_ptr<Command> make_plugin_verify();
std::unique_ptr<Command> make_plugin_new();
std::unique_ptr<Command> make_plugin_check();
std::unique_ptr<Command> make_config_check();
std::unique_ptr<Command> make_config_show();
std::unique_ptr<Command> make_models();
std::unique_ptr<Command> make_plan();
std::unique_ptr<Command> make_usage();
std::unique_ptr<Command> make_onboard();
std::unique_ptr<Command> make_doctor();
std::unique_ptr<Command> make_doctor_models();
std::unique_ptr<Command> make_version();
std::unique_ptr<Command> make_completion();
std::unique_ptr<Command> make_complete();
std::unique_ptr<Command> make_man_page();

}  // namespace prx::cli
