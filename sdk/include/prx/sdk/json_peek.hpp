/// \file json_peek.hpp
/// Looks at a JSON text without indexing it: for the question whether there is any work.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace prx::json {

/// Says of a text that it has none of some names, at the price of looking for quotes. Immutable
/// after construction; safe from any thread.
class KeyFilter {
 public:
  KeyFilter() = default;
  /// \param names  1 byte or more each, without quotes and escapes; at most 255. Their texts are
  ///   borrowed for the filter's life: literals.
  explicit KeyFilter(std::vector<std::string_view> names);

  /// False: no string of the text, at any depth, key or value, begins with one of the names. True
  /// says nothing: look closer. Names that the text writes with escapes are not seen.
  [[nodiscard]] bool may_have(std::string_view text) const;

 private:
  /// A name begins at `at`, where one of its first byte is known to exist.
  [[nodiscard]] bool begins(const char* at, const char* end) const;

  std::vector<std::string_view> names_;    ///< in the order of their first bytes
  std::array<std::uint8_t, 256> first_{};  ///< by first byte: number of the name, from 1; 0: none
};

/// True when the first character that is no white space is '{': what is JSON then is an object.
[[nodiscard]] inline bool begins_object(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

/// True for the text of an array whose elements are all strings.
[[nodiscard]] bool is_array_of_texts(std::string_view value);

}  // namespace prx::json
