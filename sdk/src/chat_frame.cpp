#include "chat_frame.hpp"

#include <algorithm>
#include <cstring>

#include "chat_fields.hpp"
#include "json_scan.hpp"

namespace prx::sdk {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_number(std::string_view value) {
  return is_digit(value.front()) || value.front() == '-';
}
bool is_string(std::string_view value) { return value.front() == '"'; }

/// Behind the integer at `at`, or nullptr. Other numbers are rare: the JSON pass reads them.
const char* skip_integer(const char* at, const char* end) {
  const char* const begin = at;
  while (at != end && is_digit(*at)) ++at;
  const bool well_formed = at != begin && (*begin != '0' || at - begin == 1);
  return well_formed ? at : nullptr;
}

/// The closing quote of a string without escapes and control characters, or nullptr.
const char* skip_plain_string(const char* at, const char* end) {
  at = json::scan::find_special(at, end);
  return at != end && *at == '"' ? at : nullptr;
}

}  // namespace

bool FrameMatcher::worth_learning() {
  // A backend that never repeats a frame: stop copying, look again at times.
  constexpr std::uint32_t kLookAgain = 64;
  ++misses_;
  return misses_ <= kMissesMax || misses_ % kLookAgain == 0;
}

void FrameMatcher::learn(std::string_view frame, std::size_t begin, std::uint32_t type,
                         std::uint32_t choice) {
  if (!worth_learning()) return;
  const char* const after =
      json::scan::skip_string(frame.data() + begin, frame.data() + frame.size());
  if (after == nullptr) return;
  if (!pieces_.empty()) note_varying(frame);
  type_ = type;
  choice_ = choice;
  frame_.assign(frame);
  std::vector<Hole> gaps = holes();
  gaps.push_back({begin, static_cast<std::size_t>(after - 1 - frame.data()), Gap::kText});
  std::sort(gaps.begin(), gaps.end(),
            [](const Hole& a, const Hole& b) { return a.begin < b.begin; });
  pieces_.clear();
  std::size_t at = 0;
  for (const Hole& gap : gaps) {
    pieces_.push_back({at, gap.begin - at, gap.gap});
    at = gap.end;
  }
  pieces_.push_back({at, frame_.size() - at, Gap::kEnd});
}

void FrameMatcher::read_members(std::string_view frame, Members& members) {
  const char* const end = frame.data() + frame.size();
  const char* const begin = json::scan::skip_space(frame.data(), end);
  json::scan::for_each_member({begin, static_cast<std::size_t>(end - begin)},
                              [&members](std::string_view key, std::string_view value) {
                                members.emplace_back(key, value);
                              });
}

/// Compares with the frame before: what an ignored member says there and here may differ again.
void FrameMatcher::note_varying(std::string_view frame) {
  Members before, now;
  read_members(frame_, before);
  read_members(frame, now);
  for (std::size_t i = 0; i < std::min(before.size(), now.size()); ++i) {
    const auto& [key, value] = now[i];
    const std::string_view other = before[i].second;
    if (before[i].first != key) return;
    const bool alike =
        (is_string(value) && is_string(other)) || (begins_number(value) && begins_number(other));
    if (value == other || !alike || !is_ignored_member(key) || varies(key)) continue;
    if (varying_.size() < kVaryingMax) varying_.emplace_back(key);
  }
}

bool FrameMatcher::varies(std::string_view key) const {
  return std::find(varying_.begin(), varying_.end(), key) != varying_.end();
}

std::vector<FrameMatcher::Hole> FrameMatcher::holes() const {
  std::vector<Hole> out;
  if (varying_.empty()) return out;
  Members members;
  read_members(frame_, members);
  for (const auto& [key, value] : members) {
    if (!varies(key)) continue;
    const auto begin = static_cast<std::size_t>(value.data() - frame_.data());
    if (is_string(value)) out.push_back({begin + 1, begin + value.size() - 1, Gap::kString});
    if (begins_number(value)) out.push_back({begin, begin + value.size(), Gap::kNumber});
  }
  return out;
}

std::optional<std::string_view> FrameMatcher::match(std::string_view frame) {
  const char* const learned = frame_.data();
  const char* at = frame.data();
  const char* const end = at + frame.size();
  std::string_view text;
  for (const Piece& piece : pieces_) {
    if (static_cast<std::size_t>(end - at) < piece.size ||
        std::memcmp(at, learned + piece.begin, piece.size) != 0)
      return std::nullopt;
    at += piece.size;
    if (piece.gap == Gap::kText) {
      const char* const special = json::scan::find_special(at, end);
      text = {at, static_cast<std::size_t>(special - at)};
      at = special;
      if (at == end || (*at != '"' && !resolve_escapes(text, at, end))) return std::nullopt;
    } else if (piece.gap == Gap::kEnd) {
      if (at != end) return std::nullopt;
      misses_ = 0;
      return text;
    } else {
      at = piece.gap == Gap::kString ? skip_plain_string(at, end) : skip_integer(at, end);
      if (at == nullptr) return std::nullopt;
    }
  }
  return std::nullopt;
}

/// `at` is where `text` met its first escape or control character, and goes to the closing quote.
bool FrameMatcher::resolve_escapes(std::string_view& text, const char*& at, const char* end) {
  text_.assign(text);
  while (*at != '"') {
    if (*at != '\\' || end - at < 2) return false;
    constexpr std::string_view kFrom = "\"\\/bfnrt";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    const std::size_t i = kFrom.find(at[1]);
    if (i == std::string_view::npos) return false;  // \u is rare: the JSON pass reads it
    text_ += kTo[i];
    const char* const rest = at + 2;
    at = json::scan::find_special(rest, end);
    if (at == end) return false;
    text_.append(rest, at);
  }
  text = text_;
  return true;
}

}  // namespace prx::sdk
