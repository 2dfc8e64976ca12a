#include "plugin/elf_reader.hpp"

#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "os/file.hpp"

namespace prx::elf {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "prx reads little-endian ELF64 only");
#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
#else
#error "prx supports x86_64 and aarch64"
#endif

Unexpected<Error> malformed(const std::string& what) {
  return fail(ErrorClass::kBadResponse, "damaged ELF file: " + what + "; build or copy it again");
}

template <class T>
T read_struct(std::span<const std::byte> bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

Result<void> check_identity(std::span<const std::byte> bytes) {
  if (std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0)
    return fail(ErrorClass::kBadResponse, "not an ELF file; a plugin is a shared object");
  if (bytes[EI_CLASS] != std::byte{ELFCLASS64})
    return fail(
        ErrorClass::kBadResponse,
        "for another machine: not 64-bit; build it for this one (" + machine_name(kMachine) + ")");
  if (bytes[EI_DATA] != std::byte{ELFDATA2LSB})
    return fail(
        ErrorClass::kBadResponse,
        "for another machine: big-endian; build it for this one (" + machine_name(kMachine) + ")");
  return {};
}

Result<void> check_header(const Elf64_Ehdr& header) {
  if (header.e_machine != kMachine)
    return fail(ErrorClass::kBadResponse, "for another machine: " + machine_name(header.e_machine) +
                                              "; build it for this one (" + machine_name(kMachine) +
                                              ")");
  if (header.e_type != ET_DYN)
    return fail(ErrorClass::kBadResponse,
                "an ELF file of type " + std::to_string(header.e_type) +
                    ", not a shared object; link the plugin with -shared");
  if (header.e_phentsize != sizeof(Elf64_Phdr))
    return malformed("its program headers have a size of " + std::to_string(header.e_phentsize));
  if (header.e_phnum > kProgramHeadersMax)
    return malformed("it has " + std::to_string(header.e_phnum) + " program headers, more than " +
                     std::to_string(kProgramHeadersMax));
  return {};
}

Result<Elf64_Ehdr> read_header(Image& image) {
  auto magic = image.read(0, EI_NIDENT);
  if (!magic) return fail(ErrorClass::kBadResponse, "not an ELF file; a plugin is a shared object");
  PRX_TRY(check_identity(*magic));
  PRX_TRY_SET(const auto bytes, image.read(0, sizeof(Elf64_Ehdr)));
  const auto header = read_struct<Elf64_Ehdr>(bytes);
  PRX_TRY(check_header(header));
  return header;
}

/// Rounds up; sizes here are at most kNoteSegmentMax, so nothing overflows.
std::size_t padded(std::size_t size, std::size_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

bool is_ours(const Elf64_Nhdr& note, std::span<const std::byte> name) {
  return note.n_type == PRX_NOTE_TYPE && note.n_namesz == sizeof PRX_NOTE_NAME &&
         std::memcmp(name.data(), PRX_NOTE_NAME, sizeof PRX_NOTE_NAME) == 0;
}

/// The descriptor of the first prx note in a segment, or nullopt. What is aligned are offsets in
/// the segment, not sizes: in one of alignment 8 a name of 4 bytes ends at 16 without padding.
Result<std::optional<std::string_view>> find_in_segment(std::span<const std::byte> segment,
                                                        std::size_t alignment) {
  std::size_t at = 0;
  while (at < segment.size() && segment.size() - at >= sizeof(Elf64_Nhdr)) {
    const auto note = read_struct<Elf64_Nhdr>(segment.subspan(at));
    const std::size_t name_at = at + sizeof(Elf64_Nhdr);
    if (note.n_namesz > segment.size() - name_at)
      return malformed("a note's name is longer than its segment");
    const std::size_t text_at = padded(name_at + note.n_namesz, alignment);
    if (text_at > segment.size()) return malformed("a note's name is longer than its segment");
    if (note.n_descsz > segment.size() - text_at)
      return malformed("a note is longer than its segment");
    if (is_ours(note, segment.subspan(name_at, note.n_namesz))) {
      const auto* text = reinterpret_cast<const char*>(segment.data() + text_at);
      return std::optional(std::string_view(text, note.n_descsz));
    }
    at = padded(text_at + note.n_descsz, alignment);
  }
  return std::optional<std::string_view>();
}

/// A file that was cut would only be found out by the dynamic linker, by a crash.
/// Section headers, which nothing here reads, are what stands last in it.
Result<void> check_complete(Image& image, const Elf64_Ehdr& file,
                            const std::vector<Elf64_Phdr>& headers) {
  std::uint64_t end = 0;
  if (file.e_shoff != 0 && file.e_shnum != 0) {
    const std::uint64_t size = std::uint64_t{file.e_shnum} * file.e_shentsize;
    if (size > UINT64_MAX - file.e_shoff) return malformed("its section headers are nowhere");
    end = file.e_shoff + size;
  }
  for (const Elf64_Phdr& header : headers) {
    if ((header.p_type != PT_LOAD && header.p_type != PT_DYNAMIC) || header.p_filesz == 0) continue;
    if (header.p_filesz > UINT64_MAX - header.p_offset) return malformed("a segment is too long");
    end = std::max(end, header.p_offset + header.p_filesz);
  }
  if (end == 0) return {};
  if (!image.read(end - 1, 1)) return malformed("it is cut off");
  return {};
}

Result<std::optional<std::string_view>> find_in_header(Image& image, const Elf64_Phdr& header) {
  if (header.p_type != PT_NOTE || header.p_filesz == 0) return std::optional<std::string_view>();
  if (header.p_filesz > kNoteSegmentMax)
    return malformed("a note segment has " + std::to_string(header.p_filesz) +
                     " bytes, more than " + std::to_string(kNoteSegmentMax));
  PRX_TRY_SET(const auto segment, image.read(header.p_offset, header.p_filesz));
  return find_in_segment(segment, header.p_align == 8 ? 8 : 4);
}

Result<std::vector<Elf64_Phdr>> read_program_headers(Image& image, const Elf64_Ehdr& header) {
  const std::size_t size = header.e_phnum * sizeof(Elf64_Phdr);
  PRX_TRY_SET(const auto bytes, image.read(header.e_phoff, size));
  std::vector<Elf64_Phdr> headers(header.e_phnum);
  if (size != 0) std::memcpy(headers.data(), bytes.data(), size);
  return headers;
}

}  // namespace

std::string machine_name(unsigned machine) {
  switch (machine) {
    case EM_386:
      return "i386";
    case EM_ARM:
      return "arm";
    case EM_X86_64:
      return "x86_64";
    case EM_AARCH64:
      return "aarch64";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390x";
    case EM_RISCV:
      return "riscv64";
    default:
      return "ELF machine " + std::to_string(machine);
  }
}

Result<std::span<const std::byte>> MemoryImage::read(std::uint64_t offset, std::size_t size) {
  if (offset > bytes_.size() || size > bytes_.size() - offset)
    return malformed("it ends at byte " + std::to_string(bytes_.size()));
  return bytes_.subspan(offset, size);
}

namespace {

/// Reads until `out` is full or the file ends; the number of bytes read, or nullopt with errno.
std::optional<std::size_t> read_at(int descriptor, std::uint64_t offset, std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto got = ::pread(descriptor, out.data() + done, out.size() - done,
                             static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Unexpected<Error> cannot_read() {
  return fail(ErrorClass::kBadResponse, "cannot be read: " + os::reason(errno));
}

}  // namespace

Result<void> FileImage::fill_first() {
  if (first_read_) return {};
  const auto got = read_at(descriptor_, 0, first_);
  if (!got) return cannot_read();
  first_read_ = true;
  first_size_ = *got;
  return {};
}

Result<std::span<const std::byte>> FileImage::read(std::uint64_t offset, std::size_t size) {
  PRX_TRY(fill_first());
  if (offset <= first_size_ && size <= first_size_ - offset)
    return std::span<const std::byte>(first_).subspan(offset, size);
  constexpr auto kOffsetMax = static_cast<std::uint64_t>(INT64_MAX) - kNoteSegmentMax;
  if (offset > kOffsetMax) return malformed("an offset of " + std::to_string(offset));
  other_.resize(size);
  const auto got = read_at(descriptor_, offset, other_);
  if (!got) return cannot_read();
  if (*got < size) return malformed("it ends at byte " + std::to_string(offset + *got));
  return std::span<const std::byte>(other_);
}

Result<std::string_view> find_note(Image& image) {
  PRX_TRY_SET(const auto header, read_header(image));
  PRX_TRY_SET(const auto program_headers, read_program_headers(image, header));
  PRX_TRY(check_complete(image, header, program_headers));
  for (const auto& program_header : program_headers) {
    PRX_TRY_SET(const auto note, find_in_header(image, program_header));
    if (note) return *note;
  }
  return fail(ErrorClass::kBadResponse,
              "no prx note: not a prx plugin; build it with prx_add_plugin()");
}

}  // namespace prx::elf
