#include "cli/visible.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "cli/utf8.hpp"

namespace prx::cli {
namespace {

struct Range {
  char32_t first, last;
};

/// What orders the line anew, or shows nothing: a person would consent to more than they see.
constexpr std::array kHidden{Range{0xad, 0xad},     Range{0x61c, 0x61c},   Range{0x115f, 0x1160},
                             Range{0x180e, 0x180e}, Range{0x200b, 0x200b}, Range{0x200e, 0x200f},
                             Range{0x2028, 0x202e}, Range{0x2060, 0x2064}, Range{0x2066, 0x2069},
                             Range{0x3164, 0x3164}, Range{0xfeff, 0xfeff}, Range{0xe0000, 0xe007f}};

/// What shows nothing of its own, but joins or varies characters in good text.
constexpr std::array kJoining{Range{0x200c, 0x200d}, Range{0xfe00, 0xfe0f},
                              Range{0xe0100, 0xe01ef}};

enum class Joiners { kPass, kMark };

template <std::size_t Size>
bool is_in(const std::array<Range, Size>& ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(), [code](const Range& range) {
    return code >= range.first && code <= range.last;
  });
}

bool is_marked(char32_t code, Joiners joiners) {
  if (code < 0xa0) return code >= 0x80;
  return is_in(kHidden, code) || (joiners == Joiners::kMark && is_in(kJoining, code));
}

template <class... Values>
void append_format(std::string& out, const char* format, Values... values) {
  std::array<char, 16> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, values...);
  out += buffer.data();
}

void append_character(std::string& out, char32_t code, std::string_view bytes, Joiners joiners) {
  if (code == '\n' || code == '\t') {
    out += bytes;
  } else if (code < 0x20 || code == 0x7f) {
    out += '^';
    out += static_cast<char>(code ^ 0x40);
  } else if (is_marked(code, joiners)) {
    append_format(out, "<U+%04X>", static_cast<unsigned>(code));
  } else {
    out += bytes;
  }
}

/// Appends the visible form of one step of `text`; the number of bytes it took, 0 when it must wait
/// for more.
std::size_t append_step(std::string& out, std::string_view text, bool last, Joiners joiners) {
  if (text.front() == '\r') {
    if (text.size() == 1 && !last) return 0;
    if (text.size() > 1 && text[1] == '\n') return 1;
  }
  const Utf8Step step = next_utf8(text);
  if (step.kind == Utf8Step::Kind::kCut && !last) return 0;
  if (step.kind == Utf8Step::Kind::kCharacter) {
    append_character(out, step.code, text.substr(0, step.size), joiners);
    return step.size;
  }
  append_format(out, "<%02X>", static_cast<unsigned>(static_cast<unsigned char>(text.front())));
  return 1;
}

std::string visible(std::string& held, std::string_view piece, bool last, Joiners joiners) {
  std::string joined;
  if (!held.empty()) {
    joined = std::exchange(held, {}).append(piece);
    piece = joined;
  }
  std::string out;
  out.reserve(piece.size());
  while (!piece.empty()) {
    const std::size_t taken = append_step(out, piece, last, joiners);
    if (taken == 0) {
      held = std::string(piece);
      break;
    }
    piece.remove_prefix(taken);
  }
  return out;
}

}  // namespace

std::string VisibleText::feed(std::string_view piece) {
  return visible(held_, piece, false, Joiners::kPass);
}

std::string VisibleText::finish() { return visible(held_, {}, true, Joiners::kPass); }

std::string visible_line(std::string_view text) {
  std::string held;
  std::string line = visible(held, text, true, Joiners::kMark);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return line;
}

}  // namespace prx::cli
