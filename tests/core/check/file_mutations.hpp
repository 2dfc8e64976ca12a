/// \file file_mutations.hpp
/// Changes of a plugin's bytes that break one rule of the file each.
#pragma once

#include <elf.h>

#include <cstring>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "prx/plugin.h"

namespace prx::check {

struct FileMutation {
  std::string_view rule;
  std::string_view name;                           ///< of the test
  std::function<bool(std::string& bytes)> change;  ///< false: there was nothing to change
  friend void PrintTo(const FileMutation& each, std::ostream* out) { *out << each.name; }
};

namespace mutation {

template <class T>
T read(const std::string& bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}
template <class T>
void put(std::string& bytes, std::size_t at, const T& value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

/// Every occurrence; texts of the same length.
inline bool replace(std::string& bytes, std::string_view from, std::string_view to) {
  bool any = false;
  for (auto at = bytes.find(from); at != bytes.npos; at = bytes.find(from, at + 1)) {
    bytes.replace(at, to.size(), to);
    any = true;
  }
  return any && from.size() == to.size();
}

/// Changes the first segment of a type.
inline bool change_segment(std::string& bytes, std::uint32_t type,
                           const std::function<void(Elf64_Phdr&)>& change) {
  const auto header = read<Elf64_Ehdr>(bytes, 0);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    const std::size_t at = header.e_phoff + i * sizeof(Elf64_Phdr);
    auto segment = read<Elf64_Phdr>(bytes, at);
    if (segment.p_type != type) continue;
    change(segment);
    put(bytes, at, segment);
    return true;
  }
  return false;
}

inline bool change_dynamic(std::string& bytes, std::int64_t tag,
                           const std::function<void(Elf64_Dyn&)>& change) {
  Elf64_Phdr dynamic{};
  if (!change_segment(bytes, PT_DYNAMIC, [&](Elf64_Phdr& segment) { dynamic = segment; }))
    return false;
  for (std::size_t at = dynamic.p_offset; at < dynamic.p_offset + dynamic.p_filesz;
       at += sizeof(Elf64_Dyn)) {
    auto entry = read<Elf64_Dyn>(bytes, at);
    if (entry.d_tag != tag) continue;
    change(entry);
    put(bytes, at, entry);
    return true;
  }
  return false;
}

/// The section headers say where the symbols and their names are.
inline Elf64_Shdr section(const std::string& bytes, std::uint32_t type) {
  const auto header = read<Elf64_Ehdr>(bytes, 0);
  for (unsigned i = 0; i < header.e_shnum; ++i)
    if (const auto each = read<Elf64_Shdr>(bytes, header.e_shoff + i * sizeof(Elf64_Shdr));
        each.sh_type == type)
      return each;
  return {};
}

/// Changes a dynamic symbol, or its version's number.
inline bool change_symbol(
    std::string& bytes, std::string_view name,
    const std::function<void(Elf64_Sym& symbol, Elf64_Versym& version)>& change) {
  const auto header = read<Elf64_Ehdr>(bytes, 0);
  const auto symbols = section(bytes, SHT_DYNSYM), versions = section(bytes, SHT_GNU_versym);
  const auto names = read<Elf64_Shdr>(bytes, header.e_shoff + symbols.sh_link * sizeof(Elf64_Shdr));
  for (std::size_t i = 0; i < symbols.sh_size / sizeof(Elf64_Sym); ++i) {
    const std::size_t at = symbols.sh_offset + i * sizeof(Elf64_Sym);
    const std::size_t version_at = versions.sh_offset + i * sizeof(Elf64_Versym);
    auto symbol = read<Elf64_Sym>(bytes, at);
    if (name != bytes.data() + names.sh_offset + symbol.st_name) continue;
    auto version = read<Elf64_Versym>(bytes, version_at);
    change(symbol, version);
    put(bytes, at, symbol);
    put(bytes, version_at, version);
    return true;
  }
  return false;
}

}  // namespace mutation

inline std::vector<FileMutation> file_mutations() {
  using namespace mutation;
  const auto text = [](std::string_view from, std::string_view to) {
    return [from, to](std::string& bytes) { return replace(bytes, from, to); };
  };
  const auto segment = [](std::uint32_t type, std::uint32_t flags) {
    return [type, flags](std::string& bytes) {
      return change_segment(bytes, type, [&](Elf64_Phdr& each) { each.p_flags |= flags; });
    };
  };
  const auto dynamic = [](std::int64_t tag, void (*change)(Elf64_Dyn&)) {
    return [tag, change](std::string& bytes) { return change_dynamic(bytes, tag, change); };
  };
  const auto symbol = [](std::string_view name, void (*change)(Elf64_Sym&, Elf64_Versym&)) {
    return [name, change](std::string& bytes) { return change_symbol(bytes, name, change); };
  };
  using Symbol = Elf64_Sym&;
  using Version = Elf64_Versym&;
  return {
      {"elf.shared-object", "a file that was cut",
       [](std::string& bytes) {
         bytes.resize(bytes.size() / 2);
         return true;
       }},
      {"elf.shared-object", "a program",
       [](std::string& bytes) {
         auto header = read<Elf64_Ehdr>(bytes, 0);
         header.e_type = ET_EXEC;
         put(bytes, 0, header);
         return true;
       }},
      {"elf.shared-object", "another machine",
       [](std::string& bytes) {
         auto header = read<Elf64_Ehdr>(bytes, 0);
         header.e_machine = EM_S390;
         put(bytes, 0, header);
         return true;
       }},
      {"elf.shared-object", "no dynamic section",
       [](std::string& bytes) {
         return change_segment(bytes, PT_DYNAMIC, [](Elf64_Phdr& each) { each.p_type = PT_NULL; });
       }},
      {"note.alone", "no note",
       text(std::string_view("\1\0\0\0prx\0", 8), std::string_view("\1\0\0\0prz\0", 8))},
      {"note.size", "a note that is too long",
       [](std::string& bytes) {
         const auto at = bytes.find(std::string_view("\1\0\0\0prx\0", 8));
         if (at == bytes.npos) return false;
         put(bytes, at - 4, std::uint32_t{PRX_NOTE_MAX + 1});
         return change_segment(bytes, PT_NOTE, [&](Elf64_Phdr& each) {
           each.p_filesz = at + 8 + PRX_NOTE_MAX + 1 - each.p_offset;
         });
       }},
      {"note.valid", "a note with a member of a wrong type",
       text(R"("key_env": "MUTANT_API_KEY")", R"("key_env": 1234567890123456)")},
      {"note.valid", "a note that needs a later minor",
       text(R"("abi": "1.0","needs": "1.0")", R"("abi": "1.9","needs": "1.9")")},
      {"note.valid", "a note that is no JSON", text(R"({"id": )", R"(["id": )")},
      {"note.known-members", "a misspelt member", text(R"("default_model")", R"("default_modle")")},
      {"note.known-members", "an unknown operation", text(R"("health")", R"("haelth")")},
      {"note.known-members", "a misspelt member of an option", text(R"("help": )", R"("hlep": )")},
      {"elf.entry", "no entry",
       symbol(PRX_QUERY_SYMBOL, [](Symbol each, Version) { each.st_info = STT_FUNC; })},
      {"elf.one-export", "another export",
       symbol("realloc", [](Symbol each, Version) { each.st_shndx = 1; })},
      {"elf.needed", "another library", text("libm.so.6", "libx.so.6")},
      {"elf.provided", "an import that nothing provides",
       symbol("realloc", [](Symbol, Version version) { version = 1; })},
      {"elf.imports", "an import for sockets",
       text(std::string_view("\0realloc\0", 9), std::string_view("\0connect\0", 9))},
      {"elf.no-search-path", "an rpath",
       dynamic(DT_FLAGS_1,
               [](Elf64_Dyn& each) {
                 each = {DT_RPATH, {1}};
               })},
      {"elf.no-search-path", "a runpath",
       dynamic(DT_FLAGS_1,
               [](Elf64_Dyn& each) {
                 each = {DT_RUNPATH, {1}};
               })},
      {"elf.no-constructors", "a second init function",
       dynamic(DT_INIT_ARRAYSZ, [](Elf64_Dyn& each) { each.d_un.d_val += 8; })},
      {"elf.no-constructors", "an init function of its own",
       dynamic(DT_INIT, [](Elf64_Dyn& each) { each.d_un.d_ptr += 64; })},
      {"elf.no-constructors", "a preinit array",
       dynamic(DT_FLAGS_1,
               [](Elf64_Dyn& each) {
                 each = {DT_PREINIT_ARRAYSZ, {8}};
               })},
      {"elf.glibc", "a later glibc", text("GLIBC_2.14", "GLIBC_2.99")},
      {"elf.glibcxx", "a later library of C", text("GLIBCXX_3.4.29", "GLIBCXX_3.4.99")},
      {"elf.stack", "an executable stack", segment(PT_GNU_STACK, PF_X)},
      {"elf.stack", "a stack that nothing is said of",
       [](std::string& bytes) {
         return change_segment(bytes, PT_GNU_STACK,
                               [](Elf64_Phdr& each) { each.p_type = PT_NULL; });
       }},
      {"elf.text-relocations", "relocations in code",
       dynamic(DT_FLAGS, [](Elf64_Dyn& each) { each.d_un.d_val |= DF_TEXTREL; })},
      {"elf.writable-code", "code that can be written", segment(PT_LOAD, PF_W | PF_X)},
  };
}

}  // namespace prx::check
