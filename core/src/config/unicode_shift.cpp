#include "config/unicode_shift.hpp"

#include <algorithm>
#include <cstdint>

#include "prx/sdk/json_edit.hpp"

namespace prx::config {
namespace {

constexpr char32_t kPlane15 = 0xF0000, kPlane16 = 0x100000;
constexpr char32_t kMoveOfPlane15 = kPlane16 - kPlane15;

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// Bytes of the character at the beginning, 0 when it is none.
std::size_t character_size(std::string_view text) {
  const auto lead = byte_at(text, 0);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return size == 1 || (size <= text.size() && json::is_utf8(text.substr(0, size))) ? size : 0;
}

// Of one whole, well-formed character.
char32_t code_of(std::string_view character) {
  constexpr unsigned kLeadBits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t code = byte_at(character, 0) & kLeadBits[character.size()];
  for (std::size_t i = 1; i < character.size(); ++i)
    code = code << 6 | (byte_at(character, i) & 0x3F);
  return code;
}

void append_tail(std::string& out, char32_t code, int bytes) {
  for (int shift = 6 * (bytes - 1); shift >= 0; shift -= 6)
    out += static_cast<char>(0x80 | ((code >> shift) & 0x3F));
}

void append(std::string& out, char32_t code) {
  if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    append_tail(out, code, 1);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    append_tail(out, code, 2);
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    append_tail(out, code, 3);
  }
}

Place place_at(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, at);
  const auto line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const auto characters =
      std::count_if(before.begin() + static_cast<std::ptrdiff_t>(line_begin), before.end(), starts);
  return {static_cast<std::uint32_t>(lines + 1), static_cast<std::uint32_t>(characters + 1)};
}

// "\U000F...." and "\U0010....", wherever it stands: what is a string is for toml++ to say.
bool is_escape_of_a_private_plane(std::string_view text) {
  if (text.substr(0, 5) == "\\U001") return text.size() > 5 && text[5] == '0';
  return text.substr(0, 5) == "\\U000" && text.size() > 5 && (text[5] == 'F' || text[5] == 'f');
}

}  // namespace

Result<std::string, UnicodeProblem> shift_unicode(std::string_view text) {
  constexpr std::string_view kPrivate =
      "a character of a private use plane (U+F0000 and above) cannot stand here; leave it out";
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (std::size_t at = 0; at < text.size();) {
    const auto rest = text.substr(at);
    const auto size = character_size(rest);
    if (size == 0)
      return Unexpected(UnicodeProblem{place_at(text, at), "this is not UTF-8; convert the file"});
    const auto code = code_of(rest.substr(0, size));
    if (code >= kPlane16 || (code == '\\' && is_escape_of_a_private_plane(rest)))
      return Unexpected(UnicodeProblem{place_at(text, at), kPrivate});
    const bool moves = (code >= 0x80 && code <= 0xFFFF) || code >= kPlane15;
    if (moves)
      append(out, code + (code >= kPlane15 ? kMoveOfPlane15 : kPlane15));
    else
      out += rest.substr(0, size);
    at += size;
  }
  return out;
}

std::string unshift_unicode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto size = std::max<std::size_t>(character_size(text), 1);  // a piece may be cut
    const auto code = code_of(text.substr(0, size));
    if (size == 4 && code >= kPlane15)
      append(out, code - (code >= kPlane16 ? kMoveOfPlane15 : kPlane15));
    else
      out += text.substr(0, size);
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace prx::config
