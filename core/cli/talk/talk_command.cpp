#include "cli/talk/talk_command.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "cli/output.hpp"
#include "config/did_you_mean.hpp"
#include "config/trimmed.hpp"

namespace prx::cli {
namespace {

constexpr std::array<TalkVerbInfo, 16> kVerbs{{
    {TalkVerb::kModel, "/model", "[ID]", "Show or change the model"},
    {TalkVerb::kProvider, "/provider", "[NAME]", "Show or change the provider"},
    {TalkVerb::kChain, "/chain", "[NAME]", "Show or change the chain"},
    {TalkVerb::kSystem, "/system", "[TEXT]", "Show or set the system message; - takes it away"},
    {TalkVerb::kImage, "/image", "FILE|URL", "Attach an image to the next question"},
    {TalkVerb::kAudio, "/audio", "FILE", "Attach a sound to the next question"},
    {TalkVerb::kFile, "/file", "FILE|URL", "Attach a file to the next question"},
    {TalkVerb::kTools, "/tools", "[on|off]",
     "Show the tools that the model may call, or turn them"},
    {TalkVerb::kRetry, "/retry", "", "Ask the last question again"},
    {TalkVerb::kClear, "/clear", "", "Begin a new conversation"},
    {TalkVerb::kSave, "/save", "FILE", "Save the conversation as JSON"},
    {TalkVerb::kLoad, "/load", "FILE", "Go on with a saved conversation"},
    {TalkVerb::kUsage, "/usage", "", "Show tokens and cost of this conversation"},
    {TalkVerb::kTrace, "/trace", "[on|off]", "Show the attempts of the last answer, or of all"},
    {TalkVerb::kHelp, "/help", "", "Show this"},
    {TalkVerb::kQuit, "/quit", "", "Leave, as Ctrl-D does"},
}};

bool is_question(const LineEditor::Entry& entry) {
  return entry.pasted || !entry.text.starts_with('/') || entry.text.starts_with("//");
}

Unexpected<Error> unknown(std::string_view name) {
  std::vector<std::string_view> names;
  for (const TalkVerbInfo& info : kVerbs) names.push_back(info.name);
  const std::string_view near = config::nearest(name, names);
  std::string text = "there is no command " + std::string(name);
  text += near.empty() ? "; /help shows them" : "; did you mean " + std::string(near) + "?";
  return fail(ErrorClass::kInvalidRequest,
              text + " (a question that begins with / is written with //)");
}

}  // namespace

std::span<const TalkVerbInfo> talk_verbs() { return kVerbs; }

Result<std::optional<TalkCommand>> read_talk_command(const LineEditor::Entry& entry) {
  if (is_question(entry)) return std::optional<TalkCommand>();
  const std::string line = config::trimmed(entry.text);
  const auto space = line.find_first_of(" \t\r\n");
  const std::string name = line.substr(0, space);
  std::string argument = space == std::string::npos ? "" : config::trimmed(line.substr(space));
  const auto info = std::find_if(kVerbs.begin(), kVerbs.end(),
                                 [&](const TalkVerbInfo& one) { return one.name == name; });
  if (info == kVerbs.end()) return unknown(name);
  const std::string usage = std::string(info->name) + ' ' + std::string(info->argument);
  if (info->argument.empty() && !argument.empty())
    return fail(ErrorClass::kInvalidRequest, name + " takes no argument");
  if (!info->argument.empty() && !info->argument.starts_with('[') && argument.empty())
    return fail(ErrorClass::kInvalidRequest, "write " + usage);
  return std::optional(TalkCommand{info->verb, std::move(argument)});
}

std::string question_of(const LineEditor::Entry& entry) {
  const bool escaped = !entry.pasted && entry.text.starts_with("//");
  return entry.text.substr(escaped ? 1 : 0);
}

std::string talk_help() {
  std::vector<std::vector<std::string>> rows;
  for (const TalkVerbInfo& info : kVerbs)
    rows.push_back(
        {"  " + std::string(info.name) + ' ' + std::string(info.argument), std::string(info.help)});
  return table_text(rows) +
         "\n  Ctrl-C stops the answer. \\ at the end of a line goes on in the next one; lines\n"
         "  between \"\"\" and \"\"\" are one question, and so are pasted ones.\n";
}

}  // namespace prx::cli
