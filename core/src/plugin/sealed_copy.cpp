#include "plugin/sealed_copy.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <span>

#include "os/file.hpp"
#include "plugin/registry.hpp"
#include "plugin/regular_file.hpp"

namespace prx {
namespace {

struct FreeDigest {
  void operator()(EVP_MD_CTX* digest) const { EVP_MD_CTX_free(digest); }
};
using Digest = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

Unexpected<Error> cannot_copy(const std::filesystem::path& file, const std::string& why) {
  return fail(ErrorClass::kInternal,
              file.string() + ": cannot be copied for its sha256 pin: " + why);
}

std::string hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

Result<std::string> finish(EVP_MD_CTX* digest, const std::filesystem::path& file) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (EVP_DigestFinal_ex(digest, bytes.data(), &size) != 1) return cannot_copy(file, "no SHA-256");
  return hex(std::span(bytes).first(size));
}

/// Copies and hashes in one pass.
Result<std::string> copy_and_hash(int from, int to, const std::filesystem::path& file,
                                  std::uint64_t size_max) {
  const Digest digest(EVP_MD_CTX_new());
  if (!digest || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1)
    return cannot_copy(file, "no SHA-256");
  std::array<char, 64 * 1024> buffer;
  std::uint64_t done = 0;
  for (;;) {
    const auto got = ::pread(from, buffer.data(), buffer.size(), static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_copy(file, os::reason(errno));
    if (got == 0) return finish(digest.get(), file);
    done += static_cast<std::uint64_t>(got);
    if (done > size_max)
      return fail(ErrorClass::kBadResponse, file.string() + ": larger than " +
                                                std::to_string(size_max) +
                                                " bytes; a plugin with a sha256 pin is smaller");
    const auto piece = std::span(buffer).first(static_cast<std::size_t>(got));
    if (const int error = os::write_whole(to, {piece.data(), piece.size()}); error != 0)
      return cannot_copy(file, os::reason(error));
    if (EVP_DigestUpdate(digest.get(), piece.data(), piece.size()) != 1)
      return cannot_copy(file, "no SHA-256");
  }
}

}  // namespace

FileStamp stamp_of(const struct stat& status) {
  const auto nanoseconds = [](const timespec& at) {
    return std::int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec;
  };
  return {status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim),
          nanoseconds(status.st_ctim)};
}

Result<SealedCopy> same_copy(const SealedCopy& copy, const std::filesystem::path& file) {
  SealedCopy same;
  same.descriptor = os::Descriptor(::fcntl(copy.descriptor.get(), F_DUPFD_CLOEXEC, 0));
  if (same.descriptor.get() < 0) return cannot_copy(file, os::reason(errno));
  same.sha256 = copy.sha256;
  same.stamp = copy.stamp;
  return same;
}

Result<SealedCopy> sealed_copy(int descriptor, const std::filesystem::path& file,
                               std::uint64_t size_max) {
  SealedCopy copy;
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return cannot_copy(file, os::reason(errno));
  copy.stamp = stamp_of(status);
  copy.descriptor = os::Descriptor(::memfd_create("prx-plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (copy.descriptor.get() < 0) return cannot_copy(file, os::reason(errno));
  PRX_TRY_SET(copy.sha256, copy_and_hash(descriptor, copy.descriptor.get(), file, size_max));
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (::fcntl(copy.descriptor.get(), F_ADD_SEALS, kSeals) != 0)
    return cannot_copy(file, os::reason(errno));
  return copy;
}

Result<void> check_pin(const std::filesystem::path& file, const std::string& sha256,
                       const Pin& pin) {
  std::string wanted(pin.sha256);
  for (char& c : wanted)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (sha256 == wanted) return {};
  return fail(ErrorClass::kPermission, file.string() + ": its sha256 is " + sha256 +
                                           ", pinned is " + std::string(pin.sha256) +
                                           "; if you trust this file, correct [plugins." +
                                           std::string(pin.id) + "] sha256");
}

Result<SealedCopy> sealed_copy_of(const std::filesystem::path& file) {
  PRX_TRY_SET(const os::Descriptor opened, open_regular_file(file));
  return sealed_copy(opened.get(), file);
}

Result<std::string> sha256_of(const std::filesystem::path& file) {
  PRX_TRY_SET(SealedCopy copy, sealed_copy_of(file));  // what a load would look at
  return std::move(copy.sha256);
}

}  // namespace prx
