/// \file elf_reader.hpp
/// Reads bytes of an ELF image that is in memory or in an open file. Internal to the plugin room.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/note.hpp"

namespace prx::elf {

inline constexpr std::size_t kProgramHeadersMax = 64;      ///< a shared object has about ten
inline constexpr std::size_t kNoteSegmentMax = 64 * 1024;  ///< bytes of one PT_NOTE segment

/// Where the bytes of an image come from.
class Image {
 public:
  virtual ~Image() = default;
  Image() = default;
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;
  /// `size` bytes from `offset`; kBadResponse when the image ends before. The span lives until the
  /// next call.
  [[nodiscard]] virtual Result<std::span<const std::byte>> read(std::uint64_t offset,
                                                                std::size_t size) = 0;
};

class MemoryImage final : public Image {
 public:
  explicit MemoryImage(std::span<const std::byte> bytes) : bytes_(bytes) {}
  Result<std::span<const std::byte>> read(std::uint64_t offset, std::size_t size) override;

 private:
  std::span<const std::byte> bytes_;
};

/// Reads by pread; the first page is kept, since header, program headers and note mostly lie in it.
/// Borrows the descriptor.
class FileImage final : public Image {
 public:
  explicit FileImage(int descriptor) : descriptor_(descriptor) {}
  Result<std::span<const std::byte>> read(std::uint64_t offset, std::size_t size) override;

 private:
  Result<void> fill_first();

  int descriptor_;
  bool first_read_ = false;
  std::size_t first_size_ = 0;
  std::array<std::byte, 4096> first_;
  std::vector<std::byte> other_;
};

/// The descriptor of the image's prx note. It lives as long as the image's last read.
[[nodiscard]] Result<std::string_view> find_note(Image& image);

/// The note of an open file; `name` stands in messages.
[[nodiscard]] Result<PluginNote> probe(int descriptor, const std::string& name);

/// "x86_64", "aarch64", ... or "ELF machine 1234".
[[nodiscard]] std::string machine_name(unsigned machine);

}  // namespace prx::elf
