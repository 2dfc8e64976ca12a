/// \file talk_command.hpp
/// The slash commands of a conversation in the terminal: which there are, and what a line says.
/// Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/talk/line_editor.hpp"
#include "prx/sdk/error.hpp"

namespace prx::cli {

enum class TalkVerb {
  kModel,
  kProvider,
  kChain,
  kSystem,
  kImage,
  kAudio,
  kFile,
  kTools,
  kRetry,
  kClear,
  kSave,
  kLoad,
  kUsage,
  kTrace,
  kHelp,
  kQuit,
};

struct TalkVerbInfo {
  TalkVerb verb;
  std::string_view name;      ///< "/model"
  std::string_view argument;  ///< "[ID]", or ""
  std::string_view help;      ///< one line
};
[[nodiscard]] std::span<const TalkVerbInfo> talk_verbs();

struct TalkCommand {
  TalkVerb verb = TalkVerb::kHelp;
  std::string argument;  ///< without white space around it
};

/// What an entry asks for: a command, or nullopt: it is a question. Pasted text is a question, and
/// so is what begins with "//" (without the first slash; see question_text()). Errors:
/// kInvalidRequest: no such command, with the nearest one; an argument where none is taken.
[[nodiscard]] Result<std::optional<TalkCommand>> read_talk_command(const LineEditor::Entry& entry);

/// The question of an entry that is no command.
[[nodiscard]] std::string question_of(const LineEditor::Entry& entry);

/// The table for /help.
[[nodiscard]] std::string talk_help();

}  // namespace prx::cli
