#include "check/elf_file.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>

#include "plugin/elf_reader.hpp"
#include "plugin/note.hpp"
#include "prx/plugin.h"

namespace prx::check {
namespace {

Unexpected<Error> damaged(const std::string& what) {
  return fail(ErrorClass::kBadResponse, "damaged ELF file: " + what + "; build or copy it again");
}

/// Bytes that are looked at within their bounds only.
class Bytes {
 public:
  Bytes() = default;
  explicit Bytes(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class T>
  [[nodiscard]] std::optional<T> get(std::uint64_t offset) const {
    if (offset > bytes_.size() || sizeof(T) > bytes_.size() - offset) return std::nullopt;
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  [[nodiscard]] std::optional<Bytes> part(std::uint64_t offset, std::uint64_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) return std::nullopt;
    return Bytes(bytes_.subspan(offset, size));
  }
  /// The text that ends with a zero byte; nullopt when none of it does.
  [[nodiscard]] std::optional<std::string> text(std::uint64_t offset) const {
    if (offset >= bytes_.size()) return std::nullopt;
    const std::size_t most = std::min(bytes_.size() - offset, kSymbolNameMax + 1);
    const auto* const begin = reinterpret_cast<const char*>(bytes_.data() + offset);
    const void* const end = std::memchr(begin, 0, most);
    if (end == nullptr) return std::nullopt;
    return std::string(begin, static_cast<const char*>(end));
  }
  [[nodiscard]] std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
};

std::uint64_t padded(std::uint64_t size, std::uint64_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

class ElfReader {
 public:
  explicit ElfReader(std::span<const std::byte> file) : file_(file), bytes_(file) {}

  Result<ElfFile> read() {
    PRX_TRY(read_segments());
    PRX_TRY(read_notes());
    PRX_TRY(read_dynamic());
    PRX_TRY(read_libraries());
    PRX_TRY(read_versions());
    PRX_TRY(read_symbols());
    read_init();
    return std::move(out_);
  }

 private:
  Result<void> read_segments();
  Result<void> read_notes();
  Result<void> read_notes(const Elf64_Phdr& segment);
  Result<void> read_dynamic();
  Result<void> read_libraries();
  Result<void> read_versions();
  Result<void> read_version_need(const Elf64_Verneed& need, std::uint64_t offset);
  Result<void> read_symbols();
  Result<void> read_symbol(const Elf64_Sym& symbol, std::uint64_t index);
  Result<std::uint64_t> symbol_count() const;
  Result<std::uint64_t> gnu_hash_count(std::uint64_t offset) const;
  void read_init();

  /// Where an address of the loaded image is in the file; nullopt: nowhere.
  [[nodiscard]] std::optional<std::uint64_t> offset_of(std::uint64_t address) const;
  [[nodiscard]] std::optional<std::uint64_t> dynamic(std::int64_t tag) const {
    const auto found = dynamic_.find(tag);
    return found == dynamic_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] std::optional<std::uint64_t> dynamic_offset(std::int64_t tag) const {
    const auto address = dynamic(tag);
    return address ? offset_of(*address) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::string> name(std::uint64_t offset) const {
    return names_.text(offset);
  }

  std::span<const std::byte> file_;
  Bytes bytes_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Phdr> segments_;
  std::map<std::int64_t, std::uint64_t> dynamic_;  ///< the first of each tag
  std::vector<std::uint64_t> needed_;              ///< offsets of names
  Bytes names_;
  std::map<unsigned, ElfVersion> versions_;  ///< by number
  ElfFile out_;
};

Result<void> ElfReader::read_segments() {
  // Whether it is a shared object for this machine is the plugin room's to say; without a note it
  // still is one.
  if (const auto note = find_note(file_); !note && !note.error().message.starts_with("no prx note"))
    return Unexpected(note.error());
  const auto header = bytes_.get<Elf64_Ehdr>(0);
  if (!header || header->e_phnum > kSegmentsMax) return damaged("it has no header");
  header_ = *header;
  for (unsigned i = 0; i < header_.e_phnum; ++i) {
    const auto segment = bytes_.get<Elf64_Phdr>(header_.e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment) return damaged("its program headers are cut off");
    segments_.push_back(*segment);
    out_.segments.push_back({segment->p_type, segment->p_flags});
  }
  return {};
}

Result<void> ElfReader::read_notes() {
  for (const Elf64_Phdr& segment : segments_)
    if (segment.p_type == PT_NOTE) PRX_TRY(read_notes(segment));
  return {};
}

Result<void> ElfReader::read_notes(const Elf64_Phdr& segment) {
  const auto notes = bytes_.part(segment.p_offset, segment.p_filesz);
  if (!notes) return damaged("a note segment is cut off");
  const std::uint64_t alignment = segment.p_align == 8 ? 8 : 4;
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < kNotesMax; ++i) {
    const auto note = notes->get<Elf64_Nhdr>(at);
    if (!note) return {};
    const auto owner = notes->part(at + sizeof(Elf64_Nhdr), note->n_namesz);
    const std::uint64_t text_at = padded(at + sizeof(Elf64_Nhdr) + note->n_namesz, alignment);
    const auto text = notes->part(text_at, note->n_descsz);
    if (!owner || !text) return damaged("a note is longer than its segment");
    if (note->n_type == PRX_NOTE_TYPE &&
        owner->view() == std::string_view(PRX_NOTE_NAME, sizeof PRX_NOTE_NAME) &&
        ++out_.note_count == 1)
      out_.note = text->view().substr(0, PRX_NOTE_MAX + 1);
    at = padded(text_at + note->n_descsz, alignment);
  }
  return damaged("a segment holds more than " + std::to_string(kNotesMax) + " notes");
}

std::optional<std::uint64_t> ElfReader::offset_of(std::uint64_t address) const {
  for (const Elf64_Phdr& segment : segments_)
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
        address - segment.p_vaddr < segment.p_filesz)
      return segment.p_offset + (address - segment.p_vaddr);
  return std::nullopt;
}

Result<void> ElfReader::read_dynamic() {
  const auto segment = std::find_if(segments_.begin(), segments_.end(), [](const Elf64_Phdr& each) {
    return each.p_type == PT_DYNAMIC;
  });
  if (segment == segments_.end()) return damaged("it has no dynamic section");
  const auto entries = bytes_.part(segment->p_offset, segment->p_filesz);
  if (!entries) return damaged("its dynamic section is cut off");
  for (std::size_t i = 0; i < kDynamicMax; ++i) {
    const auto entry = entries->get<Elf64_Dyn>(i * sizeof(Elf64_Dyn));
    if (!entry || entry->d_tag == DT_NULL) return {};
    if (entry->d_tag == DT_NEEDED) needed_.push_back(entry->d_un.d_val);
    dynamic_.emplace(entry->d_tag, entry->d_un.d_val);
  }
  return damaged("its dynamic section has more than " + std::to_string(kDynamicMax) + " entries");
}

Result<void> ElfReader::read_libraries() {
  const auto at = dynamic_offset(DT_STRTAB);
  const auto names = at ? bytes_.part(*at, dynamic(DT_STRSZ).value_or(0)) : std::nullopt;
  if (!names) return damaged("it has no table of names");
  names_ = *names;
  const auto take = [&](std::int64_t tag, std::string& text) {
    const auto value = dynamic(tag);
    const auto found = value ? name(*value) : std::optional<std::string>("");
    text = found.value_or("");
    return found.has_value();
  };
  for (const std::uint64_t offset : needed_) {
    const auto library = name(offset);
    if (!library) return damaged("the name of a library it needs is cut off");
    out_.needed.push_back(*library);
  }
  if (!take(DT_RPATH, out_.rpath) || !take(DT_RUNPATH, out_.runpath))
    return damaged("its search path is cut off");
  out_.has_text_relocations =
      dynamic(DT_TEXTREL).has_value() || (dynamic(DT_FLAGS).value_or(0) & DF_TEXTREL) != 0;
  return {};
}

Result<void> ElfReader::read_versions() {
  if (!dynamic(DT_VERNEED)) return {};
  auto at = dynamic_offset(DT_VERNEED);
  const std::uint64_t count = dynamic(DT_VERNEEDNUM).value_or(0);
  for (std::uint64_t i = 0; at && i < count; ++i) {
    const auto need = bytes_.get<Elf64_Verneed>(*at);
    if (!need) break;
    PRX_TRY(read_version_need(*need, *at));
    if (need->vn_next == 0 || i + 1 == count) return {};
    *at += need->vn_next;
  }
  return count == 0 ? Result<void>() : damaged("its table of versions is cut off");
}

Result<void> ElfReader::read_version_need(const Elf64_Verneed& need, std::uint64_t offset) {
  const auto library = name(need.vn_file);
  if (!library) return damaged("the name of a version's library is cut off");
  std::uint64_t at = offset + need.vn_aux;
  for (unsigned i = 0; i < need.vn_cnt; ++i) {
    const auto version = bytes_.get<Elf64_Vernaux>(at);
    const auto text = version ? name(version->vna_name) : std::nullopt;
    if (!text) return damaged("the name of a version is cut off");
    if (out_.versions.size() == kVersionsMax)
      return damaged("it asks for more than " + std::to_string(kVersionsMax) + " versions");
    out_.versions.push_back({*text, *library});
    versions_.emplace(version->vna_other & 0x7fffu, out_.versions.back());
    at += version->vna_next;
  }
  return {};
}

/// The number of symbols stands nowhere; the tables that find them know the last.
Result<std::uint64_t> ElfReader::symbol_count() const {
  if (const auto hash = dynamic_offset(DT_HASH)) {
    const auto count = bytes_.get<std::uint32_t>(*hash + sizeof(std::uint32_t));
    if (!count) return damaged("its table of symbols is cut off");
    return *count;
  }
  std::uint64_t count = 0;
  if (const auto hash = dynamic_offset(DT_GNU_HASH)) {
    PRX_TRY_SET(count, gnu_hash_count(*hash));
  }
  if (count != 0) return count;
  // None is exported: what linkers put behind the symbols is the table of their names.
  const auto symbols = dynamic(DT_SYMTAB), names = dynamic(DT_STRTAB);
  if (!symbols || !names || *names < *symbols) return std::uint64_t{0};
  return (*names - *symbols) / sizeof(Elf64_Sym);
}

Result<std::uint64_t> ElfReader::gnu_hash_count(std::uint64_t offset) const {
  constexpr std::uint64_t kWord = sizeof(std::uint32_t);
  const auto buckets = bytes_.get<std::uint32_t>(offset);
  const auto first = bytes_.get<std::uint32_t>(offset + kWord);
  const auto bloom = bytes_.get<std::uint32_t>(offset + 2 * kWord);
  if (!buckets || !first || !bloom || *buckets > kSymbolsMax)
    return damaged("its table of symbols is cut off");
  const std::uint64_t buckets_at = offset + 4 * kWord + *bloom * sizeof(std::uint64_t);
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < *buckets; ++i) {
    const auto symbol = bytes_.get<std::uint32_t>(buckets_at + i * kWord);
    if (!symbol) return damaged("its table of symbols is cut off");
    last = std::max<std::uint64_t>(last, *symbol);
  }
  if (last < *first) return std::uint64_t{0};
  for (const std::uint64_t chain_at = buckets_at + *buckets * kWord; last < kSymbolsMax; ++last) {
    const auto chain = bytes_.get<std::uint32_t>(chain_at + (last - *first) * kWord);
    if (!chain) return damaged("its table of symbols is cut off");
    if ((*chain & 1u) != 0) return last + 1;
  }
  return damaged("it has more than " + std::to_string(kSymbolsMax) + " symbols");
}

Result<void> ElfReader::read_symbols() {
  PRX_TRY_SET(const std::uint64_t count, symbol_count());
  const auto at = dynamic_offset(DT_SYMTAB);
  if (!at) return damaged("it has no symbols");
  if (count > kSymbolsMax)
    return damaged("it has more than " + std::to_string(kSymbolsMax) + " symbols");
  for (std::uint64_t i = 1; i < count; ++i) {
    const auto symbol = bytes_.get<Elf64_Sym>(*at + i * sizeof(Elf64_Sym));
    if (!symbol) return damaged("its table of symbols is cut off");
    PRX_TRY(read_symbol(*symbol, i));
  }
  return {};
}

Result<void> ElfReader::read_symbol(const Elf64_Sym& symbol, std::uint64_t index) {
  const auto text = name(symbol.st_name);
  if (!text) return damaged("the name of a symbol is cut off");
  const unsigned bind = ELF64_ST_BIND(symbol.st_info), visible = symbol.st_other & 3u;
  if (bind == STB_LOCAL || text->empty()) return {};
  if (symbol.st_shndx != SHN_UNDEF) {
    const bool is_version =
        symbol.st_shndx == SHN_ABS && ELF64_ST_TYPE(symbol.st_info) == STT_OBJECT;
    if (visible != STV_HIDDEN && visible != STV_INTERNAL && !is_version)
      out_.exports.push_back(*text);
    return {};
  }
  ElfImport import{*text, {}, {}, bind == STB_WEAK};
  if (const auto table = dynamic_offset(DT_VERSYM)) {
    const auto number = bytes_.get<Elf64_Versym>(*table + index * sizeof(Elf64_Versym));
    if (!number) return damaged("its table of versions is cut off");
    if (const auto version = versions_.find(*number & 0x7fffu); version != versions_.end()) {
      import.version = version->second.name;
      import.library = version->second.library;
    }
  }
  out_.imports.push_back(std::move(import));
  return {};
}

void ElfReader::read_init() {
  out_.preinit_functions = dynamic(DT_PREINIT_ARRAYSZ).value_or(0) / sizeof(Elf64_Addr);
  out_.init_functions = dynamic(DT_INIT_ARRAYSZ).value_or(0) / sizeof(Elf64_Addr);
  const auto init = dynamic(DT_INIT);
  out_.has_init = init.has_value();
  if (!init || header_.e_shentsize != sizeof(Elf64_Shdr)) return;
  const auto section = [&](unsigned index) {
    return bytes_.get<Elf64_Shdr>(header_.e_shoff + index * sizeof(Elf64_Shdr));
  };
  const auto names = header_.e_shnum == 0 ? std::nullopt : section(header_.e_shstrndx);
  const auto texts = names ? bytes_.part(names->sh_offset, names->sh_size) : std::nullopt;
  if (!texts) return;
  out_.init_is_usual = false;
  for (unsigned i = 0; i < header_.e_shnum; ++i) {
    const auto each = section(i);
    if (each && each->sh_addr == *init && texts->text(each->sh_name) == ".init")
      out_.init_is_usual = true;
  }
}

}  // namespace

Result<ElfFile> read_elf(std::span<const std::byte> file) { return ElfReader(file).read(); }

}  // namespace prx::check
