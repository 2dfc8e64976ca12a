/// \file elf_file.hpp
/// What the dynamic linker would read of a shared object: segments, dynamic section, symbols and
/// their versions. A value; nothing of the file is run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "prx/sdk/error.hpp"

namespace prx::check {

inline constexpr std::size_t kSegmentsMax = 64;       ///< a shared object has about ten
inline constexpr std::size_t kDynamicMax = 4'096;     ///< entries of the dynamic section
inline constexpr std::size_t kSymbolsMax = 1u << 16;  ///< dynamic symbols
inline constexpr std::size_t kVersionsMax = 4'096;    ///< versions that are asked for
inline constexpr std::size_t kSymbolNameMax = 4'096;  ///< bytes; C++ names are long
inline constexpr std::size_t kNotesMax = 1'024;       ///< notes of one segment

struct ElfSegment {
  std::uint32_t type = 0;   ///< PT_*
  std::uint32_t flags = 0;  ///< PF_*
};

/// A symbol that another file has to provide.
struct ElfImport {
  std::string name;
  std::string version;   ///< "GLIBC_2.34", or "" when any will do
  std::string library;   ///< that the version is asked of, or ""
  bool is_weak = false;  ///< it may be absent
};

/// A version that some import asks for.
struct ElfVersion {
  std::string name, library;
};

struct ElfFile {
  std::vector<ElfSegment> segments;
  std::vector<std::string> needed;  ///< libraries, in their order
  std::string rpath, runpath;       ///< "" without one
  bool has_text_relocations = false;
  bool has_init = false;  ///< DT_INIT
  /// DT_INIT is the compiler's own: the section .init. nullopt: there are no section headers
  std::optional<bool> init_is_usual;
  std::size_t preinit_functions = 0, init_functions = 0;  ///< entries of the arrays
  std::vector<std::string> exports;                       ///< in the order of the file
  std::vector<ElfImport> imports;
  std::vector<ElfVersion> versions;
  std::size_t note_count = 0;  ///< prx notes; there should be one
  std::string note;  ///< the first one's descriptor, at most PRX_NOTE_MAX bytes and one more
};

/// Reads an image. Never reads outside of `file`, whatever is in it.
/// Errors: kBadResponse, "damaged ELF file: ..." or what prx::find_note() says of a file that is no
/// shared object for this machine; one line.
[[nodiscard]] Result<ElfFile> read_elf(std::span<const std::byte> file);

}  // namespace prx::check
