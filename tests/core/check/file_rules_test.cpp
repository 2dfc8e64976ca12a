// The rules of the file: the honest plugin keeps them all, and each is broken by a file of its own,
// made by a linker (mutants/static_mutants.cmake) or by a change of bytes (here).
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstring>
#include <functional>
#include <set>
#include <span>

#include "check/elf_file.hpp"
#include "check/rule.hpp"
#include "check/rules/note_names.hpp"
#include "check_fixture.hpp"
#include "file_mutations.hpp"

namespace prx::check {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Ids of the static rules that fail for a file; they run here, since they run nothing of it.
std::set<std::string> failing(const Subject& subject) {
  std::set<std::string> ids;
  for (const Rule& rule : file_rules()) {
    Trial trial(1);
    rule.run(subject, trial);
    EXPECT_TRUE(trial.expectations() > 0 || !trial.why_not().empty()) << rule.id;
    if (trial.failed() > 0) ids.emplace(rule.id);
  }
  return ids;
}

class OneFile : public ::testing::Test {
 protected:
  OneFile() {
    std::string name = (std::filesystem::temp_directory_path() / "prx-check-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~OneFile() override { std::filesystem::remove_all(folder_); }

  Subject subject_with(const std::string& bytes) {
    const auto file = folder_ / "plugin.so";
    std::ofstream(file, std::ios::binary) << bytes;
    return subject_of(file);
  }

 private:
  std::filesystem::path folder_;
};
class ChangedFile : public OneFile, public ::testing::WithParamInterface<FileMutation> {};

TEST(FileRules, TheHonestPluginKeepsThemAll) {
  EXPECT_THAT(failing(subject_of(mutant_file("honest"))), IsEmpty());
}

TEST_P(ChangedFile, BreaksItsRuleAndNoOther) {
  std::string bytes = bytes_of(mutant_file("honest"));
  ASSERT_TRUE(GetParam().change(bytes)) << "the honest plugin has no such place";
  EXPECT_THAT(failing(subject_with(bytes)), ElementsAre(std::string(GetParam().rule)));
}

INSTANTIATE_TEST_SUITE_P(FileRules, ChangedFile, ::testing::ValuesIn(file_mutations()),
                         [](const auto& test) {
                           std::string name;
                           bool up = true;
                           for (const char c : test.param.name) {
                             if (c == ' ') up = true;
                             if (c == ' ') continue;
                             name += up && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
                             up = false;
                           }
                           return name;
                         });

TEST(FileRules, AQuirkThatDeclaresItLiftsIt) {
  const std::pair<std::string, void (*)(Quirks&)> lifted[] = {
      {"needs_more", [](Quirks& quirks) { quirks.needed = {"libresolv.so.2"}; }},
      {"constructor", [](Quirks& quirks) { quirks.init_array = true; }},
      {"starts_thread",
       [](Quirks& quirks) {
         quirks.imports = {
             "_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_"
             "EEPFvvE"};
       }},
  };
  for (const auto& [mutant, declare] : lifted) {
    Subject subject = subject_of(mutant_file(mutant));
    EXPECT_FALSE(failing(subject).empty()) << mutant;
    declare(subject.quirks);
    EXPECT_THAT(failing(subject), IsEmpty()) << mutant;
  }
}

TEST(FileRules, AQuirkOfAVersionMovesTheFloor) {
  Subject subject = subject_of(mutant_file("honest"));
  subject.quirks.glibc_max = "2.13";
  subject.quirks.glibcxx_max = "3.4.28";
  EXPECT_THAT(failing(subject), ElementsAre("elf.glibc", "elf.glibcxx"));
}

std::string finding_of(const Subject& subject, std::string_view id) {
  for (const Rule& rule : file_rules()) {
    if (rule.id != id) continue;
    Trial trial(1);
    rule.run(subject, trial);
    return trial.findings().empty() ? "" : trial.findings().front().happened;
  }
  return "";
}

TEST(FileRules, PackedRelocationsAreOfGlibc236) {
  Subject subject = subject_of(mutant_file("packed_relocations"));
  const std::string bytes = bytes_of(subject.file);
  const auto elf = read_elf(std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(elf);
  const bool is_packed =
      std::any_of(elf->versions.begin(), elf->versions.end(),
                  [](const auto& version) { return version.name == "GLIBC_ABI_DT_RELR"; });
  if (!is_packed) GTEST_SKIP() << "this linker does not pack them";
  EXPECT_THAT(failing(subject), IsEmpty());
  subject.quirks.glibc_max = "2.35";
  EXPECT_THAT(failing(subject), ElementsAre("elf.glibc"));
  EXPECT_THAT(finding_of(subject, "elf.glibc"), HasSubstr("glibc_max"));
}

TEST_F(OneFile, WithAVersionOfNoReleaseIsNotToldOfAQuirk) {
  std::string bytes = bytes_of(mutant_file("honest"));
  const std::size_t version = bytes.find(std::string("\0GLIBC_2.", 9));
  ASSERT_NE(version, bytes.npos);
  for (std::size_t at = version + 7; bytes[at] != '\0'; ++at) bytes[at] = 'P';
  const Subject subject = subject_with(bytes);
  EXPECT_THAT(failing(subject), ElementsAre("elf.glibc"));
  EXPECT_THAT(finding_of(subject, "elf.glibc"),
              AllOf(HasSubstr("GLIBC_P"), HasSubstr("do without it"), Not(HasSubstr("quirk"))));
}

TEST(FileRules, TheNamesOfANoteAreThoseOfThePluginHeader) {
  const std::string header = bytes_of(PRX_SOURCE_DIR "/sdk/include/prx/plugin.h");
  const std::size_t begin = header.find("member              value");
  const std::string table = header.substr(begin, header.find("*/", begin) - begin);
  std::set<std::string> said;
  for (std::size_t at = table.find("\n *    \""); at != table.npos;) {
    std::size_t quote = table.find('"', at);
    const std::size_t value = at + 27;  // where the second column begins
    while (quote < value) {
      const std::size_t end = table.find('"', quote + 1);
      said.insert(table.substr(quote + 1, end - quote - 1));
      quote = table.find('"', end + 1);
    }
    at = table.find("\n *    \"", at + 1);
  }
  EXPECT_EQ(said, std::set<std::string>(kNoteMembers.begin(), kNoteMembers.end()));
  for (const std::string_view name : kNoteOptionMembers)
    EXPECT_THAT(table, HasSubstr('"' + std::string(name) + '"'));
  for (const std::string_view name : kNoteOperations)
    EXPECT_THAT(table, HasSubstr('"' + std::string(name) + '"'));
}

}  // namespace
}  // namespace prx::check
