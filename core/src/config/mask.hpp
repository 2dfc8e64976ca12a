/// \file mask.hpp
/// What may be shown of a value that may be secret.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "prx/config.hpp"

namespace prx::config {

inline constexpr std::string_view kMask = "********";

/// A key for people: "...abcd" with its last 4 letters when it has 16 or more, else kMask.
[[nodiscard]] std::string masked_key(std::string_view key);

/// True for names whose values are kept from view: authorization, cookie, and all that contain key,
/// token, secret, passw or credential; in any case.
[[nodiscard]] bool is_secret_name(std::string_view name);

/// True for what looks like a key where the name of something or of a file is expected: a word that
/// begins as keys do, or 32 and more letters and digits as only keys have them. A text with a '/'
/// is a path.
[[nodiscard]] bool looks_like_key(std::string_view text);

/// The text with each word that begins as keys do ("sk-...", 16 letters and more) replaced by
/// kMask.
[[nodiscard]] std::string without_keys(std::string text);

/// A text of the file for a message: in quotes, cut at 64 bytes, and kMask when it looks like a
/// key.
[[nodiscard]] std::string shown(std::string_view text);

/// Replaces what contains one of the configuration's keys, or looks like one, in all that is
/// printed: settings, warnings, and what is missing or wrong with a provider.
void hide_keys(Config& config);

}  // namespace prx::config
