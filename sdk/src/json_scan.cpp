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

}  // namespace

Skip skip_value(const char* at, const char* end, int depth_max) {
  if (at == end) return {nullptr, at};
  if (*at == '{' || *at == '[') return skip_container(at, end, depth_max);
  if (*at != '"') return skip_scalar(at, end);
  const char* const after = skip_string(at + 1, end);
  return after == nullptr ? Skip{nullptr, at} : Skip{after, nullptr};
}

std::string_view value_at(std::string_view text, std::size_t from) {
  const char* const end = text.data() + text.size();
  const char* const at = skip_space(text.data() + from, end);
  const Skip skip = skip_value(at, end);
  if (skip.end == nullptr) return {};
  return {at, static_cast<std::size_t>(skip.end - at)};
}

}  // namespace prx::json::scan
