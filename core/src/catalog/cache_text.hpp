/// \file cache_text.hpp
/// The text of a list in the cache: lines of JSON. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalog/cache.hpp"

namespace prx::catalog {

/// The first line of a file, without its line feed.
struct Head {
  Source source;
  Seconds fetched = 0;
  std::size_t size = 0;  ///< bytes of the lines behind it
};

inline constexpr std::size_t kHeadMax = 8u << 10;  ///< bytes of a head line

[[nodiscard]] std::string head_line(const Head& head);
/// nullopt: it is none, or of another version.
[[nodiscard]] std::optional<Head> read_head(std::string_view line);

/// `{"id":"...","model":{...}}`; white space that breaks lines becomes blanks.
[[nodiscard]] std::string model_line(const Listed& model);
/// How the line of that model begins.
[[nodiscard]] std::string model_line_begin(std::string_view id);
/// nullopt: it is none.
[[nodiscard]] std::optional<Listed> read_model_line(std::string_view line);

}  // namespace prx::catalog
