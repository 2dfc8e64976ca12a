/// \file text.hpp
/// Words of others on their way into events and errors, which are UTF-8, and messages, which are
/// one line. The layer mends what it sends by these; they are for what a plugin cuts or quotes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace prx::sdk {

namespace detail {

inline constexpr std::uint64_t kHighBits = 0x8080808080808080u;

template <class Word>
[[nodiscard]] Word word_at(const char* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// The usual case, as fast as can be: words that overlap, and no loop over bytes.
[[nodiscard]] inline bool is_ascii(std::string_view text) {
  const char* const at = text.data();
  const std::size_t size = text.size();
  if (size < 4) {
    unsigned bits = 0;
    for (const char c : text) bits |= static_cast<unsigned char>(c);
    return bits < 0x80;
  }
  if (size < 8)
    return ((word_at<std::uint32_t>(at) | word_at<std::uint32_t>(at + size - 4)) &
            static_cast<std::uint32_t>(kHighBits)) == 0;
  std::uint64_t bits = word_at<std::uint64_t>(at + size - 8);
  for (std::size_t i = 0; i + 8 <= size; i += 8) bits |= word_at<std::uint64_t>(at + i);
  return (bits & kHighBits) == 0;
}

/// The first byte above 0x7F at or after `at`, or `end`.
[[nodiscard]] inline const char* skip_ascii(const char* at, const char* end) {
  while (end - at >= 8 && (word_at<std::uint64_t>(at) & kHighBits) == 0) at += 8;
  while (at != end && static_cast<unsigned char>(*at) < 0x80) ++at;
  return at;
}

[[nodiscard]] constexpr bool is_utf8_tail(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// The bytes of a well-formed UTF-8 sequence at `at` (1 to 4), or 0.
[[nodiscard]] inline int utf8_size(const char* at, const char* end) {
  const auto byte = [at](int i) { return static_cast<unsigned char>(at[i]); };
  const auto left = end - at;
  if (left < 1) return 0;
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || left < 2 || !is_utf8_tail(at[1])) return 0;
  if (lead < 0xE0) return 2;
  if (left < 3 || !is_utf8_tail(at[2])) return 0;
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
  if (lead == 0xED && byte(1) > 0x9F) return 0;  // surrogate
  if (lead < 0xF0) return 3;
  if (lead > 0xF4 || left < 4 || !is_utf8_tail(at[3])) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;  // overlong
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;  // above U+10FFFF
  return 4;
}

/// Three bytes that are half of a surrogate pair: what a parser makes of one escape without the
/// other.
[[nodiscard]] inline bool is_half_pair(const char* at, const char* end) {
  return end - at >= 3 && at[0] == '\xED' && (at[1] & 0xE0) == 0xA0 && is_utf8_tail(at[2]);
}

/// The first byte at or after `at` that is no UTF-8, or `end`.
[[nodiscard]] inline const char* skip_utf8(const char* at, const char* end) {
  for (;;) {
    at = skip_ascii(at, end);
    const int size = utf8_size(at, end);
    if (size == 0) return at;
    at += size;
  }
}

[[nodiscard]] constexpr bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// Whether all of it is well-formed UTF-8.
[[nodiscard, gnu::noinline]] inline bool is_clean(std::string_view text) {
  if (is_ascii(text)) return true;
  const char* const end = text.data() + text.size();
  return skip_utf8(text.data(), end) == end;
}

}  // namespace detail

/// `text` with each byte that is no UTF-8, and each half of a surrogate pair, replaced by U+FFFD.
[[nodiscard, gnu::noinline]] inline std::string mended_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    const char* const wrong = detail::skip_utf8(at, end);
    out.append(at, wrong);
    if (wrong == end) return out;
    out += "\xEF\xBF\xBD";
    at = wrong + (detail::is_half_pair(wrong, end) ? 3 : 1);
  }
}

/// The longest beginning of at most `max` bytes that does not end within a character. What was cut
/// elsewhere loses the beginning of its last character too.
[[nodiscard, gnu::noinline]] inline std::string_view utf8_prefix(std::string_view text,
                                                                 std::size_t max) {
  text = text.substr(0, max);
  const char* const end = text.data() + text.size();
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto lead = static_cast<unsigned char>(*(end - back));
    if (detail::is_utf8_tail(static_cast<char>(lead))) continue;
    const std::size_t needs = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
    return needs > back && lead <= 0xF4 ? text.substr(0, text.size() - back) : text;
  }
  return text;
}

inline constexpr std::size_t kQuotedMax = 80;  ///< bytes of a name or a value in a message

/// One line of UTF-8: blanks and control characters become one blank, and none at its ends. Of at
/// most `max` bytes, 3 or more; a text that was cut ends in "...", where the
/// host looks for a part of a key. For what a message quotes.
[[nodiscard, gnu::noinline]] inline std::string one_line(std::string_view text,
                                                         std::size_t max = kQuotedMax) {
  const auto plain = [](char c) { return c > 0x20 && c < 0x7F; };
  if (text.size() <= max && std::all_of(text.begin(), text.end(), plain)) return std::string(text);
  const bool long_text = text.size() > max * 4;
  std::string out;
  for (const char c : mended_utf8(utf8_prefix(text, max * 4))) {
    if (c != ' ' && !detail::is_control(c))
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  if (out.empty() || (out.size() <= max && !long_text)) return out;
  out.resize(utf8_prefix(out, max - 3).size());
  return out += "...";
}

}  // namespace prx::sdk
