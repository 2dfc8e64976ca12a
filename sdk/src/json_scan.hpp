/// \file json_scan.hpp
/// The scanner under json_edit: finds the ends of strings and values without building anything.
/// Private.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "prx/sdk/text.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace prx::json::scan {

inline constexpr int kDepthMax = 512;

[[nodiscard]] constexpr bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
[[nodiscard]] inline const char* skip_space(const char* at, const char* end) {
  while (at != end && is_space(*at)) ++at;
  return at;
}

/// The first '"' or '\\' at or after `at`, or `end`.
[[nodiscard]] inline const char* find_quote_or_escape(const char* at, const char* end) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i escape = _mm_set1_epi8('\\');
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, escape));
    const int mask = _mm_movemask_epi8(hit);
    if (mask != 0) return at + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  while (at != end && *at != '"' && *at != '\\') ++at;
  return at;
}

/// The first '"', '\\' or control character at or after `at`, or `end`.
[[nodiscard]] inline const char* find_special(const char* at, const char* end) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i escape = _mm_set1_epi8('\\');
  const __m128i control = _mm_set1_epi8(0x1F);
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i low = _mm_cmpeq_epi8(_mm_max_epu8(bytes, control), control);
    const __m128i hit = _mm_or_si128(
        low, _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, escape)));
    const int mask = _mm_movemask_epi8(hit);
    if (mask != 0) return at + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) ++at;
  return at;
}

/// The first byte above 0x7F at or after `at`, or `end`.
[[nodiscard]] inline const char* find_non_ascii(const char* at, const char* end) {
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const int mask = _mm_movemask_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
    if (mask != 0) return at + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  while (at != end && static_cast<unsigned char>(*at) < 0x80) ++at;
  return at;
}

/// `at` is behind an opening quote. Returns the place behind the closing one, or nullptr.
[[nodiscard]] inline const char* skip_string(const char* at, const char* end) {
  for (;;) {
    at = find_quote_or_escape(at, end);
    if (at == end) return nullptr;
    if (*at == '"') return at + 1;
    if (end - at < 2) return nullptr;
    at += 2;
  }
}

/// Outcome of skip_value: `end` is behind the value, or nullptr and `failed_at` is where it went
/// wrong.
struct Skip {
  const char* end = nullptr;
  const char* failed_at = nullptr;
};

/// `at` is at the first byte of a value. Checks balance of brackets and strings, and `depth_max`; a
/// scalar is any run of bytes that are none of `,]}` or white space.
[[nodiscard]] Skip skip_value(const char* at, const char* end, int depth_max = kDepthMax);

using sdk::detail::utf8_size;

/// The value of an array's or object's member slice at `from`, the rest of `text`; "" when there is
/// none.
[[nodiscard]] std::string_view value_at(std::string_view text, std::size_t from);

/// Calls f(std::string_view element) for each element of an array's text, while it returns true.
template <class F>
bool for_each_element(std::string_view array, F&& f) {
  const char* at = array.data() + 1;
  const char* const end = array.data() + array.size();
  for (;;) {
    at = skip_space(at, end);
    if (at == end || *at == ']') return true;
    const Skip skip = skip_value(at, end);
    if (skip.end == nullptr || skip.end == at) return false;
    if (!f(std::string_view(at, static_cast<std::size_t>(skip.end - at)))) return false;
    at = skip_space(skip.end, end);
    if (at != end && *at == ',') ++at;
  }
}

/// Calls f(key between its quotes, value) for each member of a well-formed object's text.
template <class F>
void for_each_member(std::string_view object, F&& f) {
  const char* at = object.data() + 1;
  const char* const end = object.data() + object.size();
  for (;;) {
    at = skip_space(at, end);
    if (at == end || *at != '"') return;
    const char* const key = at + 1;
    at = skip_string(key, end);
    if (at == nullptr) return;
    const std::string_view name(key, static_cast<std::size_t>(at - key - 1));
    at = skip_space(at, end);
    if (at == end || *at != ':') return;
    at = skip_space(at + 1, end);
    const Skip skip = skip_value(at, end);
    if (skip.end == nullptr || skip.end == at) return;
    f(name, std::string_view(at, static_cast<std::size_t>(skip.end - at)));
    at = skip_space(skip.end, end);
    if (at != end && *at == ',') ++at;
  }
}

}  // namespace prx::json::scan
