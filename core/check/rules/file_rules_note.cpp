// The note: alone, small, valid, and without members that nobody knows.
#include <algorithm>
#include <array>

#include "check/rules/file_rules.hpp"
#include "check/rules/note_names.hpp"
#include "plugin/note.hpp"
#include "prx/plugin.h"
#include "prx/sdk/json_edit.hpp"

namespace prx::check {
namespace {

/// The file's note, or nullopt after the trial was told why the rule does not apply.
std::optional<std::string> note_of(const Subject& subject, Trial& trial) {
  auto elf = elf_of(subject, trial);
  if (!elf) return std::nullopt;
  if (elf->note_count > 0) return std::move(elf->note);
  trial.not_applicable("the file has no note; see note.alone");
  return std::nullopt;
}

template <class Names>
void check_names(std::string_view object, const std::string& before, const Names& known,
                 Trial& trial) {
  const auto members = json::ObjectIndex::parse(object);
  if (!members) return;
  for (const auto& member : members->members())
    (void)trial.expect(std::any_of(known.begin(), known.end(),
                                   [&](std::string_view name) { return member.has_key(name); }),
                       "members that prx/plugin.h names",
                       "it has " + before + std::string(member.key));
}

void check_options(std::string_view config, Trial& trial) {
  const auto options = json::ObjectIndex::parse(config);
  if (!options) return;
  for (const auto& option : options->members())
    check_names(option.value, "\"config\" " + std::string(option.key) + " ", kNoteOptionMembers,
                trial);
}

void check_operations(std::string_view list, Trial& trial) {
  const auto operations = json::elements(list);
  if (!operations) return;
  for (const std::string_view operation : *operations) {
    const std::string name = json::unquoted(operation).value_or("");
    (void)trial.expect(
        std::find(kNoteOperations.begin(), kNoteOperations.end(), name) != kNoteOperations.end(),
        "operations that prx/plugin.h names", "it has " + std::string(operation));
  }
}

}  // namespace

void check_note_alone(const Subject& subject, Trial& trial) {
  const auto elf = elf_of(subject, trial);
  if (!elf) return;
  (void)trial.expect(elf->note_count == 1, "one note of the owner \"prx\" and type 1",
                     "there are " + std::to_string(elf->note_count) +
                         "; use prx_add_plugin() or PRX_PLUGIN_NOTE, once");
}

void check_note_size(const Subject& subject, Trial& trial) {
  const auto note = note_of(subject, trial);
  if (!note) return;
  (void)trial.expect(note->size() <= PRX_NOTE_MAX,
                     "at most " + std::to_string(PRX_NOTE_MAX) + " bytes", "it has more");
}

void check_note_valid(const Subject& subject, Trial& trial) {
  const auto note = note_of(subject, trial);
  if (!note) return;
  if (note->size() > PRX_NOTE_MAX)
    return trial.not_applicable("it is not read whole; see note.size");
  const auto read = parse_note(*note);
  if (!trial.expect(read.has_value(), "a note as prx/plugin.h describes it",
                    read ? "" : read.error().message))
    return;
  (void)trial.expect(read->abi_major == PRX_ABI_MAJOR,
                     "\"abi\" of major " + std::to_string(PRX_ABI_MAJOR),
                     "its major is " + std::to_string(read->abi_major));
  (void)trial.expect(
      read->needs_minor <= PRX_ABI_MINOR,
      "\"needs\" of at most " + std::to_string(PRX_ABI_MAJOR) + "." + std::to_string(PRX_ABI_MINOR),
      "it needs minor " + std::to_string(read->needs_minor));
}

void check_note_members(const Subject& subject, Trial& trial) {
  const auto note = note_of(subject, trial);
  if (!note) return;
  const auto members = json::ObjectIndex::parse(*note);
  if (!members) return trial.not_applicable("it is no object; see note.valid");
  check_names(*note, "", kNoteMembers, trial);
  if (const auto config = members->find("config")) check_options(*config, trial);
  if (const auto operations = members->find("operations")) check_operations(*operations, trial);
}

}  // namespace prx::check
