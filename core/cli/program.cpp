// The program but for its verbs: finds the verb that was named, prints help, explains slips.
#include <algorithm>

#include "cli/command.hpp"
#include "cli/exit_codes.hpp"
#include "cli/output.hpp"
#include "cli/program_help.hpp"
#include "config/did_you_mean.hpp"

namespace prx::cli {
namespace {

using Words = std::vector<std::string>;

Result<void> check_globals(const GlobalOptions& globals) {
  if (globals.config && globals.no_config)
    return fail(ErrorClass::kInvalidRequest, "--config and --no-config exclude each other");
  if (!globals.log_level) return {};
  const auto& levels = log_levels();
  if (std::find(levels.begin(), levels.end(), *globals.log_level) != levels.end()) return {};
  std::string text =
      "--log-level " + *globals.log_level + ": use trace, debug, info, warn, error or off";
  return fail(ErrorClass::kInvalidRequest, std::move(text));
}

int usage_error(const std::string& text) {
  message(text);
  return kExitUsage;
}

/// The words that may stand where the unknown one stands.
std::vector<std::string_view> valid_words(std::span<const CommandEntry> table,
                                          std::string_view group) {
  std::vector<std::string_view> words;
  for (const CommandEntry& entry : table) {
    if (entry.is_hidden()) continue;
    std::string_view name = entry.name;
    if (!group.empty()) {
      if (!name.starts_with(std::string(group) + " ")) continue;
      name.remove_prefix(group.size() + 1);
    }
    words.push_back(name.substr(0, name.find(' ')));
  }
  if (group.empty()) words.push_back("help");
  return words;
}

int unknown_verb(std::span<const CommandEntry> table, const std::string& group,
                 const std::string& word) {
  const std::string_view near = config::nearest(word, valid_words(table, group));
  std::string text = "unknown verb '" + (group.empty() ? word : group + " " + word) + "'; ";
  if (near.empty()) return usage_error(text + "prx --help lists them");
  return usage_error(text + "did you mean " + (group.empty() ? "" : group + " ") +
                     std::string(near) + "?");
}

bool is_group(std::span<const CommandEntry> table, const std::string& word) {
  return std::any_of(table.begin(), table.end(),
                     [&](const CommandEntry& entry) { return entry.name.starts_with(word + " "); });
}

const CommandEntry* find(std::span<const CommandEntry> table, const std::string& name) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const CommandEntry& entry) { return entry.name == name; });
  return found == table.end() ? nullptr : &*found;
}

bool asks_for_json(const Words& arguments) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::find(arguments.begin(), end, "--json") != end;
}

int run_command(const CommandEntry& entry, GlobalOptions globals, const Words& arguments) {
  const std::unique_ptr<Command> command = entry.make();
  Arguments options(command->help());
  command->declare(options);
  declare_globals(options, globals, command->config_option());
  const auto outcome = options.parse(arguments);
  if (!outcome) return command->refuse(outcome.error(), asks_for_json(arguments));
  if (*outcome == Arguments::Outcome::kHelp) return print(options.help());
  if (const auto checked = check_globals(globals); !checked)
    return command->refuse(checked.error(), asks_for_json(arguments));
  return command->run(globals);
}

/// `prx plugin` alone, or with a word that is no verb of the group.
int run_group(std::span<const CommandEntry> table, const Words& words) {
  const std::string& group = words[0];
  const bool asks_help = words.size() > 1 && (words[1] == "--help" || words[1] == "-h");
  if (words.size() > 1 && !asks_help) return unknown_verb(table, group, words[1]);
  const std::string text =
      "Usage: prx " + group + " VERB ...\n\nVerbs:\n" + verb_lines(table, group);
  if (asks_help) return print(text);
  return usage_error(group + ": which verb? prx " + group + " --help lists them");
}

int run_verb(std::span<const CommandEntry> table, const GlobalOptions& globals, Words words) {
  if (words[0] == "help") {  // prx help [VERB]: as prx [VERB] --help
    words.erase(words.begin());
    words.push_back("--help");
    return run_program(table, words);
  }
  std::string name = words[0];
  std::size_t taken = 1;
  if (words.size() > 1 && find(table, name + " " + words[1]) != nullptr) {
    name += " " + words[1];
    taken = 2;
  } else if (is_group(table, name) && find(table, name) == nullptr) {
    return run_group(table, words);
  }
  const CommandEntry* const entry = find(table, name);
  if (entry == nullptr) return unknown_verb(table, {}, name);
  return run_command(*entry, globals,
                     Words(words.begin() + static_cast<std::ptrdiff_t>(taken), words.end()));
}

}  // namespace

int Command::refuse(const Error& error, bool) const { return usage_error(error.message); }

int run_program(std::span<const CommandEntry> table, const std::vector<std::string>& arguments) {
  GlobalOptions globals;
  bool version = false;
  Words words;
  Arguments options(program_help(table));
  declare_program(options, globals, version);
  options.rest(words);
  const auto outcome = options.parse(arguments);
  if (!outcome) return usage_error(outcome.error().message);
  if (*outcome == Arguments::Outcome::kHelp) return print(options.help());
  if (version) words = {"version"};
  if (words.empty()) return usage_error("which verb? prx --help lists them");
  return run_verb(table, globals, std::move(words));
}

}  // namespace prx::cli
