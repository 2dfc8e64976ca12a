#include "chat_halves.hpp"

#include <cstring>

#include "prx/sdk/json_edit.hpp"

namespace prx::sdk {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::size_t kEscapeSize = 6;                     // \uXXXX

bool is_first(int code) { return code >= 0xD800 && code < 0xDC00; }
bool is_second(int code) { return code >= 0xDC00 && code < 0xE000; }

/// The code of the escape \uXXXX that `text` begins with, or -1.
int escaped(std::string_view text) {
  if (text.size() < kEscapeSize || text.substr(0, 2) != "\\u") return -1;
  int value = 0;
  for (const char c : text.substr(2, 4)) {
    const char low = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9')
      value = value * 16 + (c - '0');
    else if (low >= 'a' && low <= 'f')
      value = value * 16 + (low - 'a' + 10);
    else
      return -1;
  }
  return value;
}

void append_pair(std::string& out, std::uint16_t first, std::uint16_t second) {
  const unsigned code = 0x10000U + ((first - 0xD800U) << 10) + (second - 0xDC00U);
  out += static_cast<char>(0xF0 | (code >> 18));
  out += static_cast<char>(0x80 | ((code >> 12) & 63));
  out += static_cast<char>(0x80 | ((code >> 6) & 63));
  out += static_cast<char>(0x80 | (code & 63));
}

/// The second half that `text` begins with, in the three bytes that a parser makes of one alone; 0:
/// none.
std::uint16_t leading_second(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.size() < kReplacement.size() || byte(0) != 0xED || byte(1) < 0xB0 || byte(1) > 0xBF ||
      (byte(2) & 0xC0) != 0x80)
    return 0;
  return static_cast<std::uint16_t>(0xD000 | (byte(1) & 63) << 6 | (byte(2) & 63));
}

/// Calls f(at, code) for each escaped half without its other one, in order.
template <class F>
void for_each_half(std::string_view json, F&& f) {
  for (std::size_t at = json.find('\\'); at != std::string_view::npos; at = json.find('\\', at)) {
    const int code = escaped(json.substr(at));
    if (is_first(code) && is_second(escaped(json.substr(at + kEscapeSize)))) {
      at += 2 * kEscapeSize;
    } else if (is_first(code) || is_second(code)) {
      f(at, static_cast<std::uint16_t>(code));
      at += kEscapeSize;
    } else {
      at += 2;
    }
  }
}

}  // namespace

std::vector<Half> repair_first_halves(char* json, std::size_t size) {
  std::vector<Half> halves;
  for_each_half({json, size}, [&](std::size_t at, std::uint16_t code) {
    if (is_first(code)) halves.push_back({at, code});
  });
  for (const Half& half : halves) std::memcpy(json + half.at + 2, "fffd", 4);
  return halves;
}

std::string text_of_token(std::string_view token) {
  if (auto text = json::unquoted(token)) return std::move(*text);
  std::string repaired(token);
  for_each_half(token, [&](std::size_t at, std::uint16_t) { repaired.replace(at + 2, 4, "fffd"); });
  return json::unquoted(repaired).value_or(std::string());
}

std::string_view HalfJoiner::join(std::string_view piece, std::uint16_t at_end,
                                  std::string& storage) {
  if (held_ == 0 && at_end == 0) return piece;
  storage.clear();
  const std::uint16_t second = held_ != 0 ? leading_second(piece) : std::uint16_t{0};
  if (second != 0) {
    append_pair(storage, held_, second);
    piece.remove_prefix(kReplacement.size());
  } else if (held_ != 0) {
    storage = kReplacement;
  }
  held_ = at_end;
  if (held_ != 0) piece.remove_suffix(kReplacement.size());
  storage += piece;
  return storage;
}

}  // namespace prx::sdk
