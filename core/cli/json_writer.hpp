/// \file json_writer.hpp
/// JsonWriter: writes one JSON value, piece by piece, with its commas. For the program's own
/// output.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prx::cli {

/// Members and elements in the order of the calls; the caller keeps begin and end in balance.
class JsonWriter {
 public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  /// Bytes that are no UTF-8 become U+FFFD, so that the output is JSON whatever a provider sent.
  JsonWriter& string(std::string_view text);
  JsonWriter& string_or_null(std::string_view text);  ///< "" is null
  JsonWriter& integer(std::int64_t number);
  JsonWriter& number(double number);  ///< shortest form; not finite: null
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  JsonWriter& strings(const std::vector<std::string>& texts);  ///< one array
  JsonWriter& json(std::string_view value);  ///< text that is one JSON value; "" is null
  JsonWriter& integer_or_null(const std::optional<std::int64_t>& number);
  JsonWriter& number_or_null(const std::optional<double>& number);

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void separate();
  JsonWriter& raw(std::string_view text);

  std::string text_;
  bool needs_comma_ = false;
};

/// The text with every byte that is not part of well-formed UTF-8 replaced by U+FFFD.
[[nodiscard]] std::string repaired_utf8(std::string_view text);

}  // namespace prx::cli
