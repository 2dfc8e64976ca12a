#include "commands.hpp"

#include <array>

namespace prx::cli {

std::span<const CommandEntry> commands() {
  static constexpr std::array<CommandEntry, 7> kTable{{
      {"chat", "Send a prompt and print the answer as it comes", make_chat},
      {"plan", "Show the chain in force, or play it against targets that fail", make_plan},
      {"plugin list", "Show every provider plugin that was found, and why one is not used",
       make_plugin_list},
      {"config check", "Read the configuration and say what is wrong with it", make_config_check},
      {"config show", "Show each setting and where it comes from; keys are masked",
       make_config_show},
      {"sim", "Run a simulated OpenRouter and OpenAI endpoint on this machine", make_sim},
      {"version", "Show the versions of prx and of what it runs on", make_version},
  }};
  return kTable;
}

}  // namespace prx::cli
