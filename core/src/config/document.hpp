/// \file document.hpp
/// A TOML text as a tree of plain values with their places. document.cpp is the only user of
/// toml++.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "prx/sdk/error.hpp"

namespace prx::config {

inline constexpr std::size_t kDocumentMax = 1u << 20;  ///< bytes of one file
inline constexpr int kNestingMax = 32;  ///< levels: brackets, braces and the dots of a key together

/// Line and column, from 1; 0: nowhere.
struct Place {
  std::uint32_t line = 0, column = 0;
  friend bool operator==(const Place&, const Place&) = default;
  friend auto operator<=>(const Place&, const Place&) = default;
};

struct Node;
struct Member;
struct DateTime {};  ///< any TOML date or time; no key takes one
using Array = std::vector<Node>;
using Table = std::vector<Member>;  ///< in the order of the text; names are unique

/// One value. Copies deeply.
struct Node {
  Place place;
  std::variant<Table, Array, std::string, std::int64_t, double, bool, DateTime> value;

  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&value);
  }
  template <class T>
  [[nodiscard]] T* as() {
    return std::get_if<T>(&value);
  }
};

struct Member {
  std::string key;
  Place place;  ///< of the key
  Node node;
};

/// Reads a TOML text; the result holds a Table. `name` stands for the file in messages.
///
/// Errors: kInvalidRequest, "name:line:column: what; remedy": over kDocumentMax or kNestingMax, not
/// TOML. A message never repeats the text of a value.
[[nodiscard]] Result<Node> parse_document(std::string_view text, std::string_view name);

/// What a person calls the type of a value: "a string", "an integer", ...
[[nodiscard]] std::string_view type_name(const Node& node);

/// "name:line:column", or "name" when the place is nowhere.
[[nodiscard]] std::string at(std::string_view name, Place place);

}  // namespace prx::config
