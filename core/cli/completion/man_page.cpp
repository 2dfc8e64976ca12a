// prx __man: the build makes the man page by it.
#include "cli/completion/man_page.hpp"

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/output.hpp"
#include "cli/program_help.hpp"
#include "cli/versions.hpp"

namespace prx::cli {
namespace {

/// Characters that roff or a terminal would show otherwise.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '"':
        out += "\\(dq";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// A line of text; one that begins with a dot is no request.
std::string text_line(std::string_view text) {
  return (text.starts_with('.') ? "\\&" : "") + escaped(text) + '\n';
}

/// The same cut at blanks, for text that is filled: manual pages have short lines.
std::string filled(std::string_view text) {
  constexpr std::size_t kWidth = 72;
  std::string out;
  while (text.size() > kWidth) {
    std::size_t end = text.rfind(' ', kWidth);
    if (end == std::string_view::npos || end == 0) end = text.find(' ', 1);
    if (end == std::string_view::npos) break;
    out += text_line(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return out + text_line(text);
}

std::string bold(std::string_view text) { return "\\fB" + escaped(text) + "\\fP"; }

std::string section(std::string_view title) { return ".SH \"" + std::string(title) + "\"\n"; }

std::string entry(const std::string& term, std::string_view text) {
  return ".TP\n" + term + '\n' + filled(text);
}

std::string option_entry(const OptionFacts& option) {
  std::string term;
  for (const std::string& name : option.names) term += (term.empty() ? "" : ", ") + bold(name);
  if (option.takes_value()) term += " \\fI" + escaped(option.value_name) + "\\fP";
  return entry(term, option.help);
}

std::string without(std::string text, std::string_view part) {
  const std::size_t at = text.find(part);
  return at == std::string::npos ? text : text.erase(at, part.size());
}

bool is_global(const std::vector<OptionFacts>& globals, const OptionFacts& option) {
  return std::any_of(globals.begin(), globals.end(), [&](const OptionFacts& global) {
    return global.names == option.names && global.help == option.help;
  });
}

std::string verb_text(const CommandEntry& verb, const std::vector<OptionFacts>& globals) {
  const VerbFacts facts = facts_of(verb);
  std::string text =
      ".SS \"" + escaped(facts.help.usage) + "\"\n" + roff_text(facts.help.description);
  for (const OptionFacts& option : facts.options)
    if (!is_global(globals, option)) text += option_entry(option);
  const std::string end = without(facts.help.epilogue, exit_codes_help());
  return end.empty() ? text : text + ".PP\n" + roff_text(end);
}

std::string synopsis(std::span<const CommandEntry> table) {
  std::string text = section("SYNOPSIS");
  bool first = true;
  for (const CommandEntry& verb : table) {
    if (verb.is_hidden()) continue;
    const std::string usage = facts_of(verb).help.usage;
    const std::string name = "prx " + std::string(verb.name);
    text += (first ? "" : ".br\n") + bold(name) +
            escaped(usage.substr(std::min(name.size(), usage.size()))) + '\n';
    first = false;
  }
  return text;
}

/// "  0    the answer is complete": a code with what it means.
std::string exit_status() {
  std::string text = section("EXIT STATUS");
  std::string_view rest = exit_codes_help();
  rest.remove_prefix(rest.find('\n') + 1);
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const std::string_view code = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.find_first_not_of(' ', code.size()), line.size()));
    text += entry(bold(code), line);
  }
  return text;
}

std::string environment() {
  std::string text = section("ENVIRONMENT");
  for (const auto& [name, what] : program_variables()) text += entry(bold(name), what);
  text += entry(bold("OPENROUTER_API_KEY") + ", " + bold("OPENAI_API_KEY"),
                "keys; each provider's plugin names its own variables for key and base URL");
  return text + entry(bold("NO_COLOR"), "not empty: nothing is colored");
}

std::string files() {
  return section("FILES") +
         entry("\\fI$XDG_CONFIG_HOME/prx/config.toml\\fP, \\fI\\(ti/.config/prx/config.toml\\fP",
               "the user's configuration; prx config show prints what it says") +
         entry("\\fI$XDG_DATA_HOME/prx/plugins\\fP, \\fI\\(ti/.local/share/prx/plugins\\fP",
               "the user's plugins; prx plugin list prints every folder's") +
         entry("\\fI$XDG_CACHE_HOME/prx/models\\fP, \\fI\\(ti/.cache/prx/models\\fP",
               "lists of models that prx models fetched; they hold no key");
}

std::string own_version() {
  for (const NamedVersion& version : versions())
    if (version.name == "prx") return version.version;
  return {};
}

class ManPage final : public Command {
 public:
  HelpText help() const override { return {"prx __man", "Prints the man page, prx.1.", ""}; }
  void declare(Arguments&) override {}
  int run(const GlobalOptions&) override { return print(man_page(commands())); }
};

}  // namespace

std::string roff_text(std::string_view text) {
  std::string out;
  bool kept = false;       // lines stay as they are
  bool paragraph = false;  // one is to begin
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const bool keeps = line.starts_with(' ');
    if (kept && !keeps) out += ".fi\n";
    paragraph = !out.empty() && (paragraph || line.empty() || keeps != kept);
    if (paragraph && !line.empty()) out += ".PP\n";
    if (keeps && !kept) out += ".nf\n";
    if (!line.empty()) {
      out += keeps ? text_line(line) : filled(line);
      paragraph = false;
    }
    kept = keeps;
  }
  return kept ? out + ".fi\n" : out;
}

std::string man_page(std::span<const CommandEntry> table) {
  const std::vector<OptionFacts> globals = program_options();
  std::string text =
      ".\\\" Made by the program itself: prx __man\n"
      ".TH PRX 1 \"\" \"prx " +
      escaped(own_version()) + "\" \"User Commands\"\n" + section("NAME") +
      "prx \\- ask large language models through provider plugins\n" + synopsis(table) +
      section("DESCRIPTION") +
      filled(
          "prx asks large language models, through provider plugins. Without a configuration it "
          "asks OpenRouter, and needs only its key. Providers, fallbacks and limits are set in a "
          "TOML file. Answers go to standard output, everything else to standard error.") +
      section("OPTIONS") + "Every verb takes them, before or after it.\n";
  for (const OptionFacts& option : globals) text += option_entry(option);
  text += section("COMMANDS");
  for (const CommandEntry& verb : table)
    if (!verb.is_hidden()) text += verb_text(verb, globals);
  text +=
      environment() + files() + exit_status() + section("EXAMPLES") + roff_text(program_examples());
  return text + section("SEE ALSO") + bold("prx") + " \\fIVERB\\fP " + bold("--help") +
         " for one verb alone.\n";
}

std::unique_ptr<Command> make_man_page() { return std::make_unique<ManPage>(); }

}  // namespace prx::cli
