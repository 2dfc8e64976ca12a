/// \file sealed_copy.hpp
/// A copy of a file in memory that nobody can change, and its digest. The only user of libcrypto in
/// this room.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "os/descriptor.hpp"
#include "prx/sdk/error.hpp"

namespace prx {

inline constexpr std::uint64_t kPinnedFileMax = 256ull
                                                << 20;  ///< bytes of a plugin with a sha256 pin

/// Tells a file from another one, and from what it is after it was written to.
struct FileStamp {
  std::uint64_t device = 0, inode = 0;
  std::int64_t size = 0, modified_ns = 0, changed_ns = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
[[nodiscard]] FileStamp stamp_of(const struct stat& status);

struct SealedCopy {
  os::Descriptor descriptor;  ///< a memfd, sealed against writing, growing and shrinking
  std::string sha256;         ///< 64 lower-case hex digits
  FileStamp stamp;            ///< of the file, from before it was copied
};

/// Another descriptor of the same memory. Errors: kInternal, one line with `file`.
[[nodiscard]] Result<SealedCopy> same_copy(const SealedCopy& copy,
                                           const std::filesystem::path& file);

/// Copies an open file. The digest is of the copy, so what is hashed is what is used.
/// Errors: kInternal or kBadResponse (larger than kPinnedFileMax), one line with `file`.
[[nodiscard]] Result<SealedCopy> sealed_copy(int descriptor, const std::filesystem::path& file,
                                             std::uint64_t size_max = kPinnedFileMax);

/// The same of the file of that name. Errors: those of open_regular_file() too.
[[nodiscard]] Result<SealedCopy> sealed_copy_of(const std::filesystem::path& file);

}  // namespace prx
