/// \file json_reading.hpp
/// How conversations, accounts and events read the values of JSON members.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace prx::driver {

/// The number that is all of a JSON value's text; nullopt: another kind, or out of range. A
/// floating-point one may be infinite.
template <class Number>
[[nodiscard]] std::optional<Number> number_of(std::optional<std::string_view> value) {
  Number number{};
  if (!value) return std::nullopt;
  const char* const end = value->data() + value->size();
  const auto read = std::from_chars(value->data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

}  // namespace prx::driver
