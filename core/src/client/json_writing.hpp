/// \file json_writing.hpp
/// How requests and conversations write JSON: members in the order in which they are added, texts
/// of others as they are once they were checked.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "prx/sdk/error.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::driver {

[[nodiscard]] inline Unexpected<Error> bad_request(std::string message) {
  return fail(ErrorClass::kInvalidRequest, std::move(message));
}

/// "messages[3]"
[[nodiscard]] inline std::string at(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

/// Writes members of one object; a caller adds them in order.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  ObjectWriter& raw(std::string_view key, std::string_view json) {
    if (!std::exchange(first_, false)) out_ += ',';
    json::append_quoted(out_, key);
    out_ += ':';
    out_ += json;
    return *this;
  }
  ObjectWriter& text(std::string_view key, std::string_view value) {
    return raw(key, json::quoted(value));
  }
  /// Nothing when `value` is "".
  ObjectWriter& text_if(std::string_view key, std::string_view value) {
    return value.empty() ? *this : text(key, value);
  }
  ObjectWriter& number(std::string_view key, double value) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return raw(key, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
  }
  ObjectWriter& number(std::string_view key, std::int64_t value) {
    return raw(key, std::to_string(value));
  }
  ObjectWriter& flag(std::string_view key, bool value) {
    return raw(key, value ? "true" : "false");
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

[[nodiscard]] inline Result<void> need_utf8(std::string_view text, const std::string& where) {
  if (json::is_utf8(text)) return {};
  return bad_request(where + " is not valid UTF-8; convert it before sending");
}

/// That a text is JSON, and its first byte `kind` ('{' or '['; 0: any value).
[[nodiscard]] inline Result<void> need_json(std::string_view text, const std::string& where,
                                            char kind = 0) {
  if (const auto valid = json::validate(text); !valid)
    return bad_request(where + " is not JSON: " + valid.error().message);
  if (kind == 0 || text[text.find_first_not_of(" \t\r\n")] == kind) return {};
  return bad_request(where + (kind == '{' ? " is not a JSON object" : " is not a JSON array"));
}

/// Sets the members of one more object in another; nothing when `extra` is "".
[[nodiscard]] Result<void> merge_members(std::string& object, std::string_view extra,
                                         const std::string& where);

}  // namespace prx::driver
