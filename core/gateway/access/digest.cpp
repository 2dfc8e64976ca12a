#include "gateway/access/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/random.h>

#include <cerrno>

#include "os/file.hpp"

namespace prx::gateway {

namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

std::optional<Digest> sha256(std::string_view text) {
  Digest out{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_sha256(), nullptr) != 1 ||
      size != out.size())
    return std::nullopt;
  return out;
}

bool same(const Digest& a, const Digest& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hex(const Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : digest) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::optional<Digest> digest_of_hex(std::string_view text) {
  Digest out{};
  if (text.size() != 2 * out.size()) return std::nullopt;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return out;
}

Result<std::string> make_key() {
  Digest random{};
  ssize_t size = 0;
  do {
    size = ::getrandom(random.data(), random.size(), 0);  // whole: 256 bytes and less are
  } while (size < 0 && errno == EINTR);
  if (size != static_cast<ssize_t>(random.size()))
    return fail(ErrorClass::kInternal, "no random numbers for a key: " + os::reason(errno));
  std::string key = "prx-" + hex(random);
  OPENSSL_cleanse(random.data(), random.size());
  return key;
}

}  // namespace prx::gateway
