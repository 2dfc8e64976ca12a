/// \file edit_places.hpp
/// Where the parts of a TOML text stand, in bytes: from the places that the parser gives, which are
/// lines and characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"

namespace prx::config {

/// How a table is written.
enum class TableForm {
  kRoot,
  kHeader,   ///< [a.b]
  kImplied,  ///< only by the headers of tables inside: [a.b] implies a
  kDotted,   ///< by dotted keys: a.b = 1
  kInline,   ///< a = { b = 1 }
};

/// A piece of text.
struct Span {
  std::size_t begin = 0, end = 0;
};

/// A header, and what stands below it up to the next one.
struct Section {
  std::vector<std::string> path;  ///< of an array of tables, its name
  std::size_t header = 0;         ///< where it begins; of the root, where the text does
  std::size_t end = 0;            ///< behind its last value, else behind its header
  bool has_values = false;
};

/// Of one text, both borrowed. `document` is what parse_document() made of it.
class EditPlaces {
 public:
  EditPlaces(std::string_view text, const Node& document);

  [[nodiscard]] std::size_t offset(Place place) const;
  /// \param depth  of the table: how many keys lead to it.
  [[nodiscard]] TableForm form(const Node& table, std::size_t depth) const;
  /// The text of a value. Not of a table but an inline one.
  [[nodiscard]] Span value(const Node& node) const;
  /// Whether its elements are tables with headers, [[a]].
  [[nodiscard]] bool is_array_of_tables(const Node& node) const;
  /// Behind the last value in a table, at any depth but in tables with headers of their own; 0:
  /// there is none.
  [[nodiscard]] std::size_t last_value_end(const Node& table) const;
  /// In the order of the text, the root's first.
  [[nodiscard]] const std::vector<Section>& sections() const { return sections_; }

  [[nodiscard]] std::size_t line_begin(std::size_t at) const;
  [[nodiscard]] std::size_t line_end(std::size_t at) const;  ///< behind its line feed

 private:
  void collect(const Node& node, std::vector<std::string>& path);
  void collect_table(const Table& table, std::vector<std::string>& path);
  void measure_sections();
  [[nodiscard]] bool has_header(const Node& table) const;
  [[nodiscard]] std::size_t last_value(const Node& node) const;

  std::string_view text_;
  std::vector<std::size_t> lines_;   ///< where each begins
  std::vector<std::size_t> values_;  ///< where each statement's value begins
  std::vector<Section> sections_;
};

/// Behind the value that begins at `at`; the text is TOML.
[[nodiscard]] std::size_t value_end(std::string_view text, std::size_t at);
/// Behind a string, comment or other character that begins at `at`.
[[nodiscard]] std::size_t skip_token(std::string_view text, std::size_t at);
/// Whether a piece of TOML has a comment.
[[nodiscard]] bool has_comment(std::string_view piece);

}  // namespace prx::config
