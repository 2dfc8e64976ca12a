/// \file edit.hpp
/// Changes single values of a TOML text in place: all other bytes stay as they are, comments, order
/// and line ends too. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"

namespace prx::config {

/// One change. A value; see the functions below.
struct Edit {
  enum class Kind {
    kSet,     ///< gives the key this value; tables that it stands in are made
    kRemove,  ///< takes the key and its value out, if they are there
    kTable,   ///< makes the table, if it is not there
  };
  Kind kind = Kind::kSet;
  std::vector<std::string> path;  ///< 1 or more keys: "providers", "openai", "model"
  Node value = {};                ///< of kSet: a string, number, boolean, or an array of them
};

using KeyPath = std::vector<std::string>;
[[nodiscard]] Edit set_text(KeyPath path, std::string value);
[[nodiscard]] Edit set_texts(KeyPath path, const std::vector<std::string>& values);
[[nodiscard]] Edit remove_value(KeyPath path);
[[nodiscard]] Edit need_table(KeyPath path);

/// The text with the edits applied one after the other. `name` stands for the file in messages.
///
/// A value is replaced where it stands. A new key comes behind the last one of its table, in the
/// table's own form: a line below its header, a dotted key, a member between braces. A new table is
/// a header of its own, behind the tables that share the beginning of its name, else at the end. An
/// array that only grows keeps its elements as they are written. Where a key goes, the comments in
/// and behind its value stay. The result is read again: it says what was wanted, and everything
/// else as before.
///
/// Errors: kInvalidRequest, "name:line:column: what; remedy", and there is no text then: `text` is
/// no TOML; the path leads through an array of tables or a value that is no table; a table stands
/// where a value is wanted, or the reverse; an array with comments inside would have to be written
/// anew, or taken out of braces; what was found out afterwards to be no clean change.
[[nodiscard]] Result<std::string> edit_toml(std::string_view text, std::span<const Edit> edits,
                                            std::string_view name);

/// The values that a text has after one edit, as edit_toml() expects them; places mean nothing.
/// Errors: as edit_toml(), without a place.
[[nodiscard]] Result<Node> edited(Node document, const Edit& edit);
/// Whether two values are the same, tables in whatever order. Dates and times are all the same.
[[nodiscard]] bool same_values(const Node& a, const Node& b);

}  // namespace prx::config
