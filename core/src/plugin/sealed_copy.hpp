/// \file sealed_copy.hpp
/// A copy of a file in memory that nobody can change, and its digest. The only user of libcrypto in
/// this room.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "os/descriptor.hpp"
#include "prx/sdk/error.hpp"

namespace prx {

inline constexpr std::uint64_t kPinnedFileMax = 256ull
                                                << 20;  ///< bytes of a plugin with a sha256 pin

struct SealedCopy {
  os::Descriptor descriptor;  ///< a memfd, sealed against writing, growing and shrinking
  std::string sha256;         ///< 64 lower-case hex digits
};

/// Copies an open file. The digest is of the copy, so what is hashed is what is used.
/// Errors: kInternal or kBadResponse (larger than kPinnedFileMax), one line with `file`.
[[nodiscard]] Result<SealedCopy> sealed_copy(int descriptor, const std::filesystem::path& file,
                                             std::uint64_t size_max = kPinnedFileMax);

}  // namespace prx
