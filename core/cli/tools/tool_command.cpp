#include "cli/tools/tool_command.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "prx/sdk/json_edit.hpp"
#include "prx/sdk/json_peek.hpp"
#include "prx/tool_box.hpp"

namespace prx::cli {
namespace {

Unexpected<Error> bad_option(std::string text) {
  return fail(ErrorClass::kInvalidRequest, std::move(text));
}

struct NamedValue {
  std::string name, value;
};

Result<NamedValue> split(const std::string& option, const std::string& text,
                         const std::string& shape) {
  const std::size_t equals = text.find('=');
  if (!json::is_utf8(text)) return bad_option(option + ": the text is not UTF-8");
  if (equals == std::string::npos || equals == 0)
    return bad_option(option + " " + text + ": write " + shape);
  return NamedValue{text.substr(0, equals), text.substr(equals + 1)};
}

Result<void> set_member(Tool& tool, std::string_view key, std::string_view value,
                        const std::string& where) {
  if (key == "description") {
    const auto text = json::unquoted(value);
    if (!text) return bad_option(where + ": description must be a string");
    tool.description = *text;
  } else if (key == "parameters") {
    if (value.front() != '{') return bad_option(where + ": parameters must be an object");
    tool.parameters = value;
  } else if (key == "strict") {
    if (value != "true" && value != "false")
      return bad_option(where + ": strict must be true or false");
    tool.strict = value == "true";
  } else {
    return bad_option(where + ": unknown member \"" + std::string(key) +
                      "\"; write {\"description\":\"...\",\"parameters\":{...}}");
  }
  return {};
}

/// The text itself, or after an "@" that of the file it names.
Result<std::string> schema_text(const std::string& given, const std::string& where,
                                const Until& until) {
  if (!given.starts_with('@')) return given;
  auto text = read_text_file(given.substr(1), until);
  if (!text) text.error().message.insert(0, where + ": ");
  return text;
}

Result<void> apply_schema(ToolCommand& command, const std::string& given, const Until& until) {
  const std::string where = "--tool-schema " + command.tool.name;
  PRX_TRY_SET(const std::string text, schema_text(given, where, until));
  if (const auto valid = json::validate(text, ToolBox::kDepthMax); !valid)
    return bad_option(where + ": not JSON: " + valid.error().message);
  const auto object = json::ObjectIndex::parse(text);
  if (!object)
    return bad_option(where + ": write {\"description\":\"...\",\"parameters\":{...}}, one object");
  if (object->find("type") == "\"object\"")
    return bad_option(where + ": these are the parameters alone; write {\"parameters\":" +
                      "{\"type\":\"object\",...}}");
  for (const auto& member : object->members())
    PRX_TRY(set_member(command.tool, member.key, member.value, where));
  return {};
}

ToolCommand* find(std::vector<ToolCommand>& commands, std::string_view name) {
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [&](const ToolCommand& each) { return each.tool.name == name; });
  return found == commands.end() ? nullptr : &*found;
}

/// Names are judged by the box that they go into.
Result<void> check_names(const std::vector<ToolCommand>& commands) {
  ToolBox box;
  for (const ToolCommand& each : commands) {
    const auto added = box.add(each.tool, [](const ToolInput&) { return std::string(); });
    if (!added) return bad_option("--tool: " + added.error().message);
  }
  return {};
}

Result<void> apply_schemas(const ToolOptions& options, const Until& until,
                           std::vector<ToolCommand>& commands) {
  std::vector<std::string> seen;
  for (const std::string& text : options.schemas) {
    PRX_TRY_SET(auto schema, split("--tool-schema", text, "NAME=JSON or NAME=@FILE"));
    ToolCommand* const command = find(commands, schema.name);
    if (command == nullptr)
      return bad_option("--tool-schema " + schema.name + ": there is no --tool of that name");
    if (std::find(seen.begin(), seen.end(), schema.name) != seen.end())
      return bad_option("--tool-schema " + schema.name + " is given twice");
    PRX_TRY(apply_schema(*command, schema.value, until));
    seen.push_back(std::move(schema.name));
  }
  return {};
}

Result<void> check_choice(const ToolOptions& options, std::vector<ToolCommand>& commands) {
  if (!options.choice) return {};
  const std::string& choice = *options.choice;
  constexpr std::array<std::string_view, 3> kWords{"auto", "none", "required"};
  const bool is_word = std::find(kWords.begin(), kWords.end(), choice) != kWords.end();
  if (is_word || json::begins_object(choice) || find(commands, choice) != nullptr) return {};
  return bad_option("--tool-choice " + choice +
                    ": write auto, none, required or the name of a --tool");
}

Result<void> check_rounds(const ToolOptions& options) {
  if (!options.rounds_max) return {};
  const std::int64_t given = *options.rounds_max;
  if (given >= 1 && given <= RunOptions::kRoundsMax) return {};
  return bad_option("--max-rounds " + std::to_string(given) + ": write a number from 1 to " +
                    std::to_string(RunOptions::kRoundsMax));
}

Result<void> check_alone(const ToolOptions& options) {
  if (!options.schemas.empty())
    return bad_option("--tool-schema: give the --tool that it describes");
  if (options.choice) return bad_option("--tool-choice: give a --tool to choose");
  if (options.rounds_max) return bad_option("--max-rounds: is of no use without a --tool");
  return {};
}

Result<void> check_parameters(const std::vector<std::string>& parameters) {
  for (const std::string_view parameter : parameters)
    for (const std::string_view name : {"tools", "tool_choice"})
      if (parameter.starts_with(std::string(name) + "="))
        return bad_option("--param " + std::string(name) + ": use " +
                          (name == "tools" ? "--tool alone" : "--tool-choice instead"));
  return {};
}

}  // namespace

void declare_tools(Arguments& arguments, ToolOptions& options) {
  arguments.list("--tool", options.tools, "NAME=COMMAND",
                 "A shell command that the model may call; repeatable");
  arguments.list("--tool-schema", options.schemas, "NAME=JSON|@FILE",
                 "{\"description\":TEXT,\"parameters\":JSON SCHEMA} of a tool; repeatable");
  arguments.text("--tool-choice", options.choice, "CHOICE",
                 "auto, none, required, or the tool to call first",
                 {Values::Kind::kChoice, {"auto", "none", "required"}});
  arguments.integer("--max-rounds", options.rounds_max,
                    "Most answers of one run with tools, 1 to 1000 (16)");
  arguments.flag("--yes", options.yes, "Run commands without asking on the terminal");
}

Result<std::vector<ToolCommand>> read_tools(const ToolOptions& options,
                                            const std::vector<std::string>& parameters,
                                            const Until& until) {
  std::vector<ToolCommand> commands;
  if (options.tools.empty()) {
    PRX_TRY(check_alone(options));
    return commands;
  }
  PRX_TRY(check_parameters(parameters));
  for (const std::string& text : options.tools) {
    PRX_TRY_SET(auto tool, split("--tool", text, "NAME=COMMAND, e.g. --tool date=date"));
    if (tool.value.empty()) return bad_option("--tool " + tool.name + ": give it a command");
    commands.push_back({{std::move(tool.name), "", "", {}, {}}, std::move(tool.value)});
  }
  PRX_TRY(check_names(commands));
  PRX_TRY(apply_schemas(options, until, commands));
  PRX_TRY(check_choice(options, commands));
  PRX_TRY(check_rounds(options));
  return commands;
}

}  // namespace prx::cli
