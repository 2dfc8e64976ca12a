#include "cli/program_help.hpp"

#include <array>

#include "cli/exit_codes.hpp"
#include "cli/output.hpp"

namespace prx::cli {
namespace {

using Variable = std::pair<std::string_view, std::string_view>;

constexpr std::array<Variable, 6> kVariables{{
    {"PRX_CONFIG", "configuration file, unless --config names one"},
    {"PRX_PROVIDER", "provider to ask, unless --provider names one"},
    {"PRX_CHAIN", "chain to use, unless --chain names one"},
    {"PRX_MODEL", "model to ask for, unless --model names one"},
    {"PRX_PLUGIN_PATH", "folders with more plugins, separated by colons"},
    {"PRX_NO_PLUGINS", "1: search for and load no plugin; 0, false, no, off: as unset"},
}};

std::string variable_lines() {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, text] : kVariables)
    rows.push_back({"  " + std::string(name), std::string(text)});
  return table_text(rows);
}

}  // namespace

const std::vector<std::string>& log_levels() {
  static const std::vector<std::string> kLevels{"trace", "debug", "info", "warn", "error", "off"};
  return kLevels;
}

void declare_globals(Arguments& arguments, GlobalOptions& globals, const ConfigOption& config) {
  arguments.text("--config", globals.config, config.value_name, config.help);
  arguments.flag("--no-config", globals.no_config, "Read no configuration file");
  arguments.text("--log-level", globals.log_level, "LEVEL",
                 "Log to stderr: trace, debug, info, warn, error or off",
                 {Values::Kind::kChoice, log_levels()});
}

void declare_program(Arguments& arguments, GlobalOptions& globals, bool& version) {
  declare_globals(arguments, globals, {});
  arguments.flag("--version", version, "As prx version");
}

std::string verb_lines(std::span<const CommandEntry> table, std::string_view group) {
  std::vector<std::vector<std::string>> rows;
  for (const CommandEntry& entry : table) {
    if (entry.is_hidden()) continue;
    if (group.empty() || entry.name.starts_with(std::string(group) + " "))
      rows.push_back({"  " + std::string(entry.name), std::string(entry.summary)});
  }
  return table_text(rows);
}

std::string_view program_examples() {
  return "  export OPENROUTER_API_KEY=...        the only thing that prx needs to know\n"
         "  prx chat \"Why is the sky blue?\"      the answer streams to stdout\n"
         "  prx config check                     before you rely on a new configuration\n";
}

std::span<const Variable> program_variables() { return kVariables; }

HelpText program_help(std::span<const CommandEntry> table) {
  HelpText help;
  help.usage = "prx [OPTIONS] VERB ...";
  help.description = "prx asks large language models, through provider plugins.\n\nVerbs:\n" +
                     verb_lines(table, {});
  help.description.pop_back();  // Arguments ends it
  help.epilogue = "Run prx VERB --help for the options of a verb.\n\nExamples:\n" +
                  std::string(program_examples()) + "\nEnvironment:\n" + variable_lines() +
                  "  Each provider's plugin names its own variables for key and base URL.\n\n" +
                  std::string(exit_codes_help());
  return help;
}

VerbFacts facts_of(const CommandEntry& entry) {
  const std::unique_ptr<Command> command = entry.make();
  VerbFacts facts;
  facts.help = command->help();
  GlobalOptions globals;
  Arguments arguments(facts.help);
  command->declare(arguments);
  declare_globals(arguments, globals, command->config_option());
  facts.options = arguments.options();
  facts.words = arguments.word_values();
  return facts;
}

std::vector<OptionFacts> program_options() {
  GlobalOptions globals;
  bool version = false;
  Arguments arguments(HelpText{});
  declare_program(arguments, globals, version);
  return arguments.options();
}

}  // namespace prx::cli
