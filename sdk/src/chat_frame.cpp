#include "chat_frame.hpp"

#include <cstring>

#include "json_scan.hpp"

namespace prx::sdk {

bool FrameMatcher::worth_learning() {
  // A backend that pads each frame with random bytes never repeats one: stop copying, look again at
  // times.
  constexpr std::uint32_t kMissesMax = 8, kLookAgain = 64;
  ++misses_;
  return misses_ <= kMissesMax || misses_ % kLookAgain == 0;
}

void FrameMatcher::learn(std::string_view frame, std::size_t begin, std::uint32_t type,
                         std::uint32_t choice) {
  if (!worth_learning()) return;
  const char* const end = frame.data() + frame.size();
  const char* const after = json::scan::skip_string(frame.data() + begin, end);
  if (after == nullptr) return;
  prefix_.assign(frame.data(), begin);
  suffix_.assign(after - 1, end);
  type_ = type;
  choice_ = choice;
  learned_ = true;
}

std::optional<std::string_view> FrameMatcher::match(std::string_view frame) {
  if (!learned_ || frame.size() < prefix_.size() + suffix_.size()) return std::nullopt;
  const std::size_t size = frame.size() - prefix_.size() - suffix_.size();
  const char* const text = frame.data() + prefix_.size();
  if (std::memcmp(text + size, suffix_.data(), suffix_.size()) != 0 ||
      std::memcmp(frame.data(), prefix_.data(), prefix_.size()) != 0)
    return std::nullopt;
  std::optional<std::string_view> found = unescape({text, size});
  if (found) misses_ = 0;
  return found;
}

std::optional<std::string_view> FrameMatcher::unescape(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const char* special = json::scan::find_special(at, end);
  if (special == end) return text;
  text_.clear();
  for (; special != end; special = json::scan::find_special(at, end)) {
    if (*special != '\\' || end - special < 2) return std::nullopt;
    constexpr std::string_view kFrom = "\"\\/bfnrt";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    const std::size_t i = kFrom.find(special[1]);
    if (i == std::string_view::npos) return std::nullopt;  // \u is rare: the JSON pass reads it
    text_.append(at, special);
    text_ += kTo[i];
    at = special + 2;
  }
  text_.append(at, end);
  return text_;
}

}  // namespace prx::sdk
