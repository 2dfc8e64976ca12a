/// \file json_writer.hpp
/// Writes objects and lists of JSON whose values are given as JSON text.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <prx/sdk/json_edit.hpp>

namespace anthropic {

/// One object, member by member; the same name must not be given twice.
class ObjectWriter {
 public:
  /// `json` is a value, taken as it is.
  ObjectWriter& raw(std::string_view name, std::string_view json) {
    text_ += text_.empty() ? '{' : ',';
    text_.append("\"").append(name).append("\":").append(json);
    return *this;
  }
  ObjectWriter& text(std::string_view name, std::string_view words) {
    return raw(name, prx::json::quoted(words));
  }
  /// The object; without members again afterwards.
  [[nodiscard]] std::string str() {
    return text_.empty() ? std::string("{}") : std::exchange(text_, {}) + '}';
  }

 private:
  std::string text_;
};

/// One list, element by element.
class ListWriter {
 public:
  void add(std::string_view json) {
    if (!text_.empty()) text_ += ',';
    text_ += json;
  }
  /// Moves the elements of another list to the end of this one.
  void add(ListWriter& other) {
    if (!other.empty()) add(std::exchange(other.text_, {}));
  }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  /// The list; empty again afterwards.
  [[nodiscard]] std::string take() { return '[' + std::exchange(text_, {}) + ']'; }

 private:
  std::string text_;
};

/// Absent, or null: the same in a request.
[[nodiscard]] inline bool is_absent(std::string_view json) {
  return json.empty() || json == "null";
}

/// The JSON text of a member, or "" when it is absent or null.
[[nodiscard]] inline std::string_view member(const prx::json::ObjectIndex& object,
                                             std::string_view name) {
  const std::string_view value = object.find(name).value_or(std::string_view());
  return is_absent(value) ? std::string_view() : value;
}

/// The text of a member that is a string, or "".
[[nodiscard]] inline std::string text(const prx::json::ObjectIndex& object, std::string_view name) {
  return prx::json::unquoted(member(object, name)).value_or("");
}

/// An object inside of another; without members when there is none.
[[nodiscard]] inline prx::json::ObjectIndex object(const prx::json::ObjectIndex& outer,
                                                   std::string_view name) {
  auto inner = prx::json::ObjectIndex::parse(member(outer, name));
  return inner ? std::move(*inner) : prx::json::ObjectIndex();
}

}  // namespace anthropic
