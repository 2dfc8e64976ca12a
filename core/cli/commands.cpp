#include "cli/commands.hpp"

#include <array>

namespace prx::cli {

std::span<const CommandEntry> commands() {
  static constexpr std::array<CommandEntry, 20> kTable{{
      {"chat", "Send a prompt and print the answer as it comes", make_chat},
      {"serve", "Offer the chains as an OpenAI-compatible service on this machine", make_serve},
      {"models", "List models: what they can do, their context and their prices", make_models},
      {"plan", "Show the chain in force, or play it against targets that fail", make_plan},
      {"usage", "Show credit, limits and usage of the account behind each key", make_usage},
      {"onboard", "Set prx up: providers, keys, a model and fallbacks, asked or by options",
       make_onboard},
      {"doctor", "Check configuration, plugins, keys, credit, providers and models", make_doctor},
      {"doctor models", "Check the targets of every chain: do they exist, and what can they do",
       make_doctor_models},
      {"plugin list", "Show every provider plugin that was found, and why one is not used",
       make_plugin_list},
      {"plugin info", "Show what a plugin says of itself, without running it", make_plugin_info},
      {"plugin verify", "Compare the plugins' files with their sha256 pins", make_plugin_verify},
      {"plugin new", "Write the project of a new provider plugin, ready to build and test",
       make_plugin_new},
      {"plugin check", "Check a plugin against its contract, rule by rule", make_plugin_check},
      {"config check", "Read the configuration and say what is wrong with it", make_config_check},
      {"config show", "Show each setting and where it comes from; keys are masked",
       make_config_show},
      {"sim", "Run a simulated OpenRouter and OpenAI endpoint on this machine", make_sim},
      {"version", "Show the versions of prx and of what it runs on", make_version},
      {"completion", "Print what makes a shell complete prx: bash, zsh or fish", make_completion},
      {"__complete", "", make_complete},
      {"__man", "", make_man_page},
  }};
  return kTable;
}

}  // namespace prx::cli
