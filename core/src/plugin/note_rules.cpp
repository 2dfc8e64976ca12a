#include "plugin/note_rules.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "plugin/operation_names.hpp"

namespace prx::note {

namespace {

/// Eight characters at once: true when one may be below a blank or 0x7f; exact for ASCII.
bool may_have_control(std::uint64_t eight) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101, kTops = kOnes * 0x80;
  const std::uint64_t delete_is_zero = eight ^ (kOnes * 0x7f);
  return (((eight - kOnes * ' ') & ~eight) | ((delete_is_zero - kOnes) & ~delete_is_zero)) & kTops;
}

}  // namespace

bool is_id(std::string_view text) {
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= kIdMax && letter_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return letter_or_digit(c) || c == '_' || c == '.' || c == '-';
         });
}

bool is_one_line(std::string_view text) {
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; };
  for (std::uint64_t eight = 0; text.size() >= sizeof eight; text.remove_prefix(sizeof eight)) {
    std::memcpy(&eight, text.data(), sizeof eight);
    if (may_have_control(eight) && std::any_of(text.begin(), text.begin() + 8, is_control))
      return false;
  }
  return std::none_of(text.begin(), text.end(), is_control);
}

bool is_origin(std::string_view url) {
  std::string_view rest;
  for (const std::string_view scheme : {"https://", "http://"})
    if (url.starts_with(scheme)) rest = url.substr(scheme.size());
  return !rest.empty() && rest.front() != ':' && std::all_of(rest.begin(), rest.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == ':' || c == '[' || c == ']' || c == '_';
  });
}

bool is_operation(std::string_view name) {
  return std::any_of(kOperationNames.begin(), kOperationNames.end(),
                     [&](const OperationName& one) { return one.name == name; });
}

namespace {

std::optional<unsigned> read_number(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > kVersionNumberMax)
    return std::nullopt;
  return number;
}

}  // namespace

std::optional<AbiVersion> read_version(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto major = read_number(text.substr(0, dot)), minor = read_number(text.substr(dot + 1));
  if (!major || !minor) return std::nullopt;
  return AbiVersion{*major, *minor};
}

}  // namespace prx::note
