/// \file digest.hpp
/// SHA-256 of a client's key, and fresh keys. The only user of OpenSSL in this room.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "prx/sdk/error.hpp"

namespace prx::gateway {

using Digest = std::array<unsigned char, 32>;

/// nullopt: this machine's OpenSSL has no SHA-256.
[[nodiscard]] std::optional<Digest> sha256(std::string_view text);
/// In a time that does not depend on where they differ.
[[nodiscard]] bool same(const Digest& a, const Digest& b);
/// 64 hex digits in lower case.
[[nodiscard]] std::string hex(const Digest& digest);
/// Of 64 hex digits; nullopt for other text.
[[nodiscard]] std::optional<Digest> digest_of_hex(std::string_view text);

/// A key that nobody has: "prx-" and 64 hex digits, 256 bits of getrandom(). Errors: kInternal.
[[nodiscard]] Result<std::string> make_key();

}  // namespace prx::gateway
