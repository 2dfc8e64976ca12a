#include "cli/utf8.hpp"

namespace prx::cli {
namespace {

struct Form {
  std::size_t size = 0;  ///< 0: no first byte
  unsigned char second_min = 0x80, second_max = 0xbf;
};

/// What a first byte asks of those that follow.
Form form_of(unsigned char first) {
  if (first < 0x80) return {1};
  if (first < 0xc2 || first > 0xf4) return {0};
  if (first < 0xe0) return {2};
  if (first < 0xf0) {
    if (first == 0xe0) return {3, 0xa0, 0xbf};
    if (first == 0xed) return {3, 0x80, 0x9f};
    return {3};
  }
  if (first == 0xf0) return {4, 0x90, 0xbf};
  if (first == 0xf4) return {4, 0x80, 0x8f};
  return {4};
}

}  // namespace

Utf8Step next_utf8(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const Form form = form_of(byte(0));
  if (form.size == 0) return {};
  char32_t code = form.size == 1 ? byte(0) : byte(0) & (0xffu >> (form.size + 1));
  for (std::size_t at = 1; at < form.size; ++at) {
    if (at == text.size()) return {Utf8Step::Kind::kCut, text.size(), 0};
    const unsigned char min = at == 1 ? form.second_min : 0x80;
    const unsigned char max = at == 1 ? form.second_max : 0xbf;
    if (byte(at) < min || byte(at) > max) return {};
    code = (code << 6) | (byte(at) & 0x3fu);
  }
  return {Utf8Step::Kind::kCharacter, form.size, code};
}

}  // namespace prx::cli
