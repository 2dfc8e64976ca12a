/// \file note_rules.hpp
/// What the texts of a note may be. Pure; internal to the plugin room.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace prx::note {

inline constexpr std::size_t kIdMax = 64;  ///< bytes of an id, a kind or an option's key
inline constexpr unsigned kVersionNumberMax = 9'999;

/// 1 to kIdMax of a-z 0-9 _ . -, led by a letter or digit.
[[nodiscard]] bool is_id(std::string_view text);
/// Without control characters.
[[nodiscard]] bool is_one_line(std::string_view text);
/// "https://host" or "http://host:port": no user, path, query or fragment.
[[nodiscard]] bool is_origin(std::string_view url);
/// An operation that this host knows.
[[nodiscard]] bool is_operation(std::string_view name);

struct AbiVersion {
  unsigned major = 0, minor = 0;
};
/// "1.0", each number at most kVersionNumberMax; nullopt when it is another text.
[[nodiscard]] std::optional<AbiVersion> read_version(std::string_view text);

}  // namespace prx::note
