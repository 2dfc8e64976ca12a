#include "json_scan.hpp"

namespace prx::json::scan {
namespace {

/// Open brackets of a container, one bit each: set for an object.
class Brackets {
 public:
  explicit Brackets(int depth_max) : depth_max_(depth_max < kDepthMax ? depth_max : kDepthMax) {}
  [[nodiscard]] bool open(char c) {
    if (depth_ >= depth_max_) return false;
    kinds_[static_cast<std::size_t>(depth_++)] = c == '{';
    return true;
  }
  [[nodiscard]] bool close(char c) {
    return depth_ > 0 && kinds_[static_cast<std::size_t>(--depth_)] == (c == '}');
  }
  [[nodiscard]] bool balanced() const { return depth_ == 0; }

 private:
  std::bitset<kDepthMax> kinds_;
  int depth_max_;
  int depth_ = 0;
};

Skip skip_container(const char* at, const char* end, int depth_max) {
  Brackets brackets(depth_max);
  for (; at != end; ++at) {
    const char c = *at;
    if (c == '"') {
      const char* const after = skip_string(at + 1, end);
      if (after == nullptr) return {nullptr, at};
      at = after - 1;
    } else if ((c | 0x20) == '{') {  // '[' and '{' differ in one bit
      if (!brackets.open(c)) return {nullptr, at};
    } else if ((c | 0x20) == '}') {
      if (!brackets.close(c)) return {nullptr, at};
      if (brackets.balanced()) return {at + 1, nullptr};
    }
  }
  return {nullptr, end};
}

Skip skip_scalar(const char* at, const char* end) {
  const char* const begin = at;
  while (at != end && !is_space(*at) && *at != ',' && *at != '}' && *at != ']' && *at != ':' &&
         *at != '"')
    ++at;
  if (at == begin) return {nullptr, at};
  return {at, nullptr};
}

bool is_tail(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

Skip skip_value(const char* at, const char* end, int depth_max) {
  if (at == end) return {nullptr, at};
  if (*at == '{' || *at == '[') return skip_container(at, end, depth_max);
  if (*at != '"') return skip_scalar(at, end);
  const char* const after = skip_string(at + 1, end);
  return after == nullptr ? Skip{nullptr, at} : Skip{after, nullptr};
}

int utf8_size(const char* at, const char* end) {
  const auto byte = [at](int i) { return static_cast<unsigned char>(at[i]); };
  const auto left = end - at;
  if (left < 1) return 0;
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || left < 2 || !is_tail(at[1])) return 0;
  if (lead < 0xE0) return 2;
  if (left < 3 || !is_tail(at[2])) return 0;
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
  if (lead == 0xED && byte(1) > 0x9F) return 0;  // surrogate
  if (lead < 0xF0) return 3;
  if (lead > 0xF4 || left < 4 || !is_tail(at[3])) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;  // overlong
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;  // above U+10FFFF
  return 4;
}

std::string_view value_at(std::string_view text, std::size_t from) {
  const char* const end = text.data() + text.size();
  const char* const at = skip_space(text.data() + from, end);
  const Skip skip = skip_value(at, end);
  if (skip.end == nullptr) return {};
  return {at, static_cast<std::size_t>(skip.end - at)};
}

}  // namespace prx::json::scan
