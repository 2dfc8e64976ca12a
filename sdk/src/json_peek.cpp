#include "prx/sdk/json_peek.hpp"

#include <utility>

#include "json_scan.hpp"

namespace prx::json {

KeyFilter::KeyFilter(std::vector<std::string_view> names) : names_(std::move(names)) {
  for (std::size_t i = 1; i < names_.size(); ++i)  // few, and once: a sort would be 2 KB of code
    for (std::size_t j = i; j > 0 && names_[j][0] < names_[j - 1][0]; --j)
      std::swap(names_[j], names_[j - 1]);
  for (std::size_t i = names_.size(); i > 0; --i)
    first_[static_cast<unsigned char>(names_[i - 1][0])] = static_cast<std::uint8_t>(i);
}

bool KeyFilter::begins(const char* at, const char* end) const {
  const std::string_view text(at, static_cast<std::size_t>(end - at));
  for (std::size_t i = first_[static_cast<unsigned char>(*at)] - 1u;
       i < names_.size() && names_[i][0] == *at; ++i)
    if (text.size() > 1 && (names_[i].size() == 1 || names_[i][1] == at[1]) &&
        text.starts_with(names_[i]))
      return true;
  return false;
}

bool KeyFilter::may_have(std::string_view text) const {
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto is_hit = [this, end](const char* name) {
    return name != end && first_[static_cast<unsigned char>(*name)] != 0 && begins(name, end);
  };
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    auto mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, quote)));
    for (; mask != 0; mask &= mask - 1)
      if (is_hit(at + __builtin_ctz(mask) + 1)) return true;
  }
#endif
  for (; at != end; ++at)
    if (*at == '"' && is_hit(at + 1)) return true;
  return false;
}

bool is_array_of_texts(std::string_view value) {
  if (!value.starts_with('[')) return false;
  return scan::for_each_element(value, [](std::string_view each) { return each.starts_with('"'); });
}

}  // namespace prx::json
