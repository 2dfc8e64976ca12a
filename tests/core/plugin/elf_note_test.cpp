#include <elf.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstring>
#include <functional>

#include "core/plugin/temp_dir.hpp"
#include "plugin/elf_reader.hpp"
#include "plugin/note.hpp"

namespace prx {
namespace {

using testing::fixture_bytes;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TempDir;
namespace fs = std::filesystem;

Result<std::string_view> find(const std::string& bytes) {
  return find_note(std::as_bytes(std::span(bytes)));
}

TEST(ElfNote, AFileThatWasCutIsNotAPlugin) {
  const std::string whole = fixture_bytes("good");
  const auto note = find(whole);
  ASSERT_TRUE(note);
  const std::size_t inside_note = static_cast<std::size_t>(note->data() - whole.data()) + 1;
  for (const std::size_t size : {std::size_t{100}, inside_note, whole.size() - 1}) {
    const auto found = find(whole.substr(0, size));
    ASSERT_FALSE(found) << size;
    EXPECT_THAT(found.error().message, StartsWith("damaged ELF file")) << size;
  }
}

template <class T>
void edit(std::string& bytes, std::size_t offset, const std::function<void(T&)>& change) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  change(value);
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

std::string with_header(const std::function<void(Elf64_Ehdr&)>& change) {
  std::string bytes = fixture_bytes("good");
  edit<Elf64_Ehdr>(bytes, 0, change);
  return bytes;
}

std::string with_note_segments(std::string bytes, const std::function<void(Elf64_Phdr&)>& change) {
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  for (std::size_t i = 0; i < header.e_phnum; ++i)
    edit<Elf64_Phdr>(bytes, header.e_phoff + i * sizeof(Elf64_Phdr), [&](Elf64_Phdr& segment) {
      if (segment.p_type == PT_NOTE) change(segment);
    });
  return bytes;
}

/// Offset of the prx note's header.
std::size_t note_offset(const std::string& bytes) {
  const auto text = find(bytes);
  EXPECT_TRUE(text);
  return static_cast<std::size_t>(text->data() - bytes.data()) - 4 - sizeof(Elf64_Nhdr);
}

std::string error_of(const std::string& bytes) {
  const auto note = find(bytes);
  return note ? "no error" : note.error().message;
}

TEST(FindNote, ReadsTheTextOfAPlugin) {
  const std::string bytes = fixture_bytes("good");
  const auto note = find(bytes);
  ASSERT_TRUE(note) << note.error().message;
  EXPECT_EQ(*note, R"({"id":"good","version":"1.2.3","abi":"1.0","kinds":["good"]})");
}

TEST(FindNote, NeedsNoSectionHeaders) {
  const std::string bytes = with_header([](Elf64_Ehdr& header) {
    header.e_shoff = 0;
    header.e_shnum = 0;
    header.e_shstrndx = 0;
  });
  EXPECT_TRUE(find(bytes));
}

TEST(FindNote, NeverReadsBeyondAFileCutAtAnyByteOfItsFirstPage) {
  const std::string bytes = fixture_bytes("good");
  ASSERT_GT(bytes.size(), 4096u);
  for (std::size_t size = 0; size <= 4096; ++size) {
    const auto cut =
        std::make_unique<char[]>(size);  // its own block: AddressSanitizer guards the end
    std::memcpy(cut.get(), bytes.data(), size);
    const auto note = find_note(std::as_bytes(std::span(cut.get(), size)));
    EXPECT_EQ(note.has_value(), size == bytes.size()) << size;
  }
}

TEST(FindNote, SurvivesAnyValueOfAnyByteOfItsHeaders) {
  const std::string good = fixture_bytes("good");
  for (std::size_t at = 0; at < note_offset(good) + 64; ++at)
    for (const unsigned char value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(value);
      const auto note = find(bytes);
      EXPECT_LE(note ? note->size() : 0, bytes.size());
    }
}

TEST(FindNote, RefusesWhatIsNotElf) {
  EXPECT_THAT(error_of(""), StartsWith("not an ELF file"));
  EXPECT_THAT(error_of("#!/bin/sh\nexit 0\n"), StartsWith("not an ELF file"));
}

TEST(FindNote, NamesTheOtherMachine) {
  const auto other = [](unsigned machine) {
    return error_of(with_header([&](Elf64_Ehdr& header) { header.e_machine = machine; }));
  };
  EXPECT_THAT(other(EM_RISCV), StartsWith("for another machine: riscv64; build it for this one"));
  EXPECT_THAT(other(4242), StartsWith("for another machine: ELF machine 4242"));
  EXPECT_THAT(error_of(with_header([](Elf64_Ehdr& h) { h.e_ident[EI_CLASS] = ELFCLASS32; })),
              StartsWith("for another machine: not 64-bit"));
  EXPECT_THAT(error_of(with_header([](Elf64_Ehdr& h) { h.e_ident[EI_DATA] = ELFDATA2MSB; })),
              StartsWith("for another machine: big-endian"));
}

TEST(FindNote, RefusesEveryTypeButSharedObjects) {
  for (const unsigned type : {ET_NONE, ET_REL, ET_EXEC, ET_CORE})
    EXPECT_THAT(error_of(with_header([&](Elf64_Ehdr& header) { header.e_type = type; })),
                HasSubstr("not a shared object"));
}

TEST(FindNote, RefusesProgramHeadersBeyondTheFile) {
  for (const std::uint64_t offset : {std::uint64_t{1} << 40, UINT64_MAX, UINT64_MAX - 100})
    EXPECT_THAT(error_of(with_header([&](Elf64_Ehdr& header) { header.e_phoff = offset; })),
                StartsWith("damaged ELF file"));
}

TEST(FindNote, LimitsTheNumberOfProgramHeaders) {
  const auto count = [](unsigned number) {
    return error_of(with_header([&](Elf64_Ehdr& header) { header.e_phnum = number; }));
  };
  EXPECT_THAT(count(0xffff), HasSubstr("program headers, more than 64"));
  EXPECT_THAT(count(elf::kProgramHeadersMax + 1), HasSubstr("program headers, more than 64"));
  EXPECT_THAT(count(elf::kProgramHeadersMax), Not(HasSubstr("more than 64")));
  EXPECT_THAT(count(0), StartsWith("no prx note"));
}

TEST(FindNote, RefusesProgramHeadersOfAnotherSize) {
  EXPECT_THAT(error_of(with_header([](Elf64_Ehdr& header) { header.e_phentsize = 32; })),
              HasSubstr("a size of 32"));
}

TEST(FindNote, RefusesNoteSegmentsThatLeaveTheFile) {
  const std::string good = fixture_bytes("good");
  for (const std::uint64_t offset : {std::uint64_t{good.size()}, UINT64_MAX, UINT64_MAX - 8})
    EXPECT_THAT(error_of(with_note_segments(good, [&](Elf64_Phdr& s) { s.p_offset = offset; })),
                StartsWith("damaged ELF file"));
}

TEST(FindNote, LimitsTheSizeOfANoteSegment) {
  std::string good = fixture_bytes("good");
  good.resize(good.size() + 2 * elf::kNoteSegmentMax);
  const auto sized = [&](std::uint64_t size) {
    return error_of(with_note_segments(good, [&](Elf64_Phdr& s) { s.p_filesz = size; }));
  };
  EXPECT_THAT(sized(elf::kNoteSegmentMax + 1), HasSubstr("more than 65536"));
  EXPECT_THAT(sized(UINT64_MAX), HasSubstr("more than 65536"));
  EXPECT_THAT(sized(elf::kNoteSegmentMax), Not(HasSubstr("more than 65536")));
}

TEST(FindNote, RefusesNoteSizesThatOverflow) {
  const std::string good = fixture_bytes("good");
  for (const std::uint32_t size : {0xffffffffu, 0xfffffffdu, 0x7fffffffu, 70'000u}) {
    std::string long_name = good;
    edit<Elf64_Nhdr>(long_name, note_offset(good), [&](Elf64_Nhdr& note) { note.n_namesz = size; });
    EXPECT_THAT(error_of(long_name), HasSubstr("a note's name is longer than its segment"));
    std::string long_text = good;
    edit<Elf64_Nhdr>(long_text, note_offset(good), [&](Elf64_Nhdr& note) { note.n_descsz = size; });
    EXPECT_THAT(error_of(long_text), HasSubstr("a note is longer than its segment"));
  }
}

TEST(FindNote, SkipsNotesOfOthers) {
  std::string bytes = fixture_bytes("good");
  const auto at = note_offset(bytes);
  edit<Elf64_Nhdr>(bytes, at, [](Elf64_Nhdr& note) { note.n_type = PRX_NOTE_TYPE + 1; });
  EXPECT_THAT(error_of(bytes), StartsWith("no prx note"));
  bytes = fixture_bytes("good");
  bytes[at + sizeof(Elf64_Nhdr)] = 'q';
  EXPECT_THAT(error_of(bytes), StartsWith("no prx note"));
}

TEST(Probe, AgreesWithTheReaderInMemory) {
  const auto note = probe(fs::path(PRX_FIXTURE_DIR) / "good.so");
  ASSERT_TRUE(note) << note.error().message;
  EXPECT_EQ(note->id, "good");
  EXPECT_EQ(note->version, "1.2.3");
}

TEST(Probe, FindsANoteBehindTheFirstPage) {
  const TempDir dir;
  std::string bytes = fixture_bytes("good");
  const std::string tail = bytes.substr(note_offset(bytes));
  const std::size_t moved = bytes.size() + 9'000;
  bytes.resize(moved);
  bytes += tail.substr(0, 512);
  bytes = with_note_segments(bytes, [&](Elf64_Phdr& segment) {
    segment.p_offset = moved;
    segment.p_filesz = 256;
  });
  const auto note = probe(dir.write("far.so", bytes));
  ASSERT_TRUE(note) << note.error().message;
  EXPECT_EQ(note->id, "good");
}

TEST(Probe, NamesTheFileAndTheReason) {
  const TempDir dir;
  const auto absent = probe(dir.path() / "absent.so");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().error_class, ErrorClass::kNotFound);
  EXPECT_THAT(absent.error().message,
              StartsWith((dir.path() / "absent.so").string() + ": no such file"));
  const auto text = probe(dir.write("text.so", "not a plugin"));
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().message, HasSubstr("text.so: not an ELF file"));
}

TEST(Probe, NeverWaitsForAFifo) {
  const TempDir dir;
  const auto fifo = dir.path() / "fifo.so";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const auto note = probe(fifo);
  ASSERT_FALSE(note);
  EXPECT_THAT(note.error().message, HasSubstr("not a regular file"));
}

TEST(Probe, RefusesAFolder) {
  const TempDir dir;
  const auto note = probe(dir.make_dir("folder.so"));
  ASSERT_FALSE(note);
  EXPECT_THAT(note.error().message, HasSubstr("not a regular file"));
}

}  // namespace
}  // namespace prx
