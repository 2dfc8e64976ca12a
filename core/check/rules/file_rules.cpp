// What can be said of a plugin's file without running it: the shape of the ELF file.
#include "check/rules/file_rules.hpp"

#include <elf.h>

#include <algorithm>
#include <array>

#include "os/file.hpp"
#include "prx/plugin.h"

namespace prx::check {
namespace {

Result<ElfFile> read_subject(const Subject& subject) {
  PRX_TRY_SET(const auto file, os::read_file(subject.file, kFileMax, os::FileKind::kRegular));
  return read_elf(std::as_bytes(std::span(file.text)));
}

void check_shared_object(const Subject& subject, Trial& trial) {
  const auto elf = read_subject(subject);
  (void)trial.expect(elf.has_value(), "a complete ELF64 shared object for this machine",
                     elf ? "" : elf.error().message);
}

void check_entry(const Subject& subject, Trial& trial) {
  const auto elf = elf_of(subject, trial);
  if (!elf) return;
  (void)trial.expect(std::count(elf->exports.begin(), elf->exports.end(), PRX_QUERY_SYMBOL) == 1,
                     "it exports " PRX_QUERY_SYMBOL, "it does not; build it with prx_add_plugin()");
}

void check_nothing_else(const Subject& subject, Trial& trial) {
  const auto elf = elf_of(subject, trial);
  if (!elf) return;
  std::vector<std::string> others = elf->exports;
  std::erase(others, PRX_QUERY_SYMBOL);
  (void)trial.expect(
      others.empty(), "no symbol but " PRX_QUERY_SYMBOL " is exported",
      "so are " + some_of(others) + "; link with a version script, as prx_add_plugin() does");
}

void check_search_path(const Subject& subject, Trial& trial) {
  const auto elf = elf_of(subject, trial);
  if (!elf) return;
  (void)trial.expect(elf->rpath.empty(), "no RPATH", "it is " + elf->rpath);
  (void)trial.expect(elf->runpath.empty(), "no RUNPATH", "it is " + elf->runpath);
}

/// crtbeginS.o brings one function of its own (frame_dummy), crti.o the section .init.
void check_constructors(const Subject& subject, Trial& trial) {
  const auto elf = elf_of(subject, trial);
  if (!elf) return;
  if (subject.quirks.init_array)
    return trial.not_applicable("the quirk init_array says that constructors run");
  const std::size_t usual = elf->has_init ? 1 : 0;
  (void)trial.expect(elf->preinit_functions == 0, "nothing in .preinit_array",
                     std::to_string(elf->preinit_functions) + " functions are");
  (void)trial.expect(elf->init_functions <= usual, "nothing of its own in .init_array",
                     std::to_string(elf->init_functions - std::min(usual, elf->init_functions)) +
                         " constructors run when the file is loaded; make what they fill in init, "
                         "or constexpr, or declare [quirks] init_array = true");
  (void)trial.expect(elf->init_is_usual.value_or(true), "no DT_INIT function of its own",
                     "one runs when the file is loaded");
}

bool has_flags(const ElfFile& elf, std::uint32_t type, std::uint32_t flags) {
  return std::any_of(elf.segments.begin(), elf.segments.end(), [&](const ElfSegment& segment) {
    return segment.type == type && (segment.flags & flags) == flags;
  });
}

void check_stack(const Subject& subject, Trial& trial) {
  const auto elf = elf_of(subject, trial);
  if (!elf) return;
  const bool is_said = has_flags(*elf, PT_GNU_STACK, 0);
  (void)trial.expect(is_said && !has_flags(*elf, PT_GNU_STACK, PF_X),
                     "it asks for a stack that is not executable",
                     is_said ? "it asks for an executable one"
                             : "it does not say so, which makes the stack executable");
}

void check_text_relocations(const Subject& subject, Trial& trial) {
  const auto elf = elf_of(subject, trial);
  if (!elf) return;
  (void)trial.expect(!elf->has_text_relocations, "no relocation in its code",
                     "it has some; compile all of it with -fPIC");
}

void check_writable_code(const Subject& subject, Trial& trial) {
  const auto elf = elf_of(subject, trial);
  if (!elf) return;
  (void)trial.expect(!has_flags(*elf, PT_LOAD, PF_W | PF_X),
                     "no segment that is writable and executable", "it has one");
}

constexpr std::string_view kNote = "prx/plugin.h, ELF note";
constexpr std::string_view kFile = "plugin-check.md of prx's documentation, The file";

constexpr std::array kRules{
    Rule{.id = "elf.shared-object",
         .claim = "The file is a complete ELF64 shared object for this machine.",
         .source = kFile,
         .is_static = true,
         .quirks = "",
         .run = check_shared_object,
         .is_gate = true},
    Rule{.id = "note.alone",
         .claim = "The file has exactly one prx note.",
         .source = kNote,
         .is_static = true,
         .quirks = "",
         .run = check_note_alone,
         .is_gate = true},
    Rule{.id = "note.size",
         .claim = "The note has at most 8 KiB.",
         .source = kNote,
         .is_static = true,
         .quirks = "",
         .run = check_note_size},
    Rule{.id = "note.valid",
         .claim = "The note is one JSON object whose members have their types and shapes.",
         .source = kNote,
         .is_static = true,
         .quirks = "",
         .run = check_note_valid,
         .is_gate = true},
    Rule{.id = "note.known-members",
         .claim = "The note names no member and no operation that this version does not know.",
         .source = kNote,
         .is_static = true,
         .quirks = "",
         .run = check_note_members},
    Rule{.id = "elf.entry",
         .claim = "The file exports prx_plugin_query_v1.",
         .source = "prx/plugin.h, prx_plugin_query_v1",
         .is_static = true,
         .quirks = "",
         .run = check_entry,
         .is_gate = true},
    Rule{.id = "elf.one-export",
         .claim = "The file exports nothing else.",
         .source = "prx/plugin.h, prx_plugin_query_v1",
         .is_static = true,
         .quirks = "",
         .run = check_nothing_else},
    Rule{.id = "elf.needed",
         .claim = "It needs no library but those of C and C++.",
         .source = kFile,
         .is_static = true,
         .quirks = "needed",
         .run = check_needed},
    Rule{.id = "elf.provided",
         .claim = "Each symbol that it imports is asked of a library that it needs.",
         .source = kFile,
         .is_static = true,
         .quirks = "",
         .run = check_provided,
         .is_gate = true},
    Rule{.id = "elf.imports",
         .claim = "It imports nothing for threads, sockets, processes, signals or the state of the "
                  "process.",
         .source = "prx/plugin.h, prx_http and prx_exec",
         .is_static = true,
         .quirks = "imports",
         .run = check_imports},
    Rule{.id = "elf.no-search-path",
         .claim = "It has no RPATH and no RUNPATH.",
         .source = kFile,
         .is_static = true,
         .quirks = "",
         .run = check_search_path},
    Rule{.id = "elf.no-constructors",
         .claim = "No code of it runs when it is loaded.",
         .source = kFile,
         .is_static = true,
         .quirks = "init_array",
         .run = check_constructors},
    Rule{.id = "elf.glibc",
         .claim = "It runs with the glibc of Debian 12.",
         .source = kFile,
         .is_static = true,
         .quirks = "glibc_max",
         .run = check_glibc},
    Rule{.id = "elf.glibcxx",
         .claim = "It runs with the libstdc++ of Debian 12.",
         .source = kFile,
         .is_static = true,
         .quirks = "glibcxx_max",
         .run = check_glibcxx},
    Rule{.id = "elf.stack",
         .claim = "It leaves the stack not executable.",
         .source = kFile,
         .is_static = true,
         .quirks = "",
         .run = check_stack},
    Rule{.id = "elf.text-relocations",
         .claim = "Its code has no relocations.",
         .source = kFile,
         .is_static = true,
         .quirks = "",
         .run = check_text_relocations},
    Rule{.id = "elf.writable-code",
         .claim = "No segment of it is both writable and executable.",
         .source = kFile,
         .is_static = true,
         .quirks = "",
         .run = check_writable_code},
};

}  // namespace

std::optional<ElfFile> elf_of(const Subject& subject, Trial& trial) {
  auto elf = read_subject(subject);
  if (elf) return std::move(*elf);
  trial.not_applicable("the file cannot be read; see elf.shared-object");
  return std::nullopt;
}

std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() <= kShown) return text;
  return text + " and " + std::to_string(names.size() - kShown) + " more";
}

std::span<const Rule> file_rules() { return kRules; }

}  // namespace prx::check
