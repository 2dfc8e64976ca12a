/// \file attachment_url.hpp
/// URLs as attachments, checked before anything is sent. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "prx/chat.hpp"

namespace prx::cli {

/// Whether it is meant as a URL: it begins with http:, https: or data:, or with another scheme and
/// "//". Anything else names a file.
[[nodiscard]] bool is_url(std::string_view what);

/// The part of a message for a URL: of http and https one with a host, which the provider will
/// fetch; of data: one with base64, and for an image one that is PNG, JPEG, GIF or WebP (which it
/// is then called, whatever it called itself). Errors: kInvalidRequest, one line with the beginning
/// of the URL.
[[nodiscard]] Result<Part> part_of_url(Part::Type type, const std::string& url);

/// The bytes of base64 text as RFC 4648 section 4 writes it, padded; nullopt: it is none.
[[nodiscard]] std::optional<std::string> bytes_of_base64(std::string_view text);

}  // namespace prx::cli
