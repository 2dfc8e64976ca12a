/// \file file_rules.hpp
/// What the rules of the file share. Internal to rules/file_rules*.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check/elf_file.hpp"
#include "check/rule.hpp"

namespace prx::check {

/// The subject's file, or nullopt after the trial was told why the rule does not apply: a file that
/// cannot be read is the finding of elf.shared-object alone.
[[nodiscard]] std::optional<ElfFile> elf_of(const Subject& subject, Trial& trial);

/// "a, b and 3 more".
[[nodiscard]] std::string some_of(const std::vector<std::string>& names);

void check_note_alone(const Subject& subject, Trial& trial);
void check_note_size(const Subject& subject, Trial& trial);
void check_note_valid(const Subject& subject, Trial& trial);
void check_note_members(const Subject& subject, Trial& trial);

void check_needed(const Subject& subject, Trial& trial);
void check_provided(const Subject& subject, Trial& trial);
void check_imports(const Subject& subject, Trial& trial);
void check_glibc(const Subject& subject, Trial& trial);
void check_glibcxx(const Subject& subject, Trial& trial);

}  // namespace prx::check
